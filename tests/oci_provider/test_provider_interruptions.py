"""What broke on the way is found again: nothing doubled, nothing lost, and the next run makes it whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import grpc
import psutil
import pytest
from lossy_proxy import LossyProxy
from plugin_engine import Engine, running
from pulumi_stack import RAISES, SLOW, Place, overrides, wait_until, write_artifact

from local_oci import daemon
from oci_provider.protocol import provider_pb2

PROJECT = "oci:DataScience/project:Project"
MODEL = "oci:DataScience/model:Model"
DEPLOYMENT = "oci:DataScience/modelDeployment:ModelDeployment"
LOG_GROUP = "oci:Logging/logGroup:LogGroup"
DYNAMIC_GROUP = "oci:Identity/dynamicGroup:DynamicGroup"


@pytest.fixture
def proxy(place: Place) -> Iterator[LossyProxy]:
    made = LossyProxy(place.endpoint)
    yield made
    made.close()


@pytest.fixture
def through(proxy: LossyProxy, place: Place) -> Iterator[Engine]:
    """A plugin that reaches the local OCI through the proxy."""
    with running({**place.environment, **overrides(proxy.endpoint)}, place.work_dir) as one:
        one.configure()
        yield one
        proxy.lose = lambda _method, _path, _status: False
        one.delete_all()


def once(method: str, ending: str) -> Callable[[str, str, int], bool]:
    """Lose the first answer to such a request."""
    lost: list[str] = []

    def lose(asked: str, path: str, _status: int) -> bool:
        if asked == method and path.endswith(ending) and not lost:
            lost.append(path)
            return True
        return False

    return lose


def inputs_of(place: Place, name: str) -> dict[str, Any]:
    return {"compartmentId": place.compartment, "displayName": name}


@pytest.mark.parametrize(("token", "collection"), [(PROJECT, "/20190101/projects"), (LOG_GROUP, "/20200531/logGroups")])
def test_a_creation_whose_answer_is_lost_is_asked_for_again_and_not_doubled(
    token: str, collection: str, through: Engine, proxy: LossyProxy, place: Place
):
    proxy.lose = once("POST", collection)
    made = through.create(token, "one", inputs_of(place, "lost-answer"))
    assert [one["id"] for one in place.named(collection, "lost-answer")] == [made["id"]]
    assert proxy.seen.count(("POST", collection, proxy.seen[0][2])) == 2


def refused(engine: Engine, inputs: dict[str, Any]) -> None:
    with pytest.raises(grpc.RpcError):
        engine.create(PROJECT, "one", inputs)


def test_a_creation_is_found_again_by_another_plugin(through: Engine, proxy: LossyProxy, place: Place):
    proxy.lose = lambda method, _path, _status: method == "POST"
    inputs = inputs_of(place, "other-plugin")
    creation = Thread(target=lambda: refused(through, inputs))
    creation.start()
    wait_until(lambda: place.named("/20190101/projects", "other-plugin"), timeout_s=10, what="the commit")
    through.process.kill()
    creation.join()
    with running(place.environment, place.work_dir) as second:
        second.configure()
        made = second.create(PROJECT, "one", inputs)
        assert [one["id"] for one in place.named("/20190101/projects", "other-plugin")] == [made["id"]]
        second.delete_all()


def test_a_local_oci_killed_right_after_it_committed_makes_nothing_double(
    through: Engine, proxy: LossyProxy, place: Place
):
    def kill(method: str, _path: str, _status: int) -> bool:
        if method == "POST":
            process = psutil.Process(daemon.status(place.data_dir).pid)
            process.kill()
            process.wait(10)
        return method == "POST"

    proxy.lose = kill
    inputs = inputs_of(place, "killed")
    with pytest.raises(grpc.RpcError) as refused:
        through.create(LOG_GROUP, "one", inputs)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    assert f"the local OCI at {proxy.endpoint} stopped answering" in refused.value.details()
    assert "`paddock local start`" in refused.value.details()
    daemon.start(place.data_dir)
    proxy.lose = lambda _method, _path, _status: False
    made = through.create(LOG_GROUP, "one", inputs)
    assert [one["id"] for one in place.named("/20200531/logGroups", "killed")] == [made["id"]]


def test_a_creation_that_is_meant_never_gets_the_old_resource(engine: Engine, place: Place):
    inputs = inputs_of(place, "replaced")
    first = engine.create(PROJECT, "one", inputs)
    engine.check(PROJECT, "one", inputs, old_outputs=first)
    second = engine.create(PROJECT, "one", inputs)
    assert second["id"] != first["id"]


def test_an_engine_that_tells_no_outputs_shows_by_its_inputs_what_it_knows(place: Place):
    with running(place.environment, place.work_dir, tells_old_outputs=False) as engine:
        engine.configure()
        begun = inputs_of(place, "begun")
        first = engine.create(PROJECT, "one", begun)
        engine.check(PROJECT, "one", inputs_of(place, "before"), old_outputs={})
        assert engine.create(PROJECT, "one", begun)["id"] == first["id"]
        engine.check(PROJECT, "one", begun, old_outputs={})
        assert engine.create(PROJECT, "one", begun)["id"] != first["id"]
        engine.delete_all()


def test_what_was_found_again_and_is_deleted_is_made_anew(engine: Engine, place: Place):
    inputs = inputs_of(place, "deleted-by-hand")
    first = engine.create(PROJECT, "one", inputs)
    place.rest("DELETE", f"/20190101/projects/{first['id']}")
    second = engine.create(PROJECT, "one", inputs)
    assert second["id"] != first["id"]


def test_a_name_that_was_made_up_is_made_up_again_for_a_creation_that_is_not_known(engine: Engine, place: Place):
    inputs = {"compartmentId": place.environment["TF_VAR_tenancy_ocid"], "description": "d", "matchingRule": "ALL {}"}
    first = engine.create(DYNAMIC_GROUP, "group", engine.check(DYNAMIC_GROUP, "group", inputs))
    second = engine.create(DYNAMIC_GROUP, "group", engine.check(DYNAMIC_GROUP, "group", inputs))
    assert (second["id"], second["name"]) == (first["id"], first["name"])
    engine.check(DYNAMIC_GROUP, "group", inputs, old_outputs=second)
    assert engine.check(DYNAMIC_GROUP, "group", inputs)["name"] != first["name"]


def test_another_creation_of_the_same_name_says_what_may_be_left_over(engine: Engine, place: Place):
    first = engine.create(PROJECT, "one", inputs_of(place, "left-over"))
    engine.create(PROJECT, "one", inputs_of(place, "wanted-now"))
    [warning] = engine.lines.warned
    assert f"project 'left-over' ({first['id']}) may be left over" in warning


def model_inputs(engine: Engine, place: Place, score: str | None = None) -> dict[str, Any]:
    path = write_artifact(place.work_dir / "art.zip", *([score] if score else []))
    project = engine.create(PROJECT, "project", inputs_of(place, "p"))
    return {
        **inputs_of(place, "m"),
        "projectId": project["id"],
        "modelArtifact": "art.zip",
        "artifactContentLength": str(path.stat().st_size),
    }


def test_a_model_whose_upload_broke_is_completed_by_the_next_run(through: Engine, proxy: LossyProxy, place: Place):
    inputs = model_inputs(through, place)
    held = (place.work_dir / "art.zip").read_bytes()

    def spoil(method: str, path: str, _status: int) -> bool:
        if method == "GET" and "/models/" in path:
            (place.work_dir / "art.zip").write_bytes(b"half")
        return False

    proxy.lose = spoil
    broken = through.break_create(MODEL, "model", inputs)
    assert broken.outputs["emptyModel"] is True
    assert "artifactContentLength: expected the size of art.zip, 4" in broken.reasons[0]
    proxy.lose = lambda _method, _path, _status: False
    (place.work_dir / "art.zip").write_bytes(held)
    assert list(through.diff(MODEL, "model", broken.outputs, inputs).replaces) == []
    whole = through.update(MODEL, "model", broken.outputs, inputs)
    assert (whole["emptyModel"], whole["state"]) == (False, "ACTIVE")
    assert through.diff(MODEL, "model", whole, inputs).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_an_upload_whose_answer_is_lost_counts(through: Engine, proxy: LossyProxy, place: Place):
    inputs = model_inputs(through, place)
    proxy.lose = once("POST", "/artifact")
    made = through.create(MODEL, "model", inputs, timeout_s=20)
    assert made["emptyModel"] is False


def deployment_inputs(engine: Engine, place: Place, score: str) -> dict[str, Any]:
    inputs = model_inputs(engine, place, score)
    model = engine.create(MODEL, "model", inputs)
    return {
        **inputs_of(place, "d"),
        "projectId": inputs["projectId"],
        "modelDeploymentConfigurationDetails": {
            "deploymentType": "SINGLE_MODEL",
            "modelConfigurationDetails": {
                "modelId": model["id"],
                "instanceConfiguration": {
                    "instanceShapeName": "VM.Standard.E4.Flex",
                    "modelDeploymentInstanceShapeConfigDetails": {"ocpus": 1, "memoryInGbs": 16},
                },
                "scalingPolicy": {"policyType": "FIXED_SIZE", "instanceCount": 1},
            },
        },
    }


def test_a_model_that_does_not_load_is_told_and_mended(engine: Engine, place: Place):
    inputs = deployment_inputs(engine, place, RAISES)
    broken = engine.break_create(DEPLOYMENT, "deployment", inputs)
    assert broken.outputs["state"] == "FAILED"
    assert "RuntimeError: the pickle is broken" in broken.reasons[0]
    assert "`paddock logs d --predict`" in broken.reasons[0]
    assert any("Loading the model" in line for line in engine.lines.said)
    path = write_artifact(place.work_dir / "mended.zip")
    mended = engine.create(
        MODEL,
        "mended",
        {
            **inputs_of(place, "m2"),
            "projectId": inputs["projectId"],
            "modelArtifact": "mended.zip",
            "artifactContentLength": str(path.stat().st_size),
        },
    )
    inputs["modelDeploymentConfigurationDetails"]["modelConfigurationDetails"]["modelId"] = mended["id"]
    answer = engine.diff(DEPLOYMENT, "deployment", broken.outputs, inputs)
    assert (answer.changes, list(answer.replaces)) == (provider_pb2.DiffResponse.DIFF_SOME, [])
    whole = engine.update(DEPLOYMENT, "deployment", broken.outputs, inputs)
    assert whole["state"] == "ACTIVE"
    engine.live[whole["id"]] = (DEPLOYMENT, "deployment", whole)
    engine.live[mended["id"]] = engine.live.pop(mended["id"])
    engine.delete(DEPLOYMENT, "deployment", whole)


def test_a_cancelled_creation_is_remembered_and_finished_by_the_next_run(engine: Engine, place: Place):
    inputs = deployment_inputs(engine, place, SLOW)
    found: list[Any] = []
    creation = Thread(target=lambda: found.append(engine.break_create(DEPLOYMENT, "deployment", inputs)))
    creation.start()
    wait_until(lambda: place.named("/20190101/modelDeployments", "d"), timeout_s=10, what="the creation")
    engine.stub.Cancel(provider_pb2.google_dot_protobuf_dot_empty__pb2.Empty())
    begun = time.monotonic()
    creation.join(10)
    assert time.monotonic() - begun < 10
    [broken] = found
    assert broken.outputs["state"] == "CREATING"
    assert "cancelled while waiting" in broken.reasons[0]
    with running(place.environment, place.work_dir) as second:
        second.configure()
        whole = second.update(DEPLOYMENT, "deployment", broken.outputs, inputs)
        assert whole["state"] == "ACTIVE"
        second.delete(DEPLOYMENT, "deployment", whole)
        second.live = engine.live
        second.live.pop(whole["id"])
        second.delete_all()


def test_a_custom_timeout_ends_the_wait_and_not_the_work(engine: Engine, place: Place):
    inputs = deployment_inputs(engine, place, SLOW)
    broken = engine.break_create(DEPLOYMENT, "deployment", inputs, timeout_s=0.5)
    assert "not done within 0.5 s" in broken.reasons[0]
    assert "customTimeouts" in broken.reasons[0]
    whole = engine.update(DEPLOYMENT, "deployment", broken.outputs, inputs)
    assert whole["state"] == "ACTIVE"
