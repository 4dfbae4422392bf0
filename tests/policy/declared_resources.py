"""Resources as the rules see them, each in order; a test spoils what its rule is about."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from policy.governance.resource import LOG, MODEL, MODEL_DEPLOYMENT, Resource
from policy.governance.rule import Rule, StackRule, defaults

DETAILS = "modelDeploymentConfigurationDetails"
SCHEMA = '{"schema":[{"name":"alcohol","dtype":"float64"}],"version":"1.1"}'

_DEPLOYMENT: dict[str, Any] = {
    "categoryLogDetails": {
        "access": {"logId": "ocid1.log.oc1..a", "logGroupId": "ocid1.loggroup.oc1..g"},
        "predict": {"logId": "ocid1.log.oc1..p", "logGroupId": "ocid1.loggroup.oc1..g"},
    },
    "freeformTags": {"team": "oenology", "public-justification": "a demonstration for visitors"},
    DETAILS: {
        "deploymentType": "SINGLE_MODEL",
        "modelConfigurationDetails": {
            "modelId": "ocid1.datasciencemodel.oc1..m",
            "bandwidthMbps": 10.0,
            "instanceConfiguration": {
                "instanceShapeName": "VM.Standard.E4.Flex",
                "modelDeploymentInstanceShapeConfigDetails": {"ocpus": 2.0, "memoryInGbs": 32.0},
            },
            "scalingPolicy": {"policyType": "FIXED_SIZE", "instanceCount": 2.0},
        },
    },
}
_MODEL: dict[str, Any] = {
    "inputSchema": SCHEMA,
    "outputSchema": SCHEMA,
    "freeformTags": {"team": "oenology"},
    "customMetadataLists": [{"key": "InferenceCondaEnv", "value": "generalml_p311_cpu_x86_64_v1"}],
}


def urn(resource_type: str, name: str, stack: str = "local") -> str:
    return f"urn:pulumi:{stack}::paddock::{resource_type}::{name}"


def declared(resource_type: str, properties: dict[str, Any], changes: dict[str, Any], **rest: Any) -> Resource:
    """`changes`: dotted path → value; None takes the key away."""
    spoiled = deepcopy(properties)
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = spoiled
        for key in parents:
            place = place.setdefault(key, {})
        if value is None:
            place.pop(last, None)
        else:
            place[last] = value
    name, stack = rest.pop("name", "wine"), rest.pop("stack", "local")
    return Resource(type=resource_type, name=name, urn=urn(resource_type, name, stack), properties=spoiled, **rest)


def deployment(changes: dict[str, Any] | None = None, **rest: Any) -> Resource:
    return declared(MODEL_DEPLOYMENT, _DEPLOYMENT, changes or {}, **rest)


def model(changes: dict[str, Any] | None = None, **rest: Any) -> Resource:
    return declared(MODEL, _MODEL, changes or {}, **rest)


def log(changes: dict[str, Any] | None = None, **rest: Any) -> Resource:
    return declared(LOG, {"isEnabled": True, "freeformTags": {"team": "oenology"}}, changes or {}, **rest)


def findings(rule: Rule, *resources: Resource, **settings: Any) -> list[Any]:
    """What the rule says with its default settings and these on top."""
    whole = {**defaults(rule), **settings}
    return list(rule.check(resources if isinstance(rule, StackRule) else resources[0], whole))


def messages(rule: Rule, *resources: Resource, **settings: Any) -> list[str]:
    return [finding.message for finding in findings(rule, *resources, **settings)]
