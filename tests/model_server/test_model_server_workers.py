"""Workers that die, hang or poison: what the client and the supervisor see."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from deployment_under_test import Client, records, wait_until, write_artifact

from model_server import supervisor

SLOW_SCORE = """
    import os, pathlib, time

    def load_model():
        return None

    def predict(data, model=load_model()):
        if "poison" in data:
            os._exit(9)
        begun = pathlib.Path(data["folder"]) / f"begun-{os.getpid()}"
        begun.touch()
        gate = pathlib.Path(data["folder"]) / "gate"
        while not gate.exists():
            time.sleep(0.01)
        return os.getpid()
"""


@pytest.fixture
def slow(serve, tmp_path):
    def started(**changes):
        return serve(artifact_dir=write_artifact(tmp_path / "slow", SLOW_SCORE), **changes)

    return started


@pytest.fixture
def pool():
    with ThreadPoolExecutor(8) as made:
        yield made


def begun_pids(folder):
    return {int(path.name.partition("-")[2]) for path in folder.glob("begun-*")}


def test_the_request_that_a_killed_worker_held_is_answered_by_another(slow, client, pool, tmp_path):
    slow(instances=2)
    waiting = pool.submit(client.predict, {"folder": str(tmp_path)})
    (held,) = wait_until(lambda: begun_pids(tmp_path), "a worker holds the request")
    os.kill(held, signal.SIGKILL)
    wait_until(lambda: begun_pids(tmp_path) - {held}, "another worker holds the request")
    (tmp_path / "gate").touch()
    answer = waiting.result(30)
    assert answer.status_code == 200
    assert answer.json() != held


def test_a_killed_worker_is_replaced_and_reaped(serve, client):
    spec = serve(instances=2)
    old = supervisor.status(spec).worker_pids
    os.kill(old[0], signal.SIGKILL)
    new = wait_until(
        lambda: len(found := supervisor.status(spec).worker_pids) == 2 and old[0] not in found and found, "two workers"
    )
    assert old[1] in new
    assert client.predict(1).status_code == 200
    children = {child.pid for child in psutil.Process(supervisor.status(spec).supervisor_pid).children()}
    assert children == set(new)


def test_all_workers_killed_at_once_fail_no_request(serve, client):
    spec = serve(instances=2)
    for pid in supervisor.status(spec).worker_pids:
        os.kill(pid, signal.SIGKILL)
    assert [client.predict(number).status_code for number in range(5)] == [200] * 5


def test_a_request_that_kills_its_workers_is_given_up_after_three(slow, client):
    spec = slow(instances=1)
    answer = client.predict({"poison": True})
    assert (answer.status_code, answer.json()["code"]) == (500, "InternalServerError")
    assert "3 workers died" in answer.json()["message"]
    supervisor.stop(spec)
    assert "3 workers died" in records(spec.predict_log)[-1]["data"]["message"]


def test_a_predict_over_the_timeout_is_500_and_its_worker_is_replaced(slow, client, tmp_path):
    spec = slow(instances=1, predict_timeout_s=0.5)
    (old,) = supervisor.status(spec).worker_pids
    answer = client.predict({"folder": str(tmp_path)})
    assert (answer.status_code, answer.json()["code"]) == (500, "InternalServerError")
    assert "0.5 s" in answer.json()["message"]
    (tmp_path / "gate").touch()
    assert wait_until(lambda: client.predict({"folder": str(tmp_path)}), "an answer").json() != old


def test_while_no_worker_loads_requests_are_503_and_later_all_is_well(serve, client, tmp_path):
    score = """
        import os

        def load_model():
            if os.path.exists(os.environ["SHUT"]):
                raise RuntimeError("shut")

        def predict(data, model=load_model()):
            return data
    """
    shut = tmp_path / "shut"
    artifact = write_artifact(tmp_path / "shutting", score)
    spec = serve(artifact_dir=artifact, instances=1, predict_timeout_s=1.0, environment={"SHUT": str(shut)})
    shut.touch()
    (worker,) = supervisor.status(spec).worker_pids
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: supervisor.status(spec).last_error, "the replacement does not load")
    assert "shut" in supervisor.status(spec).last_error
    answer = client.predict(1)
    assert (answer.status_code, answer.json()["code"]) == (503, "ServiceUnavailable")
    shut.unlink()
    wait_until(lambda: client.predict(1).status_code == 200, "it answers again")
    assert supervisor.status(spec).last_error is None


def test_stop_finishes_what_was_accepted(slow, client, pool, tmp_path):
    spec = slow(instances=1)
    waiting = pool.submit(client.predict, {"folder": str(tmp_path)})
    wait_until(lambda: begun_pids(tmp_path), "the worker holds the request")
    stopping = pool.submit(supervisor.stop, spec)
    wait_until(lambda: _is_refused(client), "new connections are refused")
    assert not waiting.done()
    (tmp_path / "gate").touch()
    assert waiting.result(30).status_code == 200
    stopping.result(30)


def test_stop_waits_no_longer_than_its_drain_timeout(slow, client, pool, tmp_path):
    spec = slow(instances=1)
    waiting = pool.submit(client.predict, {"folder": str(tmp_path)})
    wait_until(lambda: begun_pids(tmp_path), "the worker holds the request")
    supervisor.stop(spec, drain_timeout_s=1)
    error = waiting.exception(30)
    assert error is not None or waiting.result().status_code >= 500


def _is_refused(client):
    try:
        client.session.get(f"{client.base}/", timeout=5, headers={"connection": "close"}).close()
    except OSError:
        return True
    return False


HANGING_SCORE = """
    import numpy as np, time

    rows_are_independent = True

    class Identity:
        def predict(self, rows):
            return rows

    def load_model():
        return Identity()

    def pre_inference(data, input_schema_path=None):
        if data == "hang":
            time.sleep(3600)
        if data == "die":
            import os
            os._exit(9)
        return np.array(data, dtype=float)

    def post_inference(yhat):
        return yhat.tolist()

    def predict(data, model=load_model(), input_schema_path=None):
        return {"prediction": post_inference(model.predict(pre_inference(data, input_schema_path)))}
