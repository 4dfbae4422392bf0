"""kill -9 at the worst moments: nothing acknowledged is lost or doubled, what was under way is finished."""

from __future__ import annotations

import random
import threading
import uuid

import pytest
import requests
from local_oci_cloud import DOUBLES, RAISES, Cloud, error_of, processes_of, update_of, wait_until, zip_of

from local_oci import daemon

SLOW = "import time\ntime.sleep(1.5)\n"


def test_a_deployment_goes_on_answering_and_is_found_again(own_cloud: Cloud) -> None:
    project = own_cloud.project()
    deployment = own_cloud.deploy(project, own_cloud.model(project, zip_of(score=DOUBLES))).resources[0].identifier
    url = own_cloud.science.get_model_deployment(deployment).data.model_deployment_url
    before = daemon.deployments(own_cloud.data_dir)

    own_cloud.kill()
    alone = own_cloud.session.post(f"{url}/predict", json=[3], auth=own_cloud.signer, timeout=30)
    own_cloud.start()

    assert alone.json() == {"prediction": [6]}
    assert own_cloud.predict(deployment, [4]).json() == {"prediction": [8]}
    assert daemon.deployments(own_cloud.data_dir) == before


@pytest.mark.parametrize(("score", "expected"), [(DOUBLES, "ACTIVE"), (RAISES, "FAILED")])
def test_a_creation_under_way_is_finished_by_the_next_start(own_cloud: Cloud, score: str, expected: str) -> None:
    project = own_cloud.project()
    model = own_cloud.model(project, zip_of(score=SLOW + score))
    created = own_cloud.science.create_model_deployment(own_cloud.deployment_details(project, model))

    own_cloud.kill()
    own_cloud.start()
    request = own_cloud.finished(created)

    shown = own_cloud.science.get_model_deployment(created.data.id).data
    assert (request.status == "SUCCEEDED", shown.lifecycle_state) == (expected == "ACTIVE", expected)
    assert len(own_cloud.science.list_model_deployments(own_cloud.compartment).data) == 1


def test_an_update_under_way_is_finished_by_the_next_start(own_cloud: Cloud) -> None:
    project = own_cloud.project()
    deployment = own_cloud.deploy(project, own_cloud.model(project, zip_of(score=DOUBLES))).resources[0].identifier
    other = own_cloud.model(project, zip_of(score=SLOW + DOUBLES.replace("return 2", "return 3")))
    accepted = own_cloud.science.update_model_deployment(deployment, update_of(model_id=other))
    request_id = accepted.headers["opc-work-request-id"]
    wait_until(
        lambda: len(own_cloud.science.list_work_request_logs(request_id).data) >= 2, timeout_s=20, what="loading"
    )

    own_cloud.kill()
    own_cloud.start()

    assert own_cloud.finished(accepted).status == "SUCCEEDED"
    assert own_cloud.predict(deployment, [1]).json() == {"prediction": [3]}


def test_a_deletion_under_way_is_finished_by_the_next_start(own_cloud: Cloud) -> None:
    project = own_cloud.project()
    deployment = own_cloud.deploy(project, own_cloud.model(project, zip_of(score=DOUBLES))).resources[0].identifier
    accepted = own_cloud.science.delete_model_deployment(deployment)

    own_cloud.kill()
    own_cloud.start()

    assert own_cloud.finished(accepted).status == "SUCCEEDED"
    assert own_cloud.science.get_model_deployment(deployment).data.lifecycle_state == "DELETED"
    wait_until(lambda: len(processes_of(own_cloud.data_dir)) == 1, timeout_s=10, what="only the server left")


def test_what_died_with_the_server_is_started_again(own_cloud: Cloud) -> None:
    project = own_cloud.project()
    deployment = own_cloud.deploy(project, own_cloud.model(project, zip_of(score=DOUBLES))).resources[0].identifier
    url = own_cloud.science.get_model_deployment(deployment).data.model_deployment_url
    own_cloud.kill()
    for process in processes_of(own_cloud.data_dir):
        process.kill()

    own_cloud.start()

    def answers() -> bool:
        try:
            return own_cloud.session.post(f"{url}/predict", json=[1], auth=own_cloud.signer, timeout=5).ok
        except requests.RequestException:
            return False

    wait_until(answers, timeout_s=30, what="predictions at the same address")


def test_stop_after_a_kill_leaves_no_process(own_cloud: Cloud) -> None:
    project = own_cloud.project()
    own_cloud.deploy(project, own_cloud.model(project, zip_of(score=DOUBLES)))
    slow = own_cloud.model(project, zip_of(score=SLOW + DOUBLES))
    under_way = own_cloud.science.create_model_deployment(own_cloud.deployment_details(project, slow))
    folder = own_cloud.data_dir / "deployments" / under_way.data.id
    wait_until((folder / "supervisor.json").exists, timeout_s=20, what="a supervisor of the one under way")
    own_cloud.kill()

    daemon.stop(own_cloud.data_dir)

    wait_until(lambda: not processes_of(own_cloud.data_dir), timeout_s=5, what="no process left")


def test_half_an_upload_of_a_killed_server_does_not_count(own_cloud: Cloud) -> None:
    model = own_cloud.model(own_cloud.project())
    own_cloud.kill()
    folder = own_cloud.data_dir / "artifacts" / model
    folder.mkdir(parents=True)
    (folder / ".half").write_bytes(b"half")
    (folder / "renamed-but-not-committed.zip").write_bytes(b"half")

    own_cloud.start()

    assert not folder.exists()
    assert error_of(lambda: own_cloud.science.head_model_artifact(model)).status == 404
    assert own_cloud.science.create_model_artifact(model, b"whole").status == 204


def test_what_was_acknowledged_is_there_after_random_kills(own_cloud: Cloud) -> None:
    acknowledged: dict[str, str] = {}
    chance = random.Random(7)  # noqa: S311

    def create_until(stopped: threading.Event) -> None:
        while not stopped.is_set():
            body = {"compartmentId": own_cloud.compartment, "displayName": f"p-{uuid.uuid4()}"}
            try:
                answer = own_cloud.request("POST", "/20190101/projects", json=body)
            except requests.RequestException:
                return
            acknowledged[answer.json()["id"]] = body["displayName"]

    for _ in range(3):
        stopped = threading.Event()
        creating = threading.Thread(target=create_until, args=(stopped,))
        wanted = len(acknowledged) + chance.randrange(10, 40)
        creating.start()
        wait_until(lambda wanted=wanted: len(acknowledged) >= wanted, timeout_s=30, what="some projects")
        own_cloud.kill()
        creating.join()
        own_cloud.start()

    listed = {}
    page: dict[str, str] = {}
    while True:
        answer = own_cloud.science.list_projects(own_cloud.compartment, limit=100, **page)
        listed |= {project.id: project.display_name for project in answer.data}
        if not answer.has_next_page:
            break
        page = {"page": answer.next_page}
    assert acknowledged.items() <= listed.items()
    assert len(listed) - len(acknowledged) <= 3  # one a kill may have been done and not yet answered
