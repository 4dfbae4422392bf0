"""The oci SDK on every kind: its composite operations, which wait for states, and its paginators."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import oci
import proven
import pytest
from local_oci_cloud import DOUBLES, LOGGING, MODELS, Cloud, end, error_of, update_of, zip_of
from test_local_oci_deployment_types import deployment_of, flex_configuration, group_configuration, group_details

FAST = {"max_wait_seconds": 60, "max_interval_seconds": 1}
Client = Callable[[type], Any]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local OCI that notes which operations are called."""
    running = Cloud(tmp_path_factory.mktemp("cloud"))
    (running.data_dir / "calls.jsonl").touch()
    running.start()
    yield running
    end(running)


@pytest.fixture(scope="module")
def client(watched: Cloud) -> Iterator[Client]:
    """Makes clients and composite clients of any service; their connections are closed at the end."""
    made = []

    def make(kind: type) -> Any:
        found = kind(watched.config, service_endpoint=watched.endpoint, retry_strategy=oci.retry.NoneRetryStrategy())
        found.base_client.session.trust_env = False
        made.append(found)
        return found

    yield make
    for one in made:
        one.base_client.session.close()


def test_projects_and_models(watched: Cloud) -> None:
    science, wait = watched.science, watched.composite
    here = {"compartment_id": watched.compartment}
    project = wait.create_project_and_wait_for_state(
        MODELS.CreateProjectDetails(display_name="p", **here), ["ACTIVE"], waiter_kwargs=FAST
    ).data.id
    wait.update_project_and_wait_for_state(
        project, MODELS.UpdateProjectDetails(description="d"), ["ACTIVE"], waiter_kwargs=FAST
    )
    science.change_project_compartment(project, MODELS.ChangeProjectCompartmentDetails(**here))
    details = MODELS.CreateModelDetails(project_id=project, **here)
    models = [wait.create_model_and_wait_for_state(details, ["ACTIVE"], waiter_kwargs=FAST).data.id for _ in range(3)]
    paged = oci.pagination.list_call_get_all_results(science.list_models, watched.compartment, limit=1).data
    assert sorted(one.id for one in paged) == sorted(models)
    one = models[0]
    wait.deactivate_model_and_wait_for_state(one, ["INACTIVE"], waiter_kwargs=FAST)
    wait.activate_model_and_wait_for_state(one, ["ACTIVE"], waiter_kwargs=FAST)
    wait.update_model_and_wait_for_state(
        one, MODELS.UpdateModelDetails(display_name="n"), ["ACTIVE"], waiter_kwargs=FAST
    )
    science.change_model_compartment(one, MODELS.ChangeModelCompartmentDetails(**here))
    for model in models:
        deleted = wait.delete_model_and_wait_for_state(model, ["DELETED"], waiter_kwargs=FAST)
        assert deleted is not None
    wait.delete_project_and_wait_for_state(project, ["SUCCEEDED"], waiter_kwargs=FAST)
    assert science.get_project(project).data.lifecycle_state == "DELETED"
    assert science.get_model(one).data.lifecycle_state == "DELETED"
    assert science.list_projects(watched.compartment).data == []


def test_version_sets(watched: Cloud) -> None:
    wait, here = watched.composite, {"compartment_id": watched.compartment}
    details = MODELS.CreateModelVersionSetDetails(project_id=watched.project(), name="v", **here)
    made = wait.create_model_version_set_and_wait_for_state(details, ["ACTIVE"], waiter_kwargs=FAST).data.id
    update = MODELS.UpdateModelVersionSetDetails(description="d")
    wait.update_model_version_set_and_wait_for_state(made, update, ["ACTIVE"], waiter_kwargs=FAST)
    assert watched.science.list_model_version_sets(watched.compartment).data[0].id == made
    wait.delete_model_version_set_and_wait_for_state(made, ["SUCCEEDED"], waiter_kwargs=FAST)
    assert watched.science.get_model_version_set(made).data.lifecycle_state == "DELETED"


