"""What OCI, or this machine, refuses of a model deployment's configuration: pure, all problems collected.

Bounds come from OCI.md 4.1, 4.2 and 4.4, which are the SDK's docstrings and Oracle's pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from local_oci.resources.data_science import model_deployment_shape
from local_oci.resources.fields import common_problems
from local_oci.store import Json

CONFIGURATION = "modelDeploymentConfigurationDetails"
MODEL = f"{CONFIGURATION}.modelConfigurationDetails"
GROUP = f"{CONFIGURATION}.modelGroupConfigurationDetails.modelGroupId"
ENVIRONMENT = f"{CONFIGURATION}.environmentConfigurationDetails"
LEAST_BANDWIDTH_MBPS = 10
MOST_INSTANCES = 64
_LEAST_COOL_DOWN_S = 300
_LARGEST_ENVIRONMENT_BYTES = 2048
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,29}[A-Za-z0-9]")


def create_problems(body: Json) -> Iterator[str]:
    """All that is wrong with a `CreateModelDeploymentDetails` beyond types."""
    yield from common_problems(body)
    yield from configuration_problems(body[CONFIGURATION])


def not_emulated(configuration: Json) -> Iterator[str]:
    """What OCI would take and the local OCI cannot do."""
    environment = configuration.get("environmentConfigurationDetails", {})
    if environment.get("environmentConfigurationType", "DEFAULT") != "DEFAULT":
        yield (
            f"{ENVIRONMENT}.environmentConfigurationType: OCIR_CONTAINER is not emulated by the local OCI: it starts "
            "no containers; it serves DEFAULT, score.py in this machine's Python"
        )
    if "modelArtifactSignatureId" in configuration.get("modelConfigurationDetails", {}):
        yield f"{MODEL}.modelArtifactSignatureId: signed artifacts are not emulated by the local OCI; leave it out"


def configuration_problems(configuration: Json) -> Iterator[str]:
    """All that is wrong with a whole configuration."""
    part = infrastructure_part(configuration["deploymentType"])
    details, path = configuration[part], f"{CONFIGURATION}.{part}"
    if "instanceConfiguration" in details:
        yield from model_deployment_shape.problems(details["instanceConfiguration"], f"{path}.instanceConfiguration")
    if "modelDeploymentResourceConfiguration" in details:
        yield from resource_problems(details["modelDeploymentResourceConfiguration"], path)
    yield from bandwidth_problems(details, path)
    yield from scaling_problems(details.get("scalingPolicy", {}), f"{path}.scalingPolicy")
    yield from variable_problems(
        configuration.get("environmentConfigurationDetails", {}).get("environmentVariables", {})
    )


def infrastructure_part(deployment_type: str) -> str:
    """The field of a configuration that has instances, scaling and bandwidth."""
    return "modelConfigurationDetails" if deployment_type == "SINGLE_MODEL" else "infrastructureConfigurationDetails"


def resource_problems(resources: Json, path: str) -> Iterator[str]:
    """What a FLEX deployment's instance asks for and may use at most."""
    here = f"{path}.modelDeploymentResourceConfiguration"
    request = resources["resourceRequestConfiguration"]
    for name in ("ocpus", "memoryInGBs"):
        if request[name] <= 0:
            yield f"{here}.resourceRequestConfiguration.{name}: must be above 0, found {request[name]}"
        most = resources.get("resourceLimitConfiguration", {}).get(name)
        if most is not None and most < request[name]:
            yield (
                f"{here}.resourceLimitConfiguration.{name}: must be at least what is requested, {request[name]}, "
                f"found {most}"
            )


def bandwidth_problems(details: Json, path: str = MODEL) -> Iterator[str]:
    """The load balancer's bandwidth: at least 10, its maximum above it and at most twice it."""
    least = details.get("bandwidthMbps", LEAST_BANDWIDTH_MBPS)
    if least < LEAST_BANDWIDTH_MBPS:
        yield f"{path}.bandwidthMbps: must be at least {LEAST_BANDWIDTH_MBPS}, found {least}"
    most = details.get("maximumBandwidthMbps")
    if most is not None and not least < most <= 2 * least:
        yield (
            f"{path}.maximumBandwidthMbps: must be above {least} and at most {2 * least} (twice bandwidthMbps), "
            f"found {most}"
        )


def scaling_problems(policy: Json, path: str) -> Iterator[str]:
    """Numbers of instances and the automatic policy's order."""
    if policy.get("policyType") == "FIXED_SIZE":
        yield from _count_problems(policy["instanceCount"], f"{path}.instanceCount")
    if policy.get("policyType") != "AUTOSCALING":
        return
    cool_down = policy.get("coolDownInSeconds", _LEAST_COOL_DOWN_S)
    if cool_down < _LEAST_COOL_DOWN_S:
        yield f"{path}.coolDownInSeconds: must be at least {_LEAST_COOL_DOWN_S}, found {cool_down}"
    if not policy["autoScalingPolicies"]:
        yield f"{path}.autoScalingPolicies: must have a policy, found none"
    for index, inner in enumerate(policy["autoScalingPolicies"]):
        here = f"{path}.autoScalingPolicies[{index}]"
        least, first, most = (inner[f"{word}InstanceCount"] for word in ("minimum", "initial", "maximum"))
        for word, count in (("minimum", least), ("initial", first), ("maximum", most)):
            yield from _count_problems(count, f"{here}.{word}InstanceCount")
        if not least <= first <= most:
            yield f"{here}.initialInstanceCount: must be from minimum {least} to maximum {most}, found {first}"
        if not inner["rules"]:
            yield f"{here}.rules: must have a rule, found none"


def _count_problems(count: int, path: str) -> Iterator[str]:
    if not 1 <= count <= MOST_INSTANCES:
        yield f"{path}: must be from 1 to {MOST_INSTANCES} (a process each on this machine), found {count}"


def variable_problems(variables: Json) -> Iterator[str]:
    """The environment variables' limits."""
    path = f"{ENVIRONMENT}.environmentVariables"
    for name in variables:
        if not _VARIABLE.fullmatch(name):
            yield (
                f"{path}.{name}: a name must have 2 to 31 letters, digits and underscores, start with a letter and not "
                "end with an underscore"
            )
    size = sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
    if size >= _LARGEST_ENVIRONMENT_BYTES:
        yield f"{path}: must have under {_LARGEST_ENVIRONMENT_BYTES} bytes together, found {size}"
    if any("\0" in value for value in variables.values()):
        yield f"{path}: a value must not have a NUL character"
