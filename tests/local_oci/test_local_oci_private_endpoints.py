"""Data Science private endpoints: their states and work requests, and the deployments that name them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from local_oci_cloud import DOUBLES, MODELS, Cloud, end, error_of, flexible, wait_until, zip_of
from test_local_oci_faults import set_faults

SUBNET = "ocid1.subnet.oc1.iad.one"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One whose faults can be set."""
    running = Cloud(tmp_path_factory.mktemp("cloud"), has_admin=True)
    running.start()
    yield running
    end(running)


@pytest.fixture(scope="module")
def project(cloud: Cloud) -> str:
    return cloud.project()


@pytest.fixture(scope="module")
def model(cloud: Cloud, project: str) -> str:
    return cloud.model(project, zip_of(score=DOUBLES))


def details(cloud: Cloud, **fields: Any) -> Any:
    required = {"compartment_id": cloud.compartment, "subnet_id": SUBNET}
    defaults = {**required, "data_science_resource_type": "MODEL_DEPLOYMENT"}
    return MODELS.CreateDataSciencePrivateEndpointDetails(**{**defaults, **fields})


def made(cloud: Cloud, **fields: Any) -> str:
    answer = cloud.science.create_data_science_private_endpoint(details(cloud, **fields))
    cloud.finished(answer)
    return str(answer.data.id)


def named(endpoint: str) -> Any:
    instance = flexible()
    instance.private_endpoint_id = endpoint
    return instance


def test_it_is_creating_then_active_as_its_work_request_says(cloud: Cloud) -> None:
    set_faults(cloud, {"workRequest": "PRIVATE_ENDPOINT_CREATE", "durationS": 0.3})

    answer = cloud.science.create_data_science_private_endpoint(details(cloud, sub_domain="Models", nsg_ids=[]))

    request = cloud.finished(answer)
    set_faults(cloud)
    assert answer.data.lifecycle_state == "CREATING"
    assert (request.operation_type, request.status) == ("PRIVATE_ENDPOINT_CREATE", "SUCCEEDED")
    resource = request.resources[0]
    assert ("datascience" in resource.entity_type, resource.action_type) == (True, "CREATED")
    assert resource.identifier == answer.data.id
    shown = cloud.science.get_data_science_private_endpoint(answer.data.id).data
    assert (shown.lifecycle_state, shown.subnet_id) == ("ACTIVE", SUBNET)
    assert (shown.nsg_ids, shown.fqdn) == ([], "models.datascience.invalid")


def test_another_name_is_shown_at_once_and_other_groups_by_way_of_updating(cloud: Cloud) -> None:
    endpoint = made(cloud)
    renamed = cloud.science.update_data_science_private_endpoint(
        endpoint, MODELS.UpdateDataSciencePrivateEndpointDetails(display_name="another", description="d")
    )
    groups = ["ocid1.networksecuritygroup.oc1.iad.one"]
    moving = cloud.science.update_data_science_private_endpoint(
        endpoint, MODELS.UpdateDataSciencePrivateEndpointDetails(nsg_ids=groups)
    )

    request = cloud.finished(moving)

    assert (renamed.data.lifecycle_state, renamed.data.display_name) == ("ACTIVE", "another")
    assert moving.data.lifecycle_state == "UPDATING"
    assert (request.status, request.resources[0].action_type) == ("SUCCEEDED", "UPDATED")
    shown = cloud.science.get_data_science_private_endpoint(endpoint).data
    assert (shown.lifecycle_state, shown.nsg_ids, shown.display_name) == ("ACTIVE", groups, "another")


def test_a_deployment_may_name_one_which_is_then_not_deleted(cloud: Cloud, project: str, model: str) -> None:
    endpoint = made(cloud)
    asked = cloud.deployment_details(project, model, instance_configuration=named(endpoint))
    deployment = cloud.science.create_model_deployment(asked)
    assert cloud.finished(deployment).status == "SUCCEEDED"

    refused = error_of(lambda: cloud.science.delete_data_science_private_endpoint(endpoint))

    shown = cloud.science.get_model_deployment(deployment.data.id).data.model_deployment_configuration_details
    instance = shown.model_configuration_details.instance_configuration
    assert instance.private_endpoint_id == endpoint
    assert cloud.predict(deployment.data.id, [1]).json() == {"prediction": [2]}
    assert (refused.status, refused.code) == (409, "IncorrectState")
    assert deployment.data.id in refused.message
    cloud.delete_deployment(deployment.data.id)
    assert cloud.finished(cloud.science.delete_data_science_private_endpoint(endpoint)).status == "SUCCEEDED"
    assert cloud.science.get_data_science_private_endpoint(endpoint).data.lifecycle_state == "DELETED"


