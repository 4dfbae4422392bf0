"""What a model deployment takes: read from the three forms that OCI has for it.

SINGLE_MODEL states it in `modelConfigurationDetails`, MODEL_GROUP and SINGLE_MODEL_FLEX in
`infrastructureConfigurationDetails`; the last has a share of a compute target instead of a shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from .resource import NOT_YET_KNOWN, Resource

_DETAILS: Final = "modelDeploymentConfigurationDetails"
_PLACES: Final = (f"{_DETAILS}.modelConfigurationDetails", f"{_DETAILS}.infrastructureConfigurationDetails")
INSTANCE_CONFIGURATIONS: Final = tuple(f"{place}.instanceConfiguration" for place in _PLACES)
ENVIRONMENT: Final = f"{_DETAILS}.environmentConfigurationDetails"
_SHARE: Final = "modelDeploymentResourceConfiguration.resourceRequestConfiguration"


@dataclass(frozen=True)
class Stated:
    """A value and the path that it stands at; None: nothing is stated."""

    value: Any
    path: str


@dataclass(frozen=True)
class Capacity:
    """The most that a deployment takes: `instances` is autoscaling's maximum, `bandwidth_mbps` the greater of its two.

    `ocpus` and `memory_gbs` are of one instance, None for shapes of a fixed size. `minimum_bandwidth_mbps` is what the
    load balancer always has.
    """

    shape: Stated
    ocpus: Stated
    memory_gbs: Stated
    instances: Stated
    bandwidth_mbps: Stated
    minimum_bandwidth_mbps: Stated
    is_on_compute_target: bool
    is_active: bool


def capacity(deployment: Resource) -> Capacity:
    """Read from wherever it is stated; paths are those that the user wrote."""
    bandwidth_mbps = _stated(deployment, "bandwidthMbps")
    size = "instanceConfiguration.modelDeploymentInstanceShapeConfigDetails"
    return Capacity(
        shape=_stated(deployment, "instanceConfiguration.instanceShapeName"),
        ocpus=_stated(deployment, f"{size}.ocpus", f"{_SHARE}.ocpus"),
        memory_gbs=_stated(deployment, f"{size}.memoryInGbs", f"{_SHARE}.memoryInGbs"),
        instances=_instances(deployment),
        bandwidth_mbps=_greatest(_stated(deployment, "maximumBandwidthMbps"), bandwidth_mbps),
        minimum_bandwidth_mbps=bandwidth_mbps,
        is_on_compute_target=_stated(deployment, "computeTargetId").value is not None,
        is_active=deployment.value("state") != "INACTIVE",
    )


def is_container(deployment: Resource) -> bool:
    """Whether it runs the user's image (OCI: bring your own container), not a conda environment."""
    kind = deployment.value(f"{ENVIRONMENT}.environmentConfigurationType")
    return kind == "OCIR_CONTAINER" or deployment.value(f"{ENVIRONMENT}.image") is not None


def _stated(deployment: Resource, *paths: str) -> Stated:
    candidates = [f"{place}.{path}" for place in _PLACES for path in paths]
    for path in candidates:
        if (value := deployment.value(path)) is not None:
            return Stated(value, path)
    return Stated(None, candidates[0])


def _instances(deployment: Resource) -> Stated:
    policies = _stated(deployment, "scalingPolicy.autoScalingPolicies")
    if not isinstance(policies.value, list):
        return policies if policies.value is NOT_YET_KNOWN else _stated(deployment, "scalingPolicy.instanceCount")
    each = [
        Stated(policy.get("maximumInstanceCount"), f"{policies.path}[{position}].maximumInstanceCount")
        for position, policy in enumerate(policies.value)
        if isinstance(policy, Mapping)
    ]
    return _greatest(*each) if each else _stated(deployment, "scalingPolicy.instanceCount")


def _greatest(*stated: Stated) -> Stated:
    """One that is not yet known comes first: it may be the greatest."""
    unknown = [one for one in stated if one.value is NOT_YET_KNOWN]
    known = [one for one in stated if one.value is not None]
    return (unknown or [max(known, key=lambda one: float(one.value)) if known else stated[0]])[0]
