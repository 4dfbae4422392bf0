"""What a PUT of a model deployment would change: pure, from the configuration that is there and the one that is asked.

Clients send the whole configuration each time (the official plugin does), so what counts is the difference. While
ACTIVE, one group of options may differ in one request (OCI.md 4.4; the SDK's docstring of update_model_deployment).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from local_oci.errors import InvalidParameter
from local_oci.resources.data_science.model_deployment_checks import (
    CONFIGURATION,
    LEAST_BANDWIDTH_MBPS,
    configuration_problems,
    infrastructure_part,
)
from local_oci.resources.fields import refuse
from local_oci.store import Json

_EMPTY_MEANS_NONE = ("subnetId", "privateEndpointId")
_COMPUTE = ("instanceConfiguration", "scalingPolicy", "computeTargetId", "modelDeploymentResourceConfiguration")
_BANDWIDTH = ("bandwidthMbps", "maximumBandwidthMbps")
_PARTS = ("modelConfigurationDetails", "modelGroupConfigurationDetails", "infrastructureConfigurationDetails")
_NO_ENVIRONMENT: Json = {"environmentConfigurationType": "DEFAULT", "environmentVariables": {}}
_ONE_INSTANCE: Json = {"scalingPolicy": {"policyType": "FIXED_SIZE", "instanceCount": 1}}


@dataclass(frozen=True, slots=True)
class Settings:
    """A deployment's configuration and logs, whole and in one form, so that equal settings compare equal."""

    configuration: Json
    logs: Json

    @property
    def deployment_type(self) -> str:
        """SINGLE_MODEL, SINGLE_MODEL_FLEX or MODEL_GROUP."""
        return str(self.configuration["deploymentType"])

    @property
    def infrastructure(self) -> Json:
        """The part with instances and bandwidth; which one that is depends on the type."""
        found: Json = self.configuration[infrastructure_part(self.deployment_type)]
        return found

    @property
    def source_id(self) -> str:
        """The model, or the model group, that is served."""
        if self.deployment_type == "MODEL_GROUP":
            return str(self.configuration["modelGroupConfigurationDetails"]["modelGroupId"])
        return str(self.configuration["modelConfigurationDetails"]["modelId"])

    @property
    def environment(self) -> Json:
        """`environmentConfigurationDetails`, whole: none given is the same as DEFAULT without variables."""
        return {**_NO_ENVIRONMENT, **self.configuration.get("environmentConfigurationDetails", {})}

    @property
    def instances(self) -> int:
        """How many instances run at first (and, without scaling, for good)."""
        policy = self.infrastructure["scalingPolicy"]
        if policy["policyType"] == "FIXED_SIZE":
            return int(policy["instanceCount"])
        return int(policy["autoScalingPolicies"][0]["initialInstanceCount"])

    @property
    def memory_limit_bytes(self) -> int | None:
        """What MEMORY_UTILIZATION is a percentage of, for each instance; None where the shape does not say."""
        instance = self.infrastructure.get("instanceConfiguration") or {}
        gigabytes = (instance.get("modelDeploymentInstanceShapeConfigDetails") or {}).get("memoryInGBs")
        return None if gigabytes is None else int(gigabytes * (1 << 30))

    @property
    def bandwidth_mbps(self) -> int | None:
        """What the load balancer lets through at most."""
        infrastructure = self.infrastructure
        return infrastructure.get("maximumBandwidthMbps") or infrastructure.get("bandwidthMbps")

    def groups(self) -> dict[str, Any]:
        """The values of each group of options."""
        infrastructure = self.infrastructure
        return {
            "model, shape and instances": [self.source_id, *map(infrastructure.get, _COMPUTE)],
            "load balancer bandwidth": [*map(infrastructure.get, _BANDWIDTH)],
            "logs": self.logs,
            "environment": self.environment,
        }

    def process(self, *, is_bandwidth_enforced: bool) -> Any:
        """What the running processes depend on."""
        enforced_mbps = self.bandwidth_mbps if is_bandwidth_enforced else None
        return [self.source_id, self.infrastructure["scalingPolicy"], self.logs, self.environment, enforced_mbps]

    def to_json(self) -> Json:
        """The deployment's own fields."""
        return {CONFIGURATION: self.configuration, "categoryLogDetails": self.logs}

    @classmethod
    def from_json(cls, document: Json) -> Settings:
        """Read what `to_json` gave."""
        return cls(document[CONFIGURATION], document["categoryLogDetails"])


def created(body: Json) -> Settings:
    """The settings that a POST asks for, with OCI's defaults (bandwidth 10, one instance)."""
    configuration = _normal(body[CONFIGURATION])
    part = infrastructure_part(configuration["deploymentType"])
    has_balancer = configuration["deploymentType"] != "SINGLE_MODEL_FLEX"
    defaults = {**_ONE_INSTANCE, **({"bandwidthMbps": LEAST_BANDWIDTH_MBPS} if has_balancer else {})}
    return Settings(
        {**configuration, part: {**defaults, **configuration[part]}},
        body.get("categoryLogDetails", {}),
    )


def updated(present: Settings, body: Json) -> Settings:
    """The settings after a PUT: what is absent stays, what is given replaces its field; 400 beyond a bound.

    A bandwidth that the present maximum does not fit ends the scaling, where no other maximum is given: Terraform's
    provider has no other way to say so.
    """
    asked = _normal(body.get(CONFIGURATION, {}))
    if asked.get("deploymentType", present.deployment_type) != present.deployment_type:
        raise InvalidParameter(
            f"{CONFIGURATION}.deploymentType: is {present.deployment_type} for good, found {asked['deploymentType']}; "
            "create another model deployment"
        )
    configuration = {**present.configuration, **{k: v for k, v in asked.items() if k != "updateType"}}
    for part in _PARTS:
        if part in configuration:
            kept = dict(present.configuration.get(part, {}))
            bandwidth, maximum = asked.get(part, {}).get("bandwidthMbps"), kept.get("maximumBandwidthMbps")
            if bandwidth and maximum and not bandwidth < maximum <= 2 * bandwidth:
                del kept["maximumBandwidthMbps"]
            configuration[part] = {**kept, **asked.get(part, {})}
    wanted = Settings(configuration, body.get("categoryLogDetails", present.logs))
    refuse(configuration_problems(wanted.configuration))
    return wanted


def changed_groups(present: Settings, wanted: Settings) -> list[str]:
    """The names of the groups that differ."""
    before, after = present.groups(), wanted.groups()
    return [name for name in after if before[name] != after[name]]


def require_one_group(changed: list[str]) -> None:
    """OCI takes one group of options at a time while the deployment is ACTIVE (the code is not in the sources: 400)."""
    if len(changed) > 1:
        raise InvalidParameter(
            f"{CONFIGURATION}: while a model deployment is ACTIVE one group of options can change in one update, found "
            f"{len(changed)}: {'; '.join(changed)}. Send them one after the other, or deactivate it first"
        )


def _normal(configuration: Json) -> Json:
    """Without the empty identifiers that the official plugin sends (`"subnetId":""`)."""
    part = infrastructure_part(configuration.get("deploymentType", "SINGLE_MODEL"))
    details = configuration.get(part, {})
    instance = details.get("instanceConfiguration")
    if instance is None:
        return configuration
    kept = {name: value for name, value in instance.items() if name not in _EMPTY_MEANS_NONE or value != ""}
    if kept.get("modelDeploymentInstanceShapeConfigDetails") == {}:
        del kept["modelDeploymentInstanceShapeConfigDetails"]
    return {**configuration, part: {**details, "instanceConfiguration": kept}}