def test_an_active_deployment_moves_to_one_in_an_update(cloud: Cloud, project: str, model: str) -> None:
    deployment = cloud.deploy(project, model).resources[0].identifier
    endpoint = made(cloud)

    assert cloud.update(deployment, instance_configuration=named(endpoint)).status == "SUCCEEDED"

    gone = error_of(lambda: cloud.update(deployment, instance_configuration=named(f"{endpoint}x")))
    assert (gone.status, gone.code) == (404, "NotAuthorizedOrNotFound")
    cloud.delete_deployment(deployment)


def test_one_for_notebooks_or_not_yet_active_is_refused_by_its_path(cloud: Cloud, project: str, model: str) -> None:
    notebooks = made(cloud, data_science_resource_type="NOTEBOOK_SESSION")
    set_faults(cloud, {"workRequest": "PRIVATE_ENDPOINT_CREATE", "end": "FAILED", "message": "the subnet is full"})
    failed = made(cloud)
    set_faults(cloud)
    path = "modelConfigurationDetails.instanceConfiguration.privateEndpointId"

    for endpoint, words in ((notebooks, "NOTEBOOK_SESSION"), (failed, "must be ACTIVE, found FAILED")):
        asked = cloud.deployment_details(project, model, instance_configuration=named(endpoint))
        refused = error_of(lambda asked=asked: cloud.science.create_model_deployment(asked))
        assert (refused.status, refused.code) == (400, "InvalidParameter")
        assert (path in refused.message, words in refused.message) == (True, True)


def test_a_failed_one_says_why_and_is_deleted(cloud: Cloud) -> None:
    set_faults(cloud, {"workRequest": "PRIVATE_ENDPOINT_CREATE", "end": "FAILED", "message": "the subnet is full"})
    answer = cloud.science.create_data_science_private_endpoint(details(cloud))
    request = cloud.finished(answer)
    set_faults(cloud)

    errors = cloud.science.list_work_request_errors(request.id).data

    shown = cloud.science.get_data_science_private_endpoint(answer.data.id).data
    assert (request.status, [error.message for error in errors]) == ("FAILED", ["the subnet is full"])
    assert (shown.lifecycle_state, shown.lifecycle_details) == ("FAILED", "the subnet is full")
    assert cloud.finished(cloud.science.delete_data_science_private_endpoint(answer.data.id)).status == "SUCCEEDED"


@pytest.mark.parametrize(
    ("fields", "named_field"),
    [
        ({"subnet_id": "subnet"}, "subnetId"),
        ({"nsg_ids": ["ocid1.subnet.oc1.iad.one"]}, "nsgIds"),
        ({"sub_domain": "-models"}, "subDomain"),
        ({"sub_domain": "a.b"}, "subDomain"),
    ],
)
def test_what_no_private_endpoint_has_is_refused_by_name(
    cloud: Cloud, fields: dict[str, Any], named_field: str
) -> None:
    refused = error_of(lambda: cloud.science.create_data_science_private_endpoint(details(cloud, **fields)))

    assert (refused.status, refused.code, named_field in refused.message) == (400, "InvalidParameter", True)


def test_one_that_was_creating_when_the_server_died_becomes_active(own_cloud: Cloud) -> None:
    project = own_cloud.project()
    answer = own_cloud.science.create_data_science_private_endpoint(details(own_cloud))
    own_cloud.kill()
    own_cloud.start()

    def is_active() -> bool:
        found = own_cloud.science.get_data_science_private_endpoint(answer.data.id).data
        return bool(found.lifecycle_state == "ACTIVE")

    wait_until(is_active, timeout_s=10, what="the private endpoint ACTIVE")
    assert own_cloud.science.get_project(project).status == 200
