"""Model deployments through Oracle's SDK, with real processes behind them."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from typing import Any

import oci
import psutil
import pytest
from local_oci_cloud import DOUBLES, LOGGING, MODELS, RAISES, Cloud, error_of, update_of, wait_until, zip_of

from local_oci import daemon

TRIPLES = DOUBLES.replace("return 2", "return 3")
READS_ENVIRONMENT = "import os\n" + DOUBLES.replace("return 2", "return int(os.environ.get('FACTOR', '5'))")


@pytest.fixture
def project(cloud: Cloud) -> str:
    return cloud.project()


@pytest.fixture
def doubling(cloud: Cloud, project: str) -> str:
    return cloud.model(project, zip_of(score=DOUBLES))


@pytest.fixture
def deployment(cloud: Cloud, project: str, doubling: str) -> Iterator[str]:
    deployment_id = cloud.deploy(project, doubling).resources[0].identifier
    yield deployment_id
    if cloud.science.get_model_deployment(deployment_id).data.lifecycle_state not in ("DELETED", "DELETING"):
        cloud.delete_deployment(deployment_id)


def state(cloud: Cloud, deployment_id: str) -> str:
    return cloud.science.get_model_deployment(deployment_id).data.lifecycle_state


def errors(cloud: Cloud, request: Any) -> str:
    return "\n".join(error.message for error in cloud.science.list_work_request_errors(request.id).data)


def processes(cloud: Cloud, deployment_id: str) -> dict[str, Any]:
    return next(found for found in daemon.deployments(cloud.data_dir) if found["id"] == deployment_id)


def test_the_address_is_in_the_creates_answer_and_stays(cloud: Cloud, project: str, doubling: str) -> None:
    created = cloud.science.create_model_deployment(cloud.deployment_details(project, doubling))
    url = created.data.model_deployment_url
    request = cloud.finished(created)

    shown = cloud.science.get_model_deployment(created.data.id).data
    assert created.data.lifecycle_state == "CREATING"
    assert (shown.lifecycle_state, shown.model_deployment_url) == ("ACTIVE", url)
    assert url.endswith(f"/{shown.id}")
    assert [log.message for log in cloud.science.list_work_request_logs(request.id).data][-1].endswith("ACTIVE")
    assert (request.status, request.percent_complete, request.operation_type) == (
        "SUCCEEDED",
        100.0,
        "MODEL_DEPLOYMENT_CREATE",
    )
    cloud.delete_deployment(shown.id)


def test_it_answers_signed_predictions_with_defaults_filled_in(cloud: Cloud, deployment: str) -> None:
    shown = cloud.science.get_model_deployment(deployment).data
    details = shown.model_deployment_configuration_details.model_configuration_details

    assert cloud.predict(deployment, [1, 2]).json() == {"prediction": [2, 4]}
    assert (details.bandwidth_mbps, details.scaling_policy.instance_count) == (10, 1)
    assert shown.model_deployment_system_data.current_instance_count == 1


def test_an_artifact_that_does_not_load_makes_it_failed_with_the_traceback(cloud: Cloud, project: str) -> None:
    group = cloud.log_group("of a failure")
    log = cloud.log(group, "predict")
    target = MODELS.CategoryLogDetails(predict=MODELS.LogDetails(log_group_id=group, log_id=log))
    model = cloud.model(project, zip_of(score=RAISES))

    request = cloud.deploy(project, model, target)

    deployment_id = request.resources[0].identifier
    shown = cloud.science.get_model_deployment(deployment_id).data
    assert (request.status, shown.lifecycle_state) == ("FAILED", "FAILED")
    assert "the pickle is broken" in errors(cloud, request)
    assert "score.py" in errors(cloud, request)
    assert "the pickle is broken" in shown.lifecycle_details
    assert "\n" not in shown.lifecycle_details
    assert "Traceback" in (cloud.data_dir / "logs" / f"{log}.jsonl").read_text()
    cloud.delete_deployment(deployment_id)


def test_a_failed_one_recovers_by_an_update_to_a_mended_model(cloud: Cloud, project: str, doubling: str) -> None:
    failed = cloud.deploy(project, cloud.model(project, zip_of(score=RAISES))).resources[0].identifier

    request = cloud.update(failed, model_id=doubling)

    assert (request.status, state(cloud, failed)) == ("SUCCEEDED", "ACTIVE")
    assert cloud.science.get_model_deployment(failed).data.lifecycle_details is None
    assert cloud.predict(failed, [4]).json() == {"prediction": [8]}
    cloud.delete_deployment(failed)


@pytest.mark.parametrize(
    ("artifact", "words"),
    [
        (b"hello world", "no zip file"),
        (zip_of(runtime=""), "no score.py"),
        (zip_of(**{"../score.py": DOUBLES}), "'..'"),
    ],
)
def test_an_artifact_that_cannot_be_unpacked_makes_it_failed_in_clear_words(
    cloud: Cloud, project: str, artifact: bytes, words: str
) -> None:
    request = cloud.deploy(project, cloud.model(project, artifact))

    assert request.status == "FAILED"
    assert words in errors(cloud, request)
    cloud.delete_deployment(request.resources[0].identifier)


def test_an_artifact_may_lie_one_folder_down(cloud: Cloud, project: str) -> None:
    request = cloud.deploy(project, cloud.model(project, zip_of(**{"artifact/score.py": DOUBLES})))

    assert request.status == "SUCCEEDED"
    cloud.delete_deployment(request.resources[0].identifier)


def test_an_update_to_another_model_fails_no_prediction(cloud: Cloud, project: str, deployment: str) -> None:
    tripling = cloud.model(project, zip_of(score=TRIPLES))
    answers: list[Any] = []
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            found = cloud.predict(deployment, [1])
            answers.append((found.status_code, found.json().get("prediction")))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        wait_until(lambda: answers, timeout_s=20, what="a first prediction")
        request = cloud.update(deployment, model_id=tripling)
        count = len(answers)
        wait_until(lambda: len(answers) > count + 2, timeout_s=20, what="predictions after the update")
    finally:
        is_over.set()
        asking.join()

    assert request.status == "SUCCEEDED"
    assert {code for code, _ in answers} == {200}
    assert [found for _, found in answers][-1] == [3]


def test_an_update_to_a_model_that_does_not_load_leaves_the_old_one_serving(
    cloud: Cloud, project: str, deployment: str, doubling: str
) -> None:
    broken = cloud.model(project, zip_of(score=RAISES))

    request = cloud.update(deployment, model_id=broken)

    shown = cloud.science.get_model_deployment(deployment).data
    details = shown.model_deployment_configuration_details.model_configuration_details
    assert (request.status, shown.lifecycle_state, details.model_id) == ("FAILED", "ACTIVE", doubling)
    assert "the pickle is broken" in errors(cloud, request)
    assert cloud.predict(deployment, [1]).json() == {"prediction": [2]}
    cloud.science.delete_model(broken)


def test_a_wider_bandwidth_is_an_update_that_no_process_notices(cloud: Cloud, deployment: str) -> None:
    before = processes(cloud, deployment)

    request = cloud.update(deployment, bandwidth_mbps=20, maximum_bandwidth_mbps=40)

    details = cloud.science.get_model_deployment(deployment).data.model_deployment_configuration_details
    assert (request.status, details.model_configuration_details.maximum_bandwidth_mbps) == ("SUCCEEDED", 40)
    assert processes(cloud, deployment) == before


def test_more_instances_are_more_workers(cloud: Cloud, deployment: str) -> None:
    policy = MODELS.FixedSizeScalingPolicy(instance_count=2)

    assert cloud.update(deployment, scaling_policy=policy).status == "SUCCEEDED"

    assert len(processes(cloud, deployment)["workerPids"]) == 2


@pytest.fixture(scope="module")
def changes(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """One change of each group of options, as the field of a PUT that makes it."""
    group = cloud.log_group("groups of options")
    access = {"access": {"logGroupId": group, "logId": cloud.log(group, "access")}}
    variables = {"environmentConfigurationType": "DEFAULT", "environmentVariables": {"FACTOR": "7"}}
    policy = {"policyType": "FIXED_SIZE", "instanceCount": 2}
    return {
        "model, shape and instances": {"modelConfigurationDetails": {"scalingPolicy": policy}},
        "load balancer bandwidth": {"modelConfigurationDetails": {"bandwidthMbps": 20}},
        "logs": {"categoryLogDetails": access},
        "environment": {"environmentConfigurationDetails": variables},
    }


def put_of(model_id: str, *changes: dict[str, Any]) -> dict[str, Any]:
    model = {"modelId": model_id} | {
        name: value for change in changes for name, value in change.get("modelConfigurationDetails", {}).items()
    }
    configuration: dict[str, Any] = {"deploymentType": "SINGLE_MODEL", "modelConfigurationDetails": model}
    body: dict[str, Any] = {"modelDeploymentConfigurationDetails": configuration}
    for change in changes:
        body |= {name: value for name, value in change.items() if name == "categoryLogDetails"}
        configuration |= {name: value for name, value in change.items() if name.startswith("environment")}
    return body


def test_any_two_groups_of_options_at_once_are_refused_by_name_while_active(
    cloud: Cloud, doubling: str, deployment: str, changes: dict[str, dict[str, Any]]
) -> None:
    for number in (2, 3, 4):
        for names in itertools.combinations(changes, number):
            body = put_of(doubling, *(changes[name] for name in names))
            refused = cloud.request("PUT", f"/20190101/modelDeployments/{deployment}", json=body)

            assert (refused.status_code, refused.json()["code"]) == (400, "InvalidParameter")
            assert f"found {number}: {'; '.join(names)}." in refused.json()["message"]
    assert cloud.predict(deployment, [1]).json() == {"prediction": [2]}


def test_each_group_of_options_by_itself_is_taken_while_active(
    cloud: Cloud, doubling: str, deployment: str, changes: dict[str, dict[str, Any]]
) -> None:
    for name, change in changes.items():
        answer = cloud.request("PUT", f"/20190101/modelDeployments/{deployment}", json=put_of(doubling, change))
        request_id = answer.headers["opc-work-request-id"]

        def is_done(request_id: str = request_id) -> bool:
            return bool(cloud.science.get_work_request(request_id).data.status == "SUCCEEDED")

        wait_until(is_done, timeout_s=60, what=f"the update of {name}")
        assert state(cloud, deployment) == "ACTIVE"


def test_all_groups_change_together_while_inactive_and_activation_serves_them(
    cloud: Cloud, project: str, deployment: str
) -> None:
    url = cloud.science.get_model_deployment(deployment).data.model_deployment_url
    assert cloud.finished(cloud.science.deactivate_model_deployment(deployment)).status == "SUCCEEDED"
    assert state(cloud, deployment) == "INACTIVE"
    assert processes(cloud, deployment)["supervisorPid"] is None
    other = cloud.model(project, zip_of(score=READS_ENVIRONMENT))
    update = update_of(model_id=other, bandwidth_mbps=30)
    update.model_deployment_configuration_details.environment_configuration_details = (
        MODELS.UpdateDefaultModelDeploymentEnvironmentConfigurationDetails(environment_variables={"FACTOR": "7"})
    )

    assert cloud.finished(cloud.science.update_model_deployment(deployment, update)).status == "SUCCEEDED"
    assert state(cloud, deployment) == "INACTIVE"
    assert cloud.finished(cloud.science.activate_model_deployment(deployment)).status == "SUCCEEDED"

    assert cloud.science.get_model_deployment(deployment).data.model_deployment_url == url
    assert cloud.predict(deployment, [1]).json() == {"prediction": [7]}


def test_a_put_of_what_is_there_changes_nothing_and_succeeds(cloud: Cloud, deployment: str) -> None:
    shown = cloud.request("GET", f"/20190101/modelDeployments/{deployment}").json()
    before = processes(cloud, deployment)
    names = ("displayName", "freeformTags", "definedTags", "modelDeploymentConfigurationDetails")
    body = {name: shown[name] for name in names}
    body["modelDeploymentConfigurationDetails"]["modelConfigurationDetails"]["instanceConfiguration"]["subnetId"] = ""

    answer = cloud.request("PUT", f"/20190101/modelDeployments/{deployment}", json=body)

    assert answer.status_code == 202
    request = cloud.science.get_work_request(answer.headers["opc-work-request-id"]).data
    assert (request.status, request.resources[0].action_type) == ("SUCCEEDED", "UPDATED")
    assert processes(cloud, deployment) == before


@pytest.mark.parametrize(
    ("action", "setup"), [("activate", "ACTIVE"), ("deactivate", "INACTIVE")], ids=["activate", "deactivate"]
)
def test_an_action_from_the_wrong_state_gets_409(cloud: Cloud, deployment: str, action: str, setup: str) -> None:
    if setup == "INACTIVE":
        cloud.finished(cloud.science.deactivate_model_deployment(deployment))

    refused = cloud.request("POST", f"/20190101/modelDeployments/{deployment}/actions/{action}")

    assert (refused.status_code, refused.json()["code"]) == (409, "IncorrectState")
    assert setup in refused.json()["message"]


def test_in_transition_it_takes_no_other_order(cloud: Cloud, project: str) -> None:
    slow = "import time\ntime.sleep(3)\n" + DOUBLES
    created = cloud.science.create_model_deployment(
        cloud.deployment_details(project, cloud.model(project, zip_of(score=slow)))
    )

    refused = error_of(lambda: cloud.science.delete_model_deployment(created.data.id))

    assert (refused.status, refused.code) == (409, "IncorrectState")
    assert cloud.finished(created).status == "SUCCEEDED"
    cloud.delete_deployment(created.data.id)


def test_a_model_in_use_and_a_project_in_use_are_not_deleted(
    cloud: Cloud, project: str, deployment: str, doubling: str
) -> None:
    for act in (lambda: cloud.science.delete_model(doubling), lambda: cloud.science.delete_project(project)):
        refused = error_of(act)
        assert (refused.status, refused.code) == (409, "IncorrectState")
    assert deployment in error_of(lambda: cloud.science.delete_model(doubling)).message

    cloud.delete_deployment(deployment)
    cloud.science.delete_model(doubling)
    cloud.science.delete_project(project)


def test_a_deleted_one_leaves_a_tombstone_and_nothing_else(cloud: Cloud, deployment: str) -> None:
    found = processes(cloud, deployment)

    cloud.delete_deployment(deployment)

    assert state(cloud, deployment) == "DELETED"
    assert not any(psutil.pid_exists(pid) for pid in found["workerPids"])
    assert not (cloud.data_dir / "deployments" / deployment).exists()


def test_a_killed_supervisor_is_started_again_on_the_same_port(cloud: Cloud, deployment: str) -> None:
    before = processes(cloud, deployment)
    psutil.Process(before["supervisorPid"]).kill()

    def answers() -> bool:
        try:
            return cloud.predict(deployment, [1]).status_code == 200
        except oci.exceptions.RequestException:
            return False
        except OSError:
            return False

    wait_until(answers, timeout_s=30, what="predictions again")
    after = processes(cloud, deployment)
    assert after["supervisorPid"] != before["supervisorPid"]
    assert after["endpoint"] == before["endpoint"]


def _details(**changes: Any) -> dict[str, Any]:
    shape = {
        "instanceShapeName": "VM.Standard.E4.Flex",
        "modelDeploymentInstanceShapeConfigDetails": {"ocpus": 1, "memoryInGBs": 16},
    }
    return {"instanceConfiguration": shape, **changes}


@pytest.mark.parametrize(
    ("details", "words"),
    [
        (_details(bandwidthMbps=9), "bandwidthMbps: must be at least 10"),
        (_details(maximumBandwidthMbps=10), "maximumBandwidthMbps: must be above 10 and at most 20"),
        (_details(bandwidthMbps=20, maximumBandwidthMbps=41), "must be above 20 and at most 40"),
        (_details(instanceConfiguration={"instanceShapeName": "VM.Tiny"}), "instanceShapeName: must be one of"),
        (_details(instanceConfiguration={"instanceShapeName": "VM.Standard.E4.Flex"}), "ocpus: is required"),
        (_details(scalingPolicy={"policyType": "FIXED_SIZE", "instanceCount": 0}), "instanceCount: must be from 1"),
        (_details(scalingPolicy={"policyType": "FIXED_SIZE"}), "scalingPolicy.instanceCount: is required"),
        (_details(scalingPolicy={"policyType": "SOMETIMES"}), "policyType: must be one of"),
        (_details(bandwidthMbps="10"), "bandwidthMbps: must be a whole number"),
        (_details(networkAccessType="X"), "networkAccessType: ModelConfigurationDetails has no such field"),
        (_details(modelId="ocid1.datasciencemodel.oc1.iad.none"), "no model"),
    ],
)
def test_what_oci_refuses_is_refused_by_its_path(
    cloud: Cloud, project: str, doubling: str, details: dict[str, Any], words: str
) -> None:
    body = {
        "compartmentId": cloud.compartment,
        "projectId": project,
        "modelDeploymentConfigurationDetails": {
            "deploymentType": "SINGLE_MODEL",
            "modelConfigurationDetails": {"modelId": doubling, **details},
        },
    }

    refused = cloud.request("POST", "/20190101/modelDeployments", json=body)

    assert refused.status_code in (400, 404)
    assert words in refused.json()["message"]


@pytest.mark.parametrize(
    "variables", [{"1A": "x"}, {"A_": "x"}, {"A" * 32: "x"}, {"A": "x"}, {"AB": "x" * 2048}, {"A-B": "x"}]
)
def test_environment_variables_are_held_to_ocis_limits(
    cloud: Cloud, project: str, doubling: str, variables: dict[str, str]
) -> None:
    details = cloud.deployment_details(project, doubling)
    details.model_deployment_configuration_details.environment_configuration_details = (
        MODELS.DefaultModelDeploymentEnvironmentConfigurationDetails(environment_variables=variables)
    )

    refused = error_of(lambda: cloud.science.create_model_deployment(details))

    assert refused.status == 400
    assert "environmentVariables" in refused.message


def test_a_container_is_refused_as_not_emulated(cloud: Cloud, project: str, doubling: str) -> None:
    container = cloud.deployment_details(project, doubling)
    container.model_deployment_configuration_details.environment_configuration_details = (
        MODELS.OcirModelDeploymentEnvironmentConfigurationDetails(image="iad.ocir.io/x/y:1")
    )

    refused = error_of(lambda: cloud.science.create_model_deployment(container))

    assert (refused.status, "not emulated" in refused.message) == (400, True)


def test_a_model_without_artifact_and_a_log_of_another_group_are_refused(
    cloud: Cloud, project: str, doubling: str
) -> None:
    group, other = cloud.log_group("one group"), cloud.log_group("another group")
    log = cloud.log(other, "predict")
    logs = MODELS.CategoryLogDetails(access=MODELS.LogDetails(log_group_id=group, log_id=log))

    empty = error_of(lambda: cloud.deploy(project, cloud.model(project)))
    astray = error_of(lambda: cloud.deploy(project, doubling, logs))

    assert (empty.status, "has no artifact" in empty.message) == (400, True)
    assert (astray.status, "categoryLogDetails.access" in astray.message) == (404, True)


def test_an_automatic_policy_starts_with_its_initial_count(cloud: Cloud, project: str, doubling: str) -> None:
    threshold = MODELS.PredefinedExpressionThresholdScalingConfiguration
    policy = MODELS.AutoScalingPolicy(
        auto_scaling_policies=[
            MODELS.ThresholdBasedAutoScalingPolicyDetails(
                minimum_instance_count=1,
                initial_instance_count=2,
                maximum_instance_count=4,
                rules=[
                    MODELS.PredefinedMetricExpressionRule(
                        metric_type="CPU_UTILIZATION",
                        scale_in_configuration=threshold(threshold=30),
                        scale_out_configuration=threshold(threshold=70),
                    )
                ],
            )
        ]
    )

    deployment_id = cloud.deploy(project, doubling, scaling_policy=policy).resources[0].identifier

    assert len(processes(cloud, deployment_id)["workerPids"]) == 2
    cloud.delete_deployment(deployment_id)


def test_access_and_predict_lines_are_found_by_the_search_that_ads_sends(
    cloud: Cloud, project: str, doubling: str
) -> None:
    from datetime import UTC, datetime, timedelta

    group = cloud.log_group("of a search")
    log = cloud.log(group, "access")
    target = MODELS.CategoryLogDetails(access=MODELS.LogDetails(log_group_id=group, log_id=log))
    deployment_id = cloud.deploy(project, doubling, target).resources[0].identifier
    assert cloud.predict(deployment_id, [1]).ok
    now = datetime.now(UTC)
    details = oci.loggingsearch.models.SearchLogsDetails(
        time_start=now - timedelta(hours=1),
        time_end=now + timedelta(hours=1),
        search_query=(
            f"SEARCH \"{cloud.compartment}/{group}/{log}\" | WHERE source = '*{deployment_id}*' | SORT BY datetime DESC"
        ),
    )

    found = wait_until(
        lambda: cloud.search.search_logs(details, limit=10).data.results, timeout_s=10, what="the access line"
    )

    assert found[0].data["logContent"]["source"] == deployment_id
    assert found[0].data["logContent"]["oracle"]["logid"] == log
    cloud.delete_deployment(deployment_id)


def test_shapes_are_listed_in_pages_with_what_a_deployment_may_ask_for(cloud: Cloud) -> None:
    listed = oci.pagination.list_call_get_all_results(
        cloud.science.list_model_deployment_shapes, cloud.compartment, limit=3
    ).data

    assert "VM.Standard.E4.Flex" in [shape.name for shape in listed]
    assert len({shape.name for shape in listed}) == len(listed) > 3


def test_a_log_that_is_not_enabled_gets_no_lines(cloud: Cloud, project: str, doubling: str) -> None:
    group = cloud.log_group("of silence")
    answer = cloud.logging.create_log(
        group, LOGGING.CreateLogDetails(display_name="access", log_type="CUSTOM", is_enabled=False)
    )
    log = cloud.logging.get_work_request(answer.headers["opc-work-request-id"]).data.resources[0].identifier
    target = MODELS.CategoryLogDetails(access=MODELS.LogDetails(log_group_id=group, log_id=log))

    deployment_id = cloud.deploy(project, doubling, target).resources[0].identifier
    assert cloud.predict(deployment_id, [1]).ok
    cloud.delete_deployment(deployment_id)

    assert not (cloud.data_dir / "logs" / f"{log}.jsonl").exists()


def test_a_finished_work_request_is_not_cancelled_and_not_tried_again(cloud: Cloud, project: str) -> None:
    request = cloud.deploy(project, cloud.model(project, zip_of(score=RAISES)))

    refused = error_of(lambda: cloud.science.cancel_work_request(request.id))

    assert (refused.status, "FAILED" in refused.message) == (400, True)
    cloud.delete_deployment(request.resources[0].identifier)
