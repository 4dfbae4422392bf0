"""A program with every kind that this plugin has, told again each time with other words; as a script it does `up`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pulumi_oci as oci
from pulumi import automation as auto
from pulumi_stack import Bench, Place, write_artifact

COLLECTIONS = {
    "project": "/20190101/projects",
    "versions": "/20190101/modelVersionSets",
    "model": "/20190101/models",
    "group": "/20190101/modelGroups",
    "endpoint": "/20190101/dataSciencePrivateEndpoints",
    "deployment": "/20190101/modelDeployments",
    "log-group": "/20200531/logGroups",
    "alarm": "/20180401/alarms",
}
IN_THE_TENANCY = {"dynamic-group": "/20160918/dynamicGroups", "policy": "/20160918/policies"}


@dataclass(frozen=True)
class Words:
    """What the program says this time: `number` is in all descriptions; odd and even ones have different artifacts."""

    number: int
    compartment: str
    tenancy: str
    import_ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def description(self) -> str:
        """What all kinds are described with."""
        return f"round {self.number}"

    def options(self, name: str, **further: Any) -> pulumi.ResourceOptions:
        """Import a resource if there is something to import."""
        return pulumi.ResourceOptions(import_=self.import_ids.get(name), **further)

    def artifact(self) -> Path:
        """The zip of this time."""
        return write_artifact(Path(f"art{self.number % 2}.zip"), remark="odd" if self.number % 2 else "even")


def declare(words: Words) -> None:
    """One of each kind; a model and its group are replaced each time, the rest is updated."""
    told = {"compartment_id": words.compartment, "display_name": "every-kind", "description": words.description}
    project = oci.datascience.Project("project", **told, opts=words.options("project"))
    group = oci.logging.LogGroup("log-group", **told, opts=words.options("log-group"))
    log = oci.logging.Log(
        "log",
        log_group_id=group.id,
        display_name="every-kind",
        log_type="CUSTOM",
        retention_duration=30,
        opts=words.options("log"),
    )
    oci.datascience.ModelVersionSet(
        "versions",
        compartment_id=words.compartment,
        project_id=project.id,
        name="every-kind",
        description=words.description,
        opts=words.options("versions"),
    )
    artifact = words.artifact()
    model = oci.datascience.Model(
        "model",
        **told,
        project_id=project.id,
        model_artifact=str(artifact),
        artifact_content_length=str(artifact.stat().st_size),
        artifact_content_disposition=f"attachment; filename={artifact.name}",
        opts=words.options("model", ignore_changes=["modelArtifact"] if words.import_ids else []),
    )
    oci.datascience.ModelProvenance(
        "provenance", model_id=model.id, git_commit=words.description, opts=words.options("provenance")
    )
    oci.datascience.ModelGroup(
        "group",
        **told,
        project_id=project.id,
        create_type="CREATE",
        model_group_details={"type": "HOMOGENEOUS"},
        member_model_entries={"member_model_details": [{"inference_key": "a", "model_id": model.id}]},
        opts=words.options("group"),
    )
    endpoint = oci.datascience.PrivateEndpoint(
        "endpoint",
        **told,
        subnet_id="ocid1.subnet.oc1..s",
        data_science_resource_type="MODEL_DEPLOYMENT",
        opts=words.options("endpoint"),
    )
    deployment = oci.datascience.ModelDeployment(
        "deployment",
        **told,
        project_id=project.id,
        model_deployment_configuration_details={
            "deployment_type": "SINGLE_MODEL",
            "model_configuration_details": {
                "model_id": model.id,
                "instance_configuration": {
                    "instance_shape_name": "VM.Standard.E4.Flex",
                    "model_deployment_instance_shape_config_details": {"ocpus": 1, "memory_in_gbs": 16},
                    "private_endpoint_id": endpoint.id,
                },
                "scaling_policy": {"policy_type": "FIXED_SIZE", "instance_count": 1},
            },
        },
        category_log_details={"access": {"log_group_id": group.id, "log_id": log.id}},
        opts=words.options("deployment"),
    )
    _watch(words, deployment)


def _watch(words: Words, deployment: oci.datascience.ModelDeployment) -> None:
    oci.monitoring.Alarm(
        "alarm",
        compartment_id=words.compartment,
        metric_compartment_id=words.compartment,
        display_name="every-kind",
        namespace="oci_datascience_modeldeploy",
        query=deployment.id.apply(lambda id_: f'PredictLatency[1m]{{resourceId = "{id_}"}}.mean() > 500'),
        severity="WARNING",
        is_enabled=True,
        destinations=["ocid1.onstopic.oc1..x"],
        body=words.description,
        opts=words.options("alarm"),
    )
    dynamic = oci.identity.DynamicGroup(
        "dynamic-group",
        compartment_id=words.tenancy,
        description=words.description,
        matching_rule="ALL {resource.type = 'datasciencemodeldeployment'}",
        opts=words.options("dynamic-group"),
    )
    oci.identity.Policy(
        "policy",
        compartment_id=words.tenancy,
        description=words.description,
        statements=[pulumi.Output.concat("Allow dynamic-group ", dynamic.name, " to use log-content in tenancy")],
        opts=words.options("policy"),
    )


if __name__ == "__main__":
    data_dir, endpoint, compartment, tenancy, number = sys.argv[1:]
    place = Place(Path.cwd(), Path(data_dir), dict(os.environ), endpoint, compartment)
    words = Words(int(number), compartment, tenancy)
    try:
        Bench(place).stack(lambda: declare(words), "chaos").up()
    except auto.CommandError as error:
        sys.exit(str(error))
