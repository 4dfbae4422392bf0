"""A deployment stays within the shapes and sizes that are allowed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .deployment import Capacity, Stated, capacity
from .resource import MODEL_DEPLOYMENT, NOT_YET_KNOWN, Resource
from .rule import ResourceRule, Settings
from .violation import Undecided, Violation

_MEND = "Take less, or raise {setting} of shape-bounds in the pack's configuration."


def out_of_bounds(deployment: Resource, settings: Settings) -> Iterator[Violation | Undecided]:
    """One violation for each bound that is exceeded; a bound that is not configured is none."""
    taken = capacity(deployment)
    allowed = settings.get("allowedShapes") or []
    if allowed and not taken.is_on_compute_target:
        yield from _shape_not_allowed(deployment, taken.shape, allowed)
    has_named_shape = taken.shape.value in allowed
    bounds = (
        ("maxOcpus", taken.ocpus, "OCPUs an instance", not has_named_shape),
        ("maxMemoryGbs", taken.memory_gbs, "GB of memory an instance", not has_named_shape),
        ("maxInstances", taken.instances, "instances", False),
        ("maxBandwidthMbps", taken.bandwidth_mbps, "Mbps of bandwidth", False),
    )
    for setting, stated, unit, must_be_stated in bounds:
        bound = settings.get(setting)
        if bound is not None:
            yield from _too_much(deployment, setting, bound, stated, unit)
            if must_be_stated and stated.value is None:
                yield _not_stated(deployment, setting, bound, taken, stated)


def _shape_not_allowed(deployment: Resource, shape: Stated, allowed: list[str]) -> Iterator[Violation | Undecided]:
    if shape.value is NOT_YET_KNOWN:
        yield Undecided(deployment, shape.path)
    elif shape.value not in allowed:
        yield Violation(
            deployment,
            shape.path,
            f"one of {', '.join(allowed)}",
            str(shape.value or "none"),
            "Take one of them, or add it to allowedShapes of shape-bounds in the pack's configuration.",
        )


def _too_much(
    deployment: Resource, setting: str, bound: float, stated: Stated, unit: str
) -> Iterator[Violation | Undecided]:
    if stated.value is NOT_YET_KNOWN:
        yield Undecided(deployment, stated.path)
    elif stated.value is not None and float(stated.value) > bound:
        yield Violation(
            deployment,
            stated.path,
            f"at most {bound:g} {unit}",
            f"{float(stated.value):g}",
            _MEND.format(setting=setting),
        )


def _not_stated(
    deployment: Resource, setting: str, bound: float, taken: Capacity, stated: Stated
) -> Violation | Undecided:
    """A shape of a fixed size: how big it is stands in Oracle's tables, not in the program. Unknown is not small."""
    if taken.shape.value is NOT_YET_KNOWN:
        return Undecided(deployment, taken.shape.path)
    return Violation(
        deployment,
        stated.path,
        f"at most {bound:g}",
        f"no size: unknown for {taken.shape.value or 'a shape that is not stated'}",
        f"Take a flexible shape, or name this one in allowedShapes of shape-bounds: it then passes {setting}.",
    )


def _at_least(least: float) -> dict[str, Any]:
    return {"type": "number", "minimum": least}


SHAPE_BOUNDS = ResourceRule(
    name="shape-bounds",
    description="A model deployment stays within the allowed shapes and sizes.",
    level="mandatory",
    check=out_of_bounds,
    types=frozenset({MODEL_DEPLOYMENT}),
    settings={
        "allowedShapes": {"type": "array", "items": {"type": "string"}, "default": []},
        "maxOcpus": _at_least(1),
        "maxMemoryGbs": _at_least(1),
        "maxInstances": _at_least(1),
        "maxBandwidthMbps": _at_least(10),
    },
)
