"""What OCI takes in one update of an ACTIVE model deployment: one group of options (OCI.md 4.4). Pure.

Property names are those of the `oci` plugin's `ModelDeployment`, in its states and previews.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_DETAILS = "modelDeploymentConfigurationDetails"
_MODEL = f"{_DETAILS}.modelConfigurationDetails"
# Group → the properties in it. Everything else (name, description, tags) goes with any of them.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "environment": (f"{_DETAILS}.environmentConfigurationDetails",),
    "logs": ("categoryLogDetails",),
    "model, shape and instances": (
        f"{_MODEL}.modelId",
        f"{_MODEL}.instanceConfiguration",
        f"{_MODEL}.scalingPolicy",
    ),
    "load balancer bandwidth": (f"{_MODEL}.bandwidthMbps", f"{_MODEL}.maximumBandwidthMbps"),
}
MODEL_GROUP = "model, shape and instances"
LOGS_GROUP = "logs"
STATE_GROUP = "state"


def held_properties(groups: Iterable[str]) -> list[str]:
    """The properties to ignore so that these groups stay as they are; `state` is one of its own."""
    wanted = set(groups)
    held = [path for group, paths in GROUPS.items() if group in wanted for path in paths]
    return held + (["state"] if STATE_GROUP in wanted else [])


def changed_groups(olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[str, ...]:
    """The groups in which two sets of a deployment's inputs differ. What is not known yet differs."""
    return tuple(group for group, paths in GROUPS.items() if any(_at(olds, path) != _at(news, path) for path in paths))


def groups_of(paths: Iterable[str]) -> tuple[str, ...]:
    """The groups that changed property paths (of a preview's detailed diff) belong to."""
    changed = tuple(paths)
    return tuple(
        group for group, held in GROUPS.items() if any(_overlap(path, own) for path in changed for own in held)
    )


def is_one_at_a_time(old_state: object, new_state: object) -> bool:
    """Whether OCI takes one group at a time: not for a deployment that is INACTIVE and stays so."""
    return "ACTIVE" in (str(old_state or "ACTIVE").upper(), str(new_state or "ACTIVE").upper())


def refusal(name: str, groups: Iterable[str], stack: str) -> str:
    """What a bare `pulumi up` says."""
    return (
        f"{name}: OCI takes one group of options at a time while a model deployment is ACTIVE, this update changes "
        f"{len(tuple(groups))}: {'; '.join(groups)}. `paddock up --stack {stack}` applies them one after the other"
    )


def _overlap(changed: str, own: str) -> bool:
    """Whether a changed path is in the other one or holds it (a whole block that appears)."""
    return changed == own or changed.startswith((f"{own}.", f"{own}[")) or own.startswith(f"{changed}.")


def _at(value: Any, path: str) -> Any:
    for key in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return _bare(value)


def _bare(value: Any) -> Any:
    """Without the bridge's own marks and with absent for empty, as the plugin compares them."""
    if isinstance(value, Mapping):
        parts = {key: _bare(part) for key, part in value.items() if not str(key).startswith("__")}
        return {key: part for key, part in parts.items() if part is not None} or None
    if isinstance(value, list | tuple):
        return [_bare(part) for part in value] or None
    return None if value == "" else value