def test_private_endpoints(watched: Cloud) -> None:
    science, wait, here = watched.science, watched.composite, {"compartment_id": watched.compartment}
    details = MODELS.CreateDataSciencePrivateEndpointDetails(
        subnet_id="ocid1.subnet.oc1.iad.one", data_science_resource_type="MODEL_DEPLOYMENT", **here
    )
    create = wait.create_data_science_private_endpoint_and_wait_for_state
    made = [create(details, ["SUCCEEDED"], waiter_kwargs=FAST).data.resources[0].identifier for _ in range(2)]
    listed = oci.pagination.list_call_get_all_results(
        science.list_data_science_private_endpoints, watched.compartment, limit=1
    )
    assert {one.id: one.lifecycle_state for one in listed.data} == dict.fromkeys(made, "ACTIVE")
    update = MODELS.UpdateDataSciencePrivateEndpointDetails(nsg_ids=["ocid1.networksecuritygroup.oc1.iad.one"])
    wait.update_data_science_private_endpoint_and_wait_for_state(made[0], update, ["SUCCEEDED"], waiter_kwargs=FAST)
    moved = MODELS.ChangeDataSciencePrivateEndpointCompartmentDetails(**here)
    move = wait.change_data_science_private_endpoint_compartment_and_wait_for_state
    move(made[0], moved, ["SUCCEEDED"], waiter_kwargs=FAST)
    for one in made:
        wait.delete_data_science_private_endpoint_and_wait_for_state(one, ["SUCCEEDED"], waiter_kwargs=FAST)
        assert science.get_data_science_private_endpoint(one).data.lifecycle_state == "DELETED"


def test_deployments_of_each_type(watched: Cloud, client: Client) -> None:
    science, wait = watched.science, watched.composite
    project = watched.project()
    model = watched.model(project, zip_of(score=DOUBLES))
    science.head_model_artifact(model)
    assert science.get_model_artifact_content(model).data.content
    single = watched.deployment_details(project, model)
    waited = wait.create_model_deployment_and_wait_for_state(single, ["SUCCEEDED"], waiter_kwargs=FAST).data
    deployment = waited.resources[0].identifier
    plane = client(oci.model_deployment.ModelDeploymentClient)
    assert json.loads(plane.predict(deployment, [1]).data) == {"prediction": [2]}
    not_streamed = error_of(lambda: plane.predict_with_response_stream(deployment, [1]))
    assert "nonstreaming response" in not_streamed.message
    for act in (wait.deactivate_model_deployment_and_wait_for_state, wait.activate_model_deployment_and_wait_for_state):
        act(deployment, ["SUCCEEDED"], waiter_kwargs=FAST)
    wider = update_of(model_id=model, bandwidth_mbps=20)
    wait.update_model_deployment_and_wait_for_state(deployment, wider, ["SUCCEEDED"], waiter_kwargs=FAST)
    science.change_model_deployment_compartment(
        deployment, MODELS.ChangeModelDeploymentCompartmentDetails(compartment_id=watched.compartment)
    )
    assert science.list_model_deployment_shapes(watched.compartment).data
    group = science.create_model_group(group_details(watched, project, [model])).data.id
    science.create_model_group_artifact(group, zip_of(score=DOUBLES))
    instance = MODELS.ManagedComputeClusterInstanceConfigurationDetails(instance_shape="VM.Standard.E4.Flex")
    compute = MODELS.ManagedComputeClusterComputeConfigurationDetails(instance_configuration=instance)
    target = science.create_compute_target(
        MODELS.CreateComputeTargetDetails(compartment_id=watched.compartment, compute_configuration_details=compute)
    ).data.id
    others = []
    for configuration in (group_configuration(group), flex_configuration(model, target)):
        details = deployment_of(watched, project, configuration)
        made = wait.create_model_deployment_and_wait_for_state(details, ["SUCCEEDED"], waiter_kwargs=FAST).data
        others.append(made.resources[0].identifier)
    assert science.list_model_deployment_model_states(others[0], watched.compartment).data[0].state == "SUCCESS"
    assert len(science.list_model_deployments(watched.compartment).data) == 3
    for one in (deployment, *others):
        wait.delete_model_deployment_and_wait_for_state(one, ["SUCCEEDED"], waiter_kwargs=FAST)
        assert science.get_model_deployment(one).data.lifecycle_state == "DELETED"
    wait.delete_model_group_and_wait_for_state(group, ["SUCCEEDED"], waiter_kwargs=FAST)
    wait.delete_compute_target_and_wait_for_state(target, ["SUCCEEDED"], waiter_kwargs=FAST)
    work = science.list_work_requests(watched.compartment, resource_id=deployment).data[0].id
    assert science.list_work_request_logs(work).data
    assert science.list_work_request_errors(work).data == []


