"""Faults and durations that a test of one's own program asks for; nothing of it is there unless it is switched on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oci
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from local_oci_cloud import DOUBLES, Cloud, end, error_of, zip_of

from local_oci import daemon, faults
from local_oci.errors import InvalidParameter
from local_oci.faults import Faults

PATH = "/_paddock/faults"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    running = Cloud(tmp_path_factory.mktemp("faulty"), has_admin=True)
    running.start()
    yield running
    end(running)


@pytest.fixture
def faulty(shared: Cloud) -> Iterator[Cloud]:
    yield shared
    set_faults(shared)


@pytest.fixture(scope="module")
def doubling(shared: Cloud) -> tuple[str, str]:
    project = shared.project()
    return project, shared.model(project, zip_of(score=DOUBLES))


def ask(cloud: Cloud, method: str = "GET", token: str | None = None, **options: Any) -> requests.Response:
    token = (cloud.data_dir / "keys" / "admin_token").read_text() if token is None else token
    headers = {"authorization": f"Bearer {token}"}
    return cloud.session.request(method, cloud.endpoint + PATH, headers=headers, timeout=30, **options)


def set_faults(cloud: Cloud, *entries: dict[str, Any]) -> None:
    answer = ask(cloud, "PUT", json={"faults": list(entries)})
    assert answer.ok, answer.text
    assert answer.json() == {"faults": list(entries)}


def test_without_the_switch_there_is_nothing(cloud: Cloud) -> None:
    assert not (cloud.data_dir / "keys" / "admin_token").exists()
    assert ask(cloud, token="").status_code == 401
    assert cloud.request("PUT", PATH, json={"faults": []}).status_code == 501


@pytest.mark.parametrize("token", ["", "x", "é"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_another_token_gets_401_and_sets_nothing(faulty: Cloud, token: str, method: str) -> None:
    refused = ask(faulty, method, token, json={"faults": [{"operation": "*", "delayS": 9}]})

    assert refused.status_code == 401
    assert ask(faulty).json() == {"faults": []}


def test_a_clients_signature_is_no_token(faulty: Cloud) -> None:
    assert faulty.request("GET", PATH).status_code == 401


def test_a_call_fails_with_the_code_that_was_asked_for_after_so_many_and_so_often(faulty: Cloud) -> None:
    set_faults(
        faulty,
        {"operation": "list_projects", "after": 1, "times": 2, "fail": {"status": 503, "code": "ServiceUnavailable"}},
    )

    answers = [
        faulty.request("GET", "/20190101/projects", params={"compartmentId": faulty.compartment}) for _ in range(4)
    ]

    assert [answer.status_code for answer in answers] == [200, 503, 503, 200]
    assert answers[1].json()["code"] == "ServiceUnavailable"


def test_a_retrying_client_gets_over_a_creation_that_fails_twice_and_makes_one(faulty: Cloud) -> None:
    set_faults(faulty, {"operation": "create_project", "times": 2, "fail": {"status": 500, "code": "InternalError"}})
    strategy = oci.retry.RetryStrategyBuilder(
        max_attempts=4, retry_base_sleep_time_seconds=0.01, retry_max_wait_between_calls_seconds=0.01
    ).get_retry_strategy()
    details = oci.data_science.models.CreateProjectDetails(compartment_id=faulty.compartment, display_name="retried")

    faulty.science.create_project(details, retry_strategy=strategy)

    assert len(faulty.science.list_projects(faulty.compartment, display_name="retried").data) == 1


def test_a_call_is_answered_late(faulty: Cloud) -> None:
    set_faults(faulty, {"operation": "data_science.list_projects", "delayS": 0.5})
    began_s = time.monotonic()

    faulty.science.list_projects(faulty.compartment)

    assert time.monotonic() - began_s >= 0.5


def test_an_upload_is_cut_in_the_middle_and_can_be_repeated(faulty: Cloud) -> None:
    set_faults(faulty, {"operation": "create_model_artifact", "times": 1, "cutAfterBytes": 100_000})
    model = faulty.model(faulty.project())
    path = f"/20190101/models/{model}/artifact"
    content = b"x" * 3_000_000

    with pytest.raises(requests.ConnectionError):
        faulty.request("POST", path, signed=False, data=content, headers=faulty.upload_headers(path))

    assert error_of(lambda: faulty.science.head_model_artifact(model)).status == 404
    assert not list((faulty.data_dir / "artifacts" / model).iterdir())
    assert faulty.science.create_model_artifact(model, content).status == 204


def test_a_bootstrap_fails_as_asked(faulty: Cloud, doubling: tuple[str, str]) -> None:
    set_faults(faulty, {"workRequest": "MODEL_DEPLOYMENT_CREATE", "end": "FAILED", "message": "bootstrap ran out"})

    request = faulty.deploy(*doubling)

    shown = faulty.science.get_model_deployment(request.resources[0].identifier).data
    errors = faulty.science.list_work_request_errors(request.id).data
    assert (request.status, shown.lifecycle_state) == ("FAILED", "FAILED")
    assert shown.lifecycle_details == "bootstrap ran out"
    assert [error.message for error in errors] == ["bootstrap ran out"]
    faulty.delete_deployment(shown.id)


def test_a_deployment_needs_attention_and_serves_nevertheless(faulty: Cloud, doubling: tuple[str, str]) -> None:
    set_faults(faulty, {"workRequest": "MODEL_DEPLOYMENT_CREATE", "times": 1, "end": "NEEDS_ATTENTION"})

    deployment = faulty.deploy(*doubling).resources[0].identifier

    assert faulty.science.get_model_deployment(deployment).data.lifecycle_state == "NEEDS_ATTENTION"
    assert faulty.predict(deployment, [4]).json() == {"prediction": [8]}
    faulty.delete_deployment(deployment)


def test_a_creation_is_stuck_until_the_fault_is_gone(faulty: Cloud, doubling: tuple[str, str]) -> None:
    set_faults(faulty, {"workRequest": "MODEL_DEPLOYMENT_CREATE", "end": "NEVER"})
    created = faulty.science.create_model_deployment(faulty.deployment_details(*doubling))
    other = faulty.science.get_model_deployment(created.data.id).data.lifecycle_state
    refused = error_of(lambda: faulty.science.delete_model_deployment(created.data.id))

    set_faults(faulty)

    assert (other, refused.status, refused.code) == ("CREATING", 409, "IncorrectState")
    assert faulty.finished(created).status == "SUCCEEDED"
    faulty.delete_deployment(created.data.id)


def test_a_transition_takes_as_long_as_asked(faulty: Cloud, doubling: tuple[str, str]) -> None:
    deployment = faulty.deploy(*doubling).resources[0].identifier
    set_faults(faulty, {"workRequest": "MODEL_DEPLOYMENT_DELETE", "durationS": 1.5})
    began_s = time.monotonic()

    deleted = faulty.science.delete_model_deployment(deployment)
    during = faulty.science.get_model_deployment(deployment).data.lifecycle_state
    request = faulty.finished(deleted)

    assert (during, request.status) == ("DELETING", "SUCCEEDED")
    assert time.monotonic() - began_s >= 1.5


def test_faults_survive_a_kill_and_do_not_count_without_the_switch(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path / "cloud", has_admin=True)
    cloud.start()
    try:
        set_faults(cloud, {"operation": "list_projects", "fail": {"status": 429, "code": "TooManyRequests"}})
        cloud.kill()
        cloud.start()
        after_kill = error_of(lambda: cloud.science.list_projects(cloud.compartment)).status
        daemon.stop(cloud.data_dir)
        cloud.has_admin = False
        cloud.start()

        assert after_kill == 429
        assert cloud.science.list_projects(cloud.compartment).status == 200
        assert not (cloud.data_dir / "keys" / "admin_token").exists()
    finally:
        end(cloud)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("x", "must be an object"),
        ({"operation": "create_model"}, "one of fail, delayS, cutAfterBytes"),
        ({"delayS": 1}, "either an operation or a workRequest"),
        ({"operation": "create_model", "workRequest": "*", "delayS": 1}, "either an operation or a workRequest"),
        ({"operation": "make_model", "delayS": 1}, "'make_model' is no operation"),
        ({"operation": "*", "end": "FAILED"}, "no other effect"),
        ({"operation": "*", "delayS": -1}, "number of seconds"),
        ({"operation": "*", "delayS": 1, "times": 0}, "times: must be a whole number from 1"),
        ({"operation": "*", "delayS": 1, "after": True}, "after: must be a whole number from 0"),
        ({"operation": "*", "fail": {"status": 200, "code": "OK"}}, "fail.status: must be from 400 to 599"),
        ({"operation": "*", "fail": {"status": 500}}, "must have status and code"),
        ({"workRequest": "*", "end": "GONE"}, "end: must be one of FAILED, NEEDS_ATTENTION, NEVER"),
        ({"operation": "*", "delayS": 1, "colour": "red"}, "must be an object with fields of"),
    ],
)
def test_a_fault_that_says_nothing_is_refused_by_its_place(entry: Any, words: str) -> None:
    with pytest.raises(InvalidParameter, match=r"faults\[1\].*") as caught:
        faults.checked({"faults": [{"operation": "*", "delayS": 1}, entry]}, ["data_science.create_model"])

    assert words in caught.value.message


@given(after=st.integers(0, 5), times=st.none() | st.integers(1, 5), calls=st.integers(0, 15))
def test_exactly_those_calls_meet_a_fault_that_it_counts(after: int, times: int | None, calls: int) -> None:
    fault: dict[str, Any] = {"workRequest": "*", "end": "NEVER", "after": after}
    known = Faults([fault | ({"times": times} if times is not None else {})])

    met = [known.on_work("ANY").end == "NEVER" for _ in range(calls)]

    last = calls if times is None else after + times
    assert met == [after <= index < last for index in range(calls)]