"""


@pytest.mark.parametrize("bad", ["hang", "die"])
def test_a_request_that_hangs_or_kills_takes_none_of_those_that_share_its_batch_with_it(
    serve, spec, keys, tmp_path, bad
):
    serve(artifact_dir=write_artifact(tmp_path / "hanging", HANGING_SCORE), instances=2, predict_timeout_s=4.0)
    with ThreadPoolExecutor(8) as pool:
        good = [pool.submit(_ask_for_a_while, spec, keys) for _ in range(4)]
        refused = pool.submit(Client(spec, keys).predict, bad)
        assert refused.result(60).status_code == 500
        assert [one.result(60) for one in good] == [{200}] * 4


def _ask_for_a_while(spec, keys):
    client = Client(spec, keys)
    with client.session:
        return {client.predict([[1.0]]).status_code for _ in range(100)}


SOMETIMES_SLOW_SCORE = """
    import pathlib, time

    rows_are_independent = True

    class Model:
        def predict(self, rows):
            return rows

    def load_model():
        import numpy
        return Model()

    def pre_inference(data):
        import numpy
        if "gate" in data:
            pathlib.Path(data["gate"] + ".begun").touch()
            while not pathlib.Path(data["gate"]).exists():
                time.sleep(0.01)
        return numpy.array(data["rows"])

    def post_inference(yhat):
        return yhat.tolist()

    def predict(data, model=load_model()):
        return {"prediction": post_inference(model.predict(pre_inference(data)))}
"""


def test_what_was_to_run_after_a_slow_batch_is_answered_by_another_worker(serve, spec, keys, tmp_path):
    """Quick requests go to one worker, one batch running and one next; a slow one holds up only those it runs with."""
    serve(artifact_dir=write_artifact(tmp_path / "sometimes", SOMETIMES_SLOW_SCORE), instances=2)
    gate, clients = tmp_path / "gate", 12

    def ask(number, data):
        return [Client(spec, keys).predict(data).json() for _ in range(number)]

    with ThreadPoolExecutor(clients + 1) as threads:
        rows = [[float(client)] for client in range(clients)]
        before = [threads.submit(ask, 20, {"rows": row}) for row in rows]
        assert [one.result(60) for one in before] == [[{"prediction": row}] * 20 for row in rows]
        slow = threads.submit(ask, 1, {"gate": str(gate), "rows": [99.0]})
        wait_until(lambda: gate.with_name("gate.begun").exists(), "the slow request runs")
        others = [threads.submit(ask, 20, {"rows": row}) for row in rows]
        try:
            assert [one.result(60) for one in others] == [[{"prediction": row}] * 20 for row in rows]
            assert not slow.done()
        finally:
            gate.touch()
        assert slow.result(60) == [{"prediction": [99.0]}]
