"""From a model's declared deployment to the arguments of OCI's ModelDeployment: pure functions, no Pulumi inside.

Names and nesting are those of the `oci` provider's `modelDeploymentConfigurationDetails` (OCI.md §4.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from artifact_builder import Deployment


def configuration_details(deployment: Deployment, model_id: Any) -> dict[str, Any]:
    """`model_id` may be an Output. Sizes: OCPUs, GB, megabits per second."""
    model: dict[str, Any] = {
        "model_id": model_id,
        "bandwidth_mbps": deployment.load_balancer.bandwidth_mbps,
        "instance_configuration": instance_configuration(deployment),
        "scaling_policy": scaling_policy(deployment),
    }
    if deployment.load_balancer.maximum_bandwidth_mbps is not None:
        model["maximum_bandwidth_mbps"] = deployment.load_balancer.maximum_bandwidth_mbps
    return {"deployment_type": "SINGLE_MODEL", "model_configuration_details": model}


def instance_configuration(deployment: Deployment) -> dict[str, Any]:
    """Only flexible shapes have a size of their own; model.yaml's checks see to it."""
    configuration: dict[str, Any] = {"instance_shape_name": deployment.shape}
    if deployment.ocpus is not None:
        configuration["model_deployment_instance_shape_config_details"] = {
            "ocpus": deployment.ocpus,
            "memory_in_gbs": deployment.memory_gbs,
        }
    return configuration


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


def log_details(log_ids: Mapping[str, Any], log_group_id: Any) -> dict[str, Any] | None:
    """`log_ids`: category (`access`, `predict`) → the log's OCID. None where nothing is logged."""
    details = {category: {"log_group_id": log_group_id, "log_id": log_id} for category, log_id in log_ids.items()}
    return details or None


def _threshold(percent: int) -> dict[str, Any]:
    return {"scaling_configuration_type": "THRESHOLD", "threshold": str(percent)}
