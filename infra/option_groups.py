"""What OCI takes in one update of an ACTIVE model deployment: one group of options (OCI.md 4.4). Pure.

Property names are those of the `oci` plugin's `ModelDeployment`, in its states and previews.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_DETAILS = "modelDeploymentConfigurationDetails"
_VARIABLES = "environmentVariables"
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


def held_properties(groups: Iterable[str]) -> list[str]:
    """The properties to ignore so that these groups stay as they are."""
    wanted = set(groups)
    return [path for group, paths in GROUPS.items() if group in wanted for path in paths]


def changed_groups(olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[str, ...]:
    """The groups in which new inputs differ from old ones, as the plugin sees it. What is not known yet differs.

    What the program does not say any more stays as it is: Terraform calls these arguments optional and computed.
    """
    return tuple(
        group for group, paths in GROUPS.items() if any(_differs(_at(olds, path), _at(news, path)) for path in paths)
    )


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
    return value


def _differs(old: Any, new: Any, name: str = "") -> bool:
    if new is None or new == "":
        return False
    if isinstance(new, Mapping):
        olds = old if isinstance(old, Mapping) else {}
        names = {key for key in new if not str(key).startswith("__")}
        if name == _VARIABLES:  # a map's keys are its value: one that is gone is a change
            return any(olds.get(key) != new.get(key) for key in names | set(olds))
        return any(_differs(olds.get(key), new[key], str(key)) for key in names)
    if isinstance(new, list | tuple):
        before = list(old) if isinstance(old, list | tuple) else []
        return len(before) != len(new) or any(_differs(*pair) for pair in zip(before, new, strict=True))
    return bool(old != new)
