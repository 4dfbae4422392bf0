"""From a model's declared deployment to the arguments of OCI's ModelDeployment: pure functions, no Pulumi inside.

Names and nesting are those of the `oci` provider's `modelDeploymentConfigurationDetails` (OCI.md §4.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from artifact_builder import Deployment, Network


def configuration_details(
    deployment: Deployment,
    model_id: Any,
    *,
    bandwidth: tuple[Any, Any] | None = None,
    variables: Mapping[str, Any] | None = None,
    private_endpoint_id: Any = None,
    has_environment: bool = True,
) -> dict[str, Any]:
    """Every value may be an Output. Sizes: OCPUs, GB, megabits per second.

    `bandwidth`: the load balancer's bandwidth and maximum (None for none), where they do not come from `deployment`.
    `variables`: secret environment variables besides the declared ones. `private_endpoint_id`: the stack's own, for
    deployments that name no network. `has_environment`: whether the environment block is there though it says nothing:
    one that appears later would have the deployment replaced (OCI.md §3.5), so it is there from the start.
    """
    balancer = deployment.load_balancer
    bandwidth_mbps, maximum_mbps = bandwidth or (balancer.bandwidth_mbps, balancer.maximum_bandwidth_mbps)
    model: dict[str, Any] = {
        "model_id": model_id,
        "bandwidth_mbps": bandwidth_mbps,
        "instance_configuration": instance_configuration(deployment, private_endpoint_id),
        "scaling_policy": scaling_policy(deployment),
    }
    if maximum_mbps is not None:
        model["maximum_bandwidth_mbps"] = maximum_mbps
    details = {"deployment_type": "SINGLE_MODEL", "model_configuration_details": model}
    if has_environment or deployment.environment or variables or deployment.container:
        details["environment_configuration_details"] = environment_configuration(deployment, variables or {})
    return details


def instance_configuration(deployment: Deployment, private_endpoint_id: Any = None) -> dict[str, Any]:
    """Only flexible shapes have a size of their own; model.yaml's checks see to it."""
    configuration: dict[str, Any] = {"instance_shape_name": deployment.shape}
    if deployment.ocpus is not None:
        size: dict[str, Any] = {"ocpus": deployment.ocpus, "memory_in_gbs": deployment.memory_gbs}
        if deployment.cpu_baseline is not None:
            size["cpu_baseline"] = deployment.cpu_baseline
        configuration["model_deployment_instance_shape_config_details"] = size
    return configuration | _network(deployment.network, private_endpoint_id)


def environment_configuration(deployment: Deployment, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Oracle's own inference server, or a container; variables either way."""
    container = deployment.container
    known = {**deployment.environment, **variables}
    environment: dict[str, Any] = {"environment_variables": known}
    if container is None:
        return {"environment_configuration_type": "DEFAULT", **environment}
    optional = {
        "image_digest": container.image_digest,
        "cmds": container.cmd or None,
        "entrypoints": container.entrypoint or None,
        "server_port": container.server_port,
        "health_check_port": container.health_check_port,
    }
    given = {key: value for key, value in optional.items() if value is not None}
    return {"environment_configuration_type": "OCIR_CONTAINER", "image": container.image, **given, **environment}


def _network(network: Network, private_endpoint_id: Any) -> dict[str, Any]:
    """Nothing said: Oracle's managed network decides."""
    named = {"subnet_id": network.subnet_id, "private_endpoint_id": network.private_endpoint_id}
    given = {key: value for key, value in named.items() if value is not None}
    if given:
        return given
    if network.internet_access is not None:
        word = "INTERNET_ACCESS" if network.internet_access else "NO_INTERNET_ACCESS"
        return {"network_access_type": f"MANAGED_NETWORKING_{word}"}
    return {} if private_endpoint_id is None else {"private_endpoint_id": private_endpoint_id}


def scaling_policy(deployment: Deployment) -> dict[str, Any]:
    """FIXED_SIZE for `instances`, AUTOSCALING with one predefined metric rule for `autoscaling`."""
    scaling = deployment.autoscaling
    if scaling is None:
        return {"policy_type": "FIXED_SIZE", "instance_count": deployment.instances}
    return {
        "policy_type": "AUTOSCALING",
        "is_enabled": True,
        "auto_scaling_policies": [
            {
                "auto_scaling_policy_type": "THRESHOLD",
                "minimum_instance_count": scaling.min,
                "maximum_instance_count": scaling.max,
                "initial_instance_count": scaling.min,
                "rules": [
                    {
                        "metric_expression_rule_type": "PREDEFINED_EXPRESSION",
                        "metric_type": scaling.metric,
                        "scale_in_configuration": _threshold(scaling.scale_in_at),
                        "scale_out_configuration": _threshold(scaling.scale_out_at),
                    }
                ],
            }
        ],
    }


def log_details(logs: Mapping[str, tuple[Any, Any]]) -> dict[str, Any] | None:
    """`logs`: category (`access`, `predict`) → OCIDs of the log group and the log. None where nothing is logged."""
    details = {category: {"log_group_id": group, "log_id": log} for category, (group, log) in logs.items()}
    return details or None


def _threshold(percent: int) -> dict[str, Any]:
    return {"scaling_configuration_type": "THRESHOLD", "threshold": str(percent)}