def test_logging(watched: Cloud) -> None:
    wait = oci.logging.LoggingManagementClientCompositeOperations(watched.logging)
    details = LOGGING.CreateLogGroupDetails(compartment_id=watched.compartment, display_name="g")
    done = wait.create_log_group_and_wait_for_state(details, ["SUCCEEDED"], waiter_kwargs=FAST).data
    group = done.resources[0].identifier
    log_details = LOGGING.CreateLogDetails(display_name="l", log_type="CUSTOM")
    done = wait.create_log_and_wait_for_state(group, log_details, ["SUCCEEDED"], waiter_kwargs=FAST).data
    log = done.resources[0].identifier
    renamed = LOGGING.UpdateLogDetails(display_name="m", is_enabled=True)
    wait.update_log_and_wait_for_state(group, log, renamed, ["SUCCEEDED"], waiter_kwargs=FAST)
    assert [one.display_name for one in watched.logging.list_logs(group).data] == ["m"]
    wait.delete_log_and_wait_for_state(group, log, ["SUCCEEDED"], waiter_kwargs=FAST)
    wait.delete_log_group_and_wait_for_state(group, ["SUCCEEDED"], waiter_kwargs=FAST)
    assert watched.logging.list_log_groups(watched.compartment).data == []


def test_identity_storage_search_and_monitoring(watched: Cloud, client: Client) -> None:
    identity = client(oci.identity.IdentityClient)
    assert identity.get_tenancy(watched.known.tenancy_ocid).data.id == watched.known.tenancy_ocid
    assert identity.list_regions().data[0].name == "us-ashburn-1"
    assert len(identity.list_availability_domains(watched.compartment).data) == 3
    models = oci.identity.models
    wait = oci.identity.IdentityClientCompositeOperations(identity)
    policy = models.CreatePolicyDetails(
        compartment_id=watched.compartment, name="p", description="d", statements=["allow any-user to x in tenancy"]
    )
    made = wait.create_policy_and_wait_for_state(policy, ["ACTIVE"], waiter_kwargs=FAST).data.id
    wait.delete_policy_and_wait_for_state(made, ["DELETED"], waiter_kwargs=FAST)
    storage = client(oci.object_storage.ObjectStorageClient)
    namespace = storage.get_namespace().data
    bucket = oci.object_storage.models.CreateBucketDetails(name="b", compartment_id=watched.compartment)
    storage.create_bucket(namespace, bucket)
    storage.put_object(namespace, "b", "o", b"1")
    assert storage.get_object(namespace, "b", "o").data.content == b"1"
    assert [one.name for one in storage.list_objects(namespace, "b").data.objects] == ["o"]
    storage.delete_object(namespace, "b", "o")
    storage.delete_bucket(namespace, "b")
    search = client(oci.resource_search.ResourceSearchClient)
    project = watched.project("found")
    query = f"query datascienceproject resources where identifier = '{project}'"
    details = oci.resource_search.models.StructuredSearchDetails(query=query)
    assert search.search_resources(details).data.items[0].display_name == "found"
    monitoring, kinds = client(oci.monitoring.MonitoringClient), oci.monitoring.models
    entry = kinds.MetricDataDetails(
        namespace="house",
        compartment_id=watched.compartment,
        name="t",
        dimensions={"room": "k"},
        datapoints=[kinds.Datapoint(timestamp=datetime.now(UTC), value=1.0)],
    )
    monitoring.post_metric_data(kinds.PostMetricDataDetails(metric_data=[entry]))
    summary = kinds.SummarizeMetricsDataDetails(namespace="house", query="t[1m].max()")
    assert monitoring.summarize_metrics_data(watched.compartment, summary).data[0].name == "t"


