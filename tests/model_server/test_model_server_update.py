"""A new generation under load, and one that does not load."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from deployment_under_test import OLD_SCORE, Client, records, wait_until, write_artifact

from model_server import ArtifactDoesNotLoad, SpecRefused, supervisor
from model_server.spec_checks import check_update
from model_server.state_folder import StateFolder

BROKEN_SCORE = """
    def load_model():
        raise RuntimeError("the model file is torn")

    def predict(data, model=load_model()):
        return data
"""


class Load:
    """Clients that never pause; what each was answered, in its order."""

    def __init__(self, spec, keys, count=3):
        self.answers = [[] for _ in range(count)]
        self.failures = []
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(spec, keys, found)) for found in self.answers]

    def _run(self, spec, keys, found):
        client = Client(spec, keys)
        with client.session:
            while not self._stopped.is_set():
                try:
                    answer = client.predict(1)
                except OSError as error:
                    self.failures.append(error)
                    continue
                if answer.status_code == 200:
                    found.append(answer.json()["prediction"][0])
                else:
                    self.failures.append(answer.text)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        wait_until(lambda: all(self.answers), "each client was answered")
        return self

    def __exit__(self, *_):
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, word):
        wait_until(lambda: all(found[-1] == word for found in self.answers), f"each client was answered {word}")


@pytest.fixture
def new_artifact(tmp_path):
    return write_artifact(tmp_path / "new", OLD_SCORE.replace('"old"', '"new"'))


def test_an_update_under_load_fails_no_request_and_never_goes_back(serve, keys, new_artifact):
    spec = serve(generation=1)
    with Load(spec, keys) as load:
        status = supervisor.update(replace(spec, generation=2, artifact_dir=new_artifact))
        load.wait_for("new")
    assert load.failures == []
    assert (status.state, status.generation) == ("READY", 2)
    for found in load.answers:
        assert found == ["old"] * found.count("old") + ["new"] * found.count("new")


def test_scaling_and_killing_under_load_fail_no_request(serve, keys):
    spec = serve(instances=1)
    (first,) = supervisor.status(spec).worker_pids
    with Load(spec, keys) as load:
        up = supervisor.update(replace(spec, generation=2, instances=3))
        down = supervisor.update(replace(spec, generation=3, instances=1))
    assert load.failures == []
    assert up.worker_pids[0] == first
    assert len(up.worker_pids) == 3
    assert down.worker_pids == (first,)


def test_an_artifact_that_does_not_load_leaves_the_old_one_serving(serve, keys, client, tmp_path):
    spec = serve()
    workers = supervisor.status(spec).worker_pids
    broken = replace(spec, generation=2, artifact_dir=write_artifact(tmp_path / "broken", BROKEN_SCORE))
    with Load(spec, keys) as load, pytest.raises(ArtifactDoesNotLoad) as raised:
        supervisor.update(broken)
    assert load.failures == []
    assert str(raised.value) == "RuntimeError: the model file is torn"
    assert 'raise RuntimeError("the model file is torn")' in raised.value.traceback
    assert client.predict(1).json() == {"prediction": ["old", 1]}
    status = supervisor.status(spec)
    assert (status.state, status.generation, status.worker_pids) == ("READY", 1, workers)
    assert StateFolder(spec.state_dir).read_spec() == spec
    wait_until(lambda: records(spec.predict_log), "the traceback is in the predict log")
    assert "the model file is torn" in records(spec.predict_log)[0]["data"]["message"]


def test_changed_environment_variables_bring_new_workers(serve, client, tmp_path):
    score = """
        import os

        def load_model():
            return os.environ.get("THRESHOLD")

        def predict(data, model=load_model()):
            return [model, os.environ["OMP_NUM_THREADS"], os.environ.get("A_SECRET_OF_THE_CALLER")]
    """
    spec = serve(
        artifact_dir=write_artifact(tmp_path / "environment", score),
        environment={"THRESHOLD": "1", "OMP_NUM_THREADS": "7"},
    )
    assert client.predict(0).json() == ["1", "7", None]
    supervisor.update(replace(spec, generation=2, environment={"THRESHOLD": "2", "OMP_NUM_THREADS": "8"}))
    assert client.predict(0).json() == ["2", "8", None]


def test_a_restart_serves_the_generation_that_was_updated_to(serve, client, new_artifact):
    spec = serve()
    updated = replace(spec, generation=2, artifact_dir=new_artifact)
    supervisor.update(updated)
    assert StateFolder(spec.state_dir).read_spec() == updated


def test_keys_and_logs_change_without_new_workers(serve, client, tmp_path):
    spec = serve()
    elsewhere = replace(spec.access_log, path=tmp_path / "elsewhere.jsonl")
    status = supervisor.update(replace(spec, generation=2, access_log=elsewhere, accepted_keys={}))
    assert status.worker_pids == supervisor.status(spec).worker_pids
    assert client.predict(1).status_code == 401
    wait_until(lambda: [r["data"]["status"] for r in records(elsewhere)] == [401], "the record is in the new log")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"port": 1}, "port: an update cannot change it"),
        ({"deployment_id": "ocid1.other"}, "deployment_id: an update cannot change it"),
        ({"generation": 0}, "generation: must be at least 1"),
        ({"instances": 0}, "instances: must be at least 1"),
    ],
)
def test_an_update_refuses_what_it_cannot_change(spec, change, words):
    with pytest.raises(SpecRefused, match=words) as raised:
        check_update(spec, replace(spec, **({"generation": 2} | change)))
    assert f"found {next(iter(change.values()))}" in str(raised.value)


def test_a_refused_update_changes_nothing(serve):
    spec = serve()
    with pytest.raises(SpecRefused, match="instances"):
        supervisor.update(replace(spec, generation=2, instances=0))
    assert supervisor.status(spec).generation == 1
    assert StateFolder(spec.state_dir).read_spec() == spec
