"""Pulumi's properties and values in model.yaml's words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from oci_provider import property_path
from oci_provider.property_path import Path
from paddock.drift.changes import WHOLE, Change
from paddock.drift.resources import DEPLOYMENT, ENTRY, LOG, Resource

_DETAILS: Final = ("modelDeploymentConfigurationDetails", "modelConfigurationDetails")
_SIZE: Final = (*_DETAILS, "instanceConfiguration", "modelDeploymentInstanceShapeConfigDetails")
SCALING: Final[Path] = (*_DETAILS, "scalingPolicy")
SERVED: Final[Path] = (*_DETAILS, "modelId")
_ENVIRONMENT: Final = (
    "modelDeploymentConfigurationDetails",
    "environmentConfigurationDetails",
    "environmentVariables",
)
# Properties of a deployment → keys of model.yaml.
_WORDS: Final[Mapping[Path, tuple[str, ...]]] = {
    ("state",): ("deployment", "state"),
    (*_DETAILS, "bandwidthMbps"): ("deployment", "load_balancer", "bandwidth_mbps"),
    (*_DETAILS, "maximumBandwidthMbps"): ("deployment", "load_balancer", "maximum_bandwidth_mbps"),
    (*_DETAILS, "instanceConfiguration", "instanceShapeName"): ("deployment", "shape"),
    (*_SIZE, "ocpus"): ("deployment", "ocpus"),
    (*_SIZE, "memoryInGbs"): ("deployment", "memory_gbs"),
    (*_SIZE, "cpuBaseline"): ("deployment", "cpu_baseline"),
    (*_DETAILS, "instanceConfiguration", "subnetId"): ("deployment", "network", "subnet_id"),
    (*_DETAILS, "instanceConfiguration", "privateEndpointId"): ("deployment", "network", "private_endpoint_id"),
}
_NOUNS: Final = {
    DEPLOYMENT: "deployment",
    ENTRY: "catalog entry",
    "oci:DataScience/project:Project": "project",
    "oci:Logging/logGroup:LogGroup": "log group",
}


def noun(resource: Resource) -> str:
    """What a resource is, in a word or two: `deployment`, `access log`."""
    if category := log_category(resource):
        return f"{category} log"
    return _NOUNS.get(resource.kind) or f"{resource.kind.rsplit(':', 1)[-1]} {resource.name}"


def log_category(resource: Resource) -> str | None:
    """`access` or `predict` for a log of a model's deployment."""
    if resource.kind != LOG or resource.model is None:
        return None
    category = resource.name.removeprefix(f"{resource.model}-")
    return category if category in ("access", "predict") else None


def keys(change: Change) -> tuple[str, ...] | None:
    """The keys of model.yaml that say this property of a model's resource; None where none does."""
    resource, path = change.resource, change.path
    if resource.model is None:
        return None
    if path in (WHOLE, ("isEnabled",)) and (category := log_category(resource)):
        return ("deployment", "logs", category)
    if path[:1] == ("freeformTags",) and len(path) > 1:
        return ("tags", str(path[1]))
    if path == ("description",) and resource.kind in (DEPLOYMENT, ENTRY):
        return ("description",)
    return _keys_of_deployment(change) if resource.kind == DEPLOYMENT else None


def _keys_of_deployment(change: Change) -> tuple[str, ...] | None:
    path = change.path
    if path == SCALING:
        fixed = all(isinstance(scaling(value), int) for value in (change.declared, change.found))
        return ("deployment", "instances" if fixed else "autoscaling")
    if path[:1] == ("categoryLogDetails",) and len(path) > 1:
        return ("deployment", "logs", str(path[1]))
    if path[:1] == ("definedTags",) and len(path) > 1:
        return ("deployment", "defined_tags", str(path[1]))
    if path[: len(_ENVIRONMENT)] == _ENVIRONMENT and len(path) > len(_ENVIRONMENT):
        return ("deployment", "environment", str(path[-1]))
    return _WORDS.get(path)


def property_words(change: Change) -> str:
    """For the table: dotted keys of model.yaml, else what Pulumi calls the property."""
    if change.path == SERVED:
        return "the model that is served"
    if (found := keys(change)) is not None:
        return ".".join(found)
    return "-" if change.path == WHOLE else property_path.render(change.path)


def value_words(change: Change, value: Any) -> Any:
    """A value of this property as model.yaml would have it; None: not set."""
    if change.path == WHOLE:
        wanted = True if log_category(change.resource) else "there"
        return None if value is None else wanted
    if change.path == SCALING:
        return scaling(value)
    if change.path[:1] == ("categoryLogDetails",) and change.resource.kind == DEPLOYMENT:
        return bool(value and value.get("logId"))
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if value != "" else None


def scaling(policy: Any) -> Any:
    """A scaling policy: a count of instances, model.yaml's `autoscaling`, or the policy where neither says it."""
    if not policy:
        return None
    if policy.get("policyType") == "FIXED_SIZE":
        return policy.get("instanceCount")
    return _autoscaling(policy) or policy


def _autoscaling(policy: Mapping[str, Any]) -> dict[str, Any] | None:
    """What `infra.deployment_plan.scaling_policy` made it from; None where it made it from nothing."""
    try:
        (threshold,) = policy["autoScalingPolicies"]
        (rule,) = threshold["rules"]
        found = {
            "min": threshold["minimumInstanceCount"],
            "max": threshold["maximumInstanceCount"],
            "metric": rule["metricType"],
            "scale_out_at": int(rule["scaleOutConfiguration"]["threshold"]),
            "scale_in_at": int(rule["scaleInConfiguration"]["threshold"]),
        }
    except (KeyError, TypeError, ValueError):
        return None
    is_plain = (
        rule.get("metricExpressionRuleType") == "PREDEFINED_EXPRESSION"
        and threshold.get("initialInstanceCount") == found["min"]
        and policy.get("isEnabled") is True
        and not _adjusts((rule["scaleOutConfiguration"], rule["scaleInConfiguration"]))
    )
    return found if is_plain else None


def _adjusts(sides: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a side says more than its threshold."""
    return any(side.get(name) for side in sides for name in ("instanceCountAdjustment", "query"))