def test_what_is_moved_stays_reachable(watched: Cloud, client: Client) -> None:
    science, here = watched.science, {"compartment_id": watched.compartment}
    project = watched.project()
    group = science.create_model_group(group_details(watched, project, [watched.model(project)])).data.id
    science.change_model_group_compartment(group, MODELS.ChangeModelGroupCompartmentDetails(**here))
    instance = MODELS.ManagedComputeClusterInstanceConfigurationDetails(instance_shape="VM.Standard.E4.Flex")
    compute = MODELS.ManagedComputeClusterComputeConfigurationDetails(instance_configuration=instance)
    details = MODELS.CreateComputeTargetDetails(compute_configuration_details=compute, **here)
    target = science.create_compute_target(details).data.id
    science.change_compute_target_compartment(target, MODELS.ChangeComputeTargetCompartmentDetails(**here))
    monitoring, kinds = client(oci.monitoring.MonitoringClient), oci.monitoring.models
    alarm = kinds.CreateAlarmDetails(
        display_name="a",
        metric_compartment_id=watched.compartment,
        namespace="house",
        query="t[1m].absent()",
        severity="INFO",
        destinations=[],
        is_enabled=True,
        **here,
    )
    made = monitoring.create_alarm(alarm).data.id
    monitoring.change_alarm_compartment(made, kinds.ChangeAlarmCompartmentDetails(**here))
    monitoring.remove_alarm_suppression(made)
    for shown in (science.get_model_group(group), science.get_compute_target(target), monitoring.get_alarm(made)):
        assert shown.data.compartment_id == watched.compartment


def test_what_is_finished_cannot_be_cancelled(watched: Cloud) -> None:
    project = watched.science.delete_project(watched.project()).headers["opc-work-request-id"]
    group = watched.logging.delete_log_group(watched.log_group("gone")).headers["opc-work-request-id"]

    for act in (
        lambda: watched.science.cancel_work_request(project),
        lambda: watched.logging.delete_work_request(group),
    ):
        assert error_of(act).status == 400


def test_the_rest_of_object_storage(watched: Cloud, client: Client) -> None:
    storage, kinds = client(oci.object_storage.ObjectStorageClient), oci.object_storage.models
    namespace = storage.get_namespace().data
    storage.create_bucket(namespace, kinds.CreateBucketDetails(name="rest", compartment_id=watched.compartment))
    assert storage.head_bucket(namespace, "rest").headers["etag"]
    begun = storage.create_multipart_upload(namespace, "rest", kinds.CreateMultipartUploadDetails(object="o")).data
    storage.upload_part(namespace, "rest", "o", begun.upload_id, 1, b"one")
    assert len(storage.list_multipart_upload_parts(namespace, "rest", "o", begun.upload_id).data) == 1
    storage.abort_multipart_upload(namespace, "rest", "o", begun.upload_id)
    storage.put_object(namespace, "rest", "o", b"1")
    copy = kinds.CopyObjectDetails(
        source_object_name="o",
        destination_region="us-ashburn-1",
        destination_namespace=namespace,
        destination_bucket="rest",
        destination_object_name="p",
    )
    work = storage.copy_object(namespace, "rest", copy).headers["opc-work-request-id"]
    assert storage.get_work_request(work).data.status == "COMPLETED"
    assert [one.id for one in storage.list_work_requests(watched.compartment).data] == [work]
    assert storage.list_work_request_logs(work).data == storage.list_work_request_errors(work).data == []


def test_what_was_seen_is_what_the_fidelity_page_says(watched: Cloud) -> None:
    proven.require("oci-sdk", proven.seen_in(watched.data_dir / "calls.jsonl"))
