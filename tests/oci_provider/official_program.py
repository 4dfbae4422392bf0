"""The program of the official plugin's recordings, its steps as an argument and not from the environment."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pulumi_oci as oci


def declare(step: int, compartment: str) -> None:
    """Step 1 creates; 2 describes the project; 3 brings another artifact; 4 more bandwidth; 5 stops the deployment."""
    project = oci.datascience.Project(
        "project", compartment_id=compartment, display_name="paddock", description="d2" if step >= 2 else "d"
    )
    group = oci.logging.LogGroup("log-group", compartment_id=compartment, display_name="paddock")
    logs = {
        category: oci.logging.Log(
            f"log-{category}", log_group_id=group.id, display_name=category, log_type="CUSTOM", is_enabled=True
        )
        for category in ("access", "predict")
    }
    artifact = "art2.zip" if step >= 3 else "art1.zip"
    model = oci.datascience.Model(
        "model",
        compartment_id=compartment,
        project_id=project.id,
        display_name="wine",
        model_artifact=artifact,
        artifact_content_length=str(Path(artifact).stat().st_size),
        artifact_content_disposition=f"attachment; filename={artifact}",
        input_schema='{"schema": []}',
        output_schema='{"schema": []}',
        freeform_tags={"digest": artifact},
        custom_metadata_lists=[{"key": "k", "value": "v", "category": "Other", "description": "x"}],
        defined_metadata_lists=[{"key": "Framework", "value": "scikit-learn"}],
    )
    oci.datascience.ModelProvenance(
        "prov", model_id=model.id, git_commit="abc", repository_url="https://example.com/r.git"
    )
    deployment = oci.datascience.ModelDeployment(
        "deployment",
        compartment_id=compartment,
        project_id=project.id,
        display_name="wine",
        state="INACTIVE" if step == 5 else "ACTIVE",
        model_deployment_configuration_details={
            "deployment_type": "SINGLE_MODEL",
            "model_configuration_details": {
                "model_id": model.id,
                "bandwidth_mbps": 20 if step >= 4 else 10,
                "instance_configuration": {
                    "instance_shape_name": "VM.Standard.E4.Flex",
                    "model_deployment_instance_shape_config_details": {"ocpus": 1, "memory_in_gbs": 16},
                },
                "scaling_policy": {"policy_type": "FIXED_SIZE", "instance_count": 1},
            },
        },
        category_log_details={category: {"log_group_id": group.id, "log_id": log.id} for category, log in logs.items()},
    )
    pulumi.export("url", deployment.model_deployment_url)
