"""What a spec may say, and what an update may change. Pure."""

from __future__ import annotations

from model_server.autoscaling import Autoscaler
from model_server.deployment_spec import DeploymentSpec
from model_server.errors import SpecRefused
from model_server.metric_query import QueryRefused


def needs_new_workers(old: DeploymentSpec, new: DeploymentSpec) -> bool:
    """Tell whether an update is more than a change of the number of workers, the logs, the keys or the body limit."""
    return (old.artifact_dir, dict(old.environment), old.predict_timeout_s) != (
        new.artifact_dir,
        dict(new.environment),
        new.predict_timeout_s,
    )


def check_update(old: DeploymentSpec, new: DeploymentSpec) -> None:
    """Raise SpecRefused for what an update cannot change."""
    for name in ("deployment_id", "host", "port", "state_dir"):
        expected, found = getattr(old, name), getattr(new, name)
        if expected != found:
            raise SpecRefused(f"{name}: an update cannot change it, expected {expected}, found {found}; stop and start")
    if new.generation < old.generation:
        raise SpecRefused(f"generation: must be at least {old.generation}, which serves now, found {new.generation}")
    if new.instances < 1:
        raise SpecRefused(f"instances: must be at least 1, found {new.instances}")
    check_autoscaling(new)


def check_autoscaling(spec: DeploymentSpec) -> None:
    """Raise SpecRefused for a policy that cannot be followed."""
    policy = spec.autoscaling
    if policy is None:
        return
    if not 1 <= policy.minimum <= spec.instances <= policy.maximum:
        raise SpecRefused(
            f"autoscaling: expected 1 <= minimum <= instances <= maximum, "
            f"found {policy.minimum}, {spec.instances}, {policy.maximum}"
        )
    try:
        Autoscaler(policy, 0.0)
    except QueryRefused as error:
        raise SpecRefused(f"autoscaling: {error}") from error
