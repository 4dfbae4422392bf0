"""Model groups, compute targets, and the deployments that name them: MODEL_GROUP and SINGLE_MODEL_FLEX."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import oci
import pytest
from local_oci_cloud import DOUBLES, MODELS, Cloud, error_of, flexible, zip_of

LISTS_MODELS = """
import os

def load_model():
    return sorted(name for name in os.listdir(os.path.dirname(__file__)) if name.startswith('ocid1'))

def predict(data, model=load_model()):
    return {'prediction': model}
"""


@pytest.fixture(scope="module")
def project(cloud: Cloud) -> str:
    return cloud.project()


@pytest.fixture(scope="module")
def members(cloud: Cloud, project: str) -> list[str]:
    return [cloud.model(project, zip_of(score=DOUBLES)) for _ in range(2)]


def group_details(cloud: Cloud, project: str, members: list[str], **fields: Any) -> Any:
    entries = [
        MODELS.MemberModelDetails(model_id=member, inference_key=f"key{number}")
        for number, member in enumerate(members)
    ]
    defaults = {
        "compartment_id": cloud.compartment,
        "project_id": project,
        "display_name": "a group",
        "model_group_details": MODELS.HomogeneousModelGroupDetails(),
        "member_model_entries": MODELS.MemberModelEntries(member_model_details=entries),
    }
    return MODELS.CreateModelGroupDetails(**{**defaults, **fields})


@pytest.fixture
def group(cloud: Cloud, project: str, members: list[str]) -> str:
    return str(cloud.science.create_model_group(group_details(cloud, project, members)).data.id)


def deployment_of(cloud: Cloud, project: str, configuration: Any) -> Any:
    return MODELS.CreateModelDeploymentDetails(
        compartment_id=cloud.compartment,
        project_id=project,
        model_deployment_configuration_details=configuration,
    )


def group_configuration(group: str) -> Any:
    return MODELS.ModelGroupDeploymentConfigurationDetails(
        model_group_configuration_details=MODELS.ModelGroupConfigurationDetails(model_group_id=group),
        infrastructure_configuration_details=MODELS.InstancePoolInfrastructureConfigurationDetails(
            instance_configuration=flexible()
        ),
    )


def flex_configuration(model: str, target: str, ocpus: float = 1) -> Any:
    return MODELS.SingleModelDeploymentFlexConfigurationDetails(
        model_configuration_details=MODELS.SingleModelConfigurationDetails(model_id=model),
        infrastructure_configuration_details=MODELS.ManagedComputeClusterModelDeployInfrastructureConfigDetails(
            compute_target_id=target,
            model_deployment_resource_configuration=MODELS.ManagedComputeClusterModelDeploymentResourceConfiguration(
                resource_request_configuration=MODELS.ResourceRequestConfiguration(ocpus=ocpus, memory_in_gbs=2)
            ),
        ),
    )


@pytest.fixture
def target(cloud: Cloud) -> Iterator[str]:
    instance = MODELS.ManagedComputeClusterInstanceConfigurationDetails(instance_shape="VM.Standard.E4.Flex")
    details = MODELS.CreateComputeTargetDetails(
        compartment_id=cloud.compartment,
        compute_configuration_details=MODELS.ManagedComputeClusterComputeConfigurationDetails(
            instance_configuration=instance
        ),
    )
    made = str(cloud.science.create_compute_target(details).data.id)
    yield made
    cloud.science.delete_compute_target(made)


def test_a_deployed_group_serves_its_own_artifact_with_its_models_beside(
    cloud: Cloud, project: str, members: list[str], group: str
) -> None:
    cloud.science.create_model_group_artifact(group, zip_of(score=LISTS_MODELS))
    answer = cloud.science.create_model_deployment(deployment_of(cloud, project, group_configuration(group)))
    assert cloud.finished(answer).status == "SUCCEEDED"
    deployment = answer.data.id

    assert cloud.predict(deployment, [1]).json() == {"prediction": sorted(members)}
    states = cloud.science.list_model_deployment_model_states(deployment, cloud.compartment).data
    assert [(one.model_id, one.inference_key, one.state) for one in states] == [
        (members[0], "key0", "SUCCESS"),
        (members[1], "key1", "SUCCESS"),
    ]
    for using in (
        error_of(lambda: cloud.science.delete_model_group(group)),
        error_of(lambda: cloud.science.delete_model(members[0])),
    ):
        assert (using.status, using.code) == (409, "IncorrectState")
    update = MODELS.UpdateModelDeploymentDetails(
        model_deployment_configuration_details=MODELS.UpdateModelGroupDeploymentConfigurationDetails(
            update_type="LIVE",
            infrastructure_configuration_details=MODELS.UpdateInstancePoolInfrastructureConfigurationDetails(
                bandwidth_mbps=20
            ),
        )
    )
    assert cloud.finished(cloud.science.update_model_deployment(deployment, update)).status == "SUCCEEDED"
    shown = cloud.science.get_model_deployment(deployment).data.model_deployment_configuration_details
    assert shown.infrastructure_configuration_details.bandwidth_mbps == 20
    cloud.delete_deployment(deployment)
    cloud.science.delete_model_group(group)
    assert cloud.science.get_model_group(group).data.lifecycle_state == "DELETED"


def test_a_group_without_its_own_artifact_is_not_deployed(cloud: Cloud, project: str, group: str) -> None:
    refused = error_of(
        lambda: cloud.science.create_model_deployment(deployment_of(cloud, project, group_configuration(group)))
    )

    assert (refused.status, "has no artifact" in refused.message) == (400, True)


def test_a_flex_deployment_serves_on_its_compute_target(
    cloud: Cloud, project: str, members: list[str], target: str
) -> None:
    answer = cloud.science.create_model_deployment(
        deployment_of(cloud, project, flex_configuration(members[0], target))
    )
    assert cloud.finished(answer).status == "SUCCEEDED"

    assert cloud.predict(answer.data.id, [1, 2]).json() == {"prediction": [2, 4]}
    shown = cloud.science.get_model_deployment(answer.data.id).data
    assert shown.model_deployment_system_data.system_infra_type == "MANAGED_COMPUTE_CLUSTER"
    assert error_of(lambda: cloud.science.delete_compute_target(target)).code == "IncorrectState"
    cloud.delete_deployment(answer.data.id)


def test_a_flex_deployment_of_nothing_is_refused(cloud: Cloud, project: str, members: list[str], target: str) -> None:
    wanted = deployment_of(cloud, project, flex_configuration(members[0], target, ocpus=0))

    refused = error_of(lambda: cloud.science.create_model_deployment(wanted))

    assert (refused.status, "resourceRequestConfiguration.ocpus" in refused.message) == (400, True)


def test_a_clone_has_the_models_and_names_its_source(
    cloud: Cloud, project: str, members: list[str], group: str
) -> None:
    details = MODELS.CloneModelGroupDetails(
        compartment_id=cloud.compartment,
        project_id=project,
        model_group_clone_source_details=MODELS.CloneCreateFromModelGroupDetails(
            source_id=group, modify_model_group_details=MODELS.ModifyModelGroupDetails(display_name="again")
        ),
    )

    clone = cloud.science.create_model_group(details).data

    assert (clone.source_model_group_id, clone.display_name, clone.create_type) == (group, "again", "CLONE")
    listed = cloud.science.list_model_group_models(clone.id, cloud.compartment).data
    assert [one.model_id for one in listed] == members


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"member_model_entries": MODELS.MemberModelEntries(member_model_details=[])}, "memberModelDetails"),
        ({"model_group_details": MODELS.StackedModelGroupDetails(base_model_id="ocid1.x.oc1..y")}, "baseModelId"),
    ],
)
def test_a_group_that_cannot_be_is_refused(
    cloud: Cloud, project: str, members: list[str], fields: dict[str, Any], named: str
) -> None:
    refused = error_of(lambda: cloud.science.create_model_group(group_details(cloud, project, members, **fields)))

    assert (refused.status, named in refused.message) == (400, True)


def test_predictions_can_be_asked_of_the_control_planes_address(cloud: Cloud, project: str, members: list[str]) -> None:
    deployment = cloud.deploy(project, members[0]).resources[0].identifier
    client = oci.model_deployment.ModelDeploymentClient(
        cloud.config, service_endpoint=cloud.endpoint, retry_strategy=oci.retry.NoneRetryStrategy()
    )

    answer = client.predict(deployment, [1, 2])

    assert json.loads(answer.data) == {"prediction": [2, 4]}
    cloud.delete_deployment(deployment)
    assert error_of(lambda: client.predict(deployment, [1])).status == 404
    client.base_client.session.close()
