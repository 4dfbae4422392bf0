"""Start, adopt, fail, be killed, stop: the life of a supervisor."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from deployment_under_test import Client, records, wait_until, write_artifact

from model_server import ArtifactDoesNotLoad, DeploymentFailed, SpecRefused, SupervisorUnreachable, supervisor
from model_server.state_folder import StateFolder

BROKEN_SCORE = """
    print("about to load")

    def load_model():
        raise RuntimeError("the model file is torn")

    def predict(data, model=load_model()):
        return data
"""


def gone(pids):
    return [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"] == []


def test_start_adopts_the_supervisor_that_runs(serve, spec):
    serve()
    before = supervisor.status(spec)
    assert supervisor.start(spec) == before
    assert supervisor.status(spec) == before


def test_starts_at_the_same_time_make_one_supervisor(spec):
    with ThreadPoolExecutor(4) as pool:
        pids = {found.supervisor_pid for found in pool.map(supervisor.start, [spec] * 4)}
    assert len(pids) == 1
    assert supervisor.wait_ready(spec, 60).supervisor_pid in pids


def test_a_supervisor_outlives_the_process_that_started_it(spec, client):
    StateFolder(spec.state_dir).create()
    code = (
        "import json,sys;from model_server import DeploymentSpec,supervisor;"
        "supervisor.start(DeploymentSpec.from_json(json.load(sys.stdin)));"
        "import os,signal;os.kill(os.getpid(),signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(spec.to_json()),
        text=True,
        check=False,
        cwd=Path(supervisor.__file__).parent.parent,
    )
    assert done.returncode == -signal.SIGKILL
    supervisor.wait_ready(spec, 60)
    assert client.predict(1).status_code == 200


def test_a_killed_supervisor_leaves_no_worker_and_can_be_started_again(serve, spec, client):
    serve()
    before = supervisor.status(spec)
    os.kill(before.supervisor_pid, signal.SIGKILL)
    wait_until(lambda: gone([before.supervisor_pid, *before.worker_pids]), "supervisor and workers are gone")
    with pytest.raises(SupervisorUnreachable, match="has ended"):
        supervisor.status(spec)
    serve()
    assert supervisor.status(spec).supervisor_pid != before.supervisor_pid
    assert client.predict(1).status_code == 200


def test_a_worker_in_the_middle_of_a_predict_ends_with_its_supervisor(serve, spec, keys, tmp_path):
    score = """
        import time

        def load_model():
            return None

        def predict(data, model=load_model()):
            open(data, "w").close()
            time.sleep(3600)
    """
    serve(artifact_dir=write_artifact(tmp_path / "sleeping", score))
    before = supervisor.status(spec)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(Client(spec, keys).predict, str(tmp_path / "begun"))
        wait_until((tmp_path / "begun").exists, "the predict has begun")
        os.kill(before.supervisor_pid, signal.SIGKILL)
        assert isinstance(waiting.exception(30), OSError)
    wait_until(lambda: gone(before.worker_pids), "the workers are gone")


def test_a_score_py_that_raises_on_load_makes_the_deployment_failed(spec, tmp_path):
    broken = replace(spec, artifact_dir=write_artifact(tmp_path / "broken", BROKEN_SCORE))
    supervisor.start(broken)
    with pytest.raises(ArtifactDoesNotLoad, match="RuntimeError: the model file is torn") as raised:
        supervisor.wait_ready(broken, 60)
    assert 'raise RuntimeError("the model file is torn")' in raised.value.traceback
    status = supervisor.status(broken)
    assert (status.state, status.supervisor_pid, status.worker_pids) == ("FAILED", None, ())
    assert status.traceback == raised.value.traceback
    said = [r["data"]["message"] for r in records(broken.predict_log)]
    assert "about to load" in said
    assert said[-1].endswith("RuntimeError: the model file is torn")


def test_a_failed_deployment_recovers_when_it_is_started_with_a_mended_artifact(spec, tmp_path, client):
    supervisor.start(replace(spec, artifact_dir=write_artifact(tmp_path / "broken", BROKEN_SCORE)))
    wait_until(lambda: supervisor.status(spec).state == "FAILED", "FAILED")
    supervisor.start(replace(spec, generation=2))
    assert supervisor.wait_ready(spec, 60).generation == 2
    assert client.predict(1).status_code == 200


@pytest.mark.parametrize(
    ("score", "words"),
    [
        ("predict = 1\ndef load_model(): pass\n", "must define the function predict"),
        ("def predict(data): return data\n", "must define the function load_model"),
        ("import os\nos._exit(3)\n", "ended while it loaded"),
        ("raise SystemExit(0)\n", "SystemExit: 0"),
        ("def predict(:\n", "SyntaxError"),
    ],
)
def test_a_score_py_that_cannot_serve_says_why(spec, tmp_path, score, words):
    broken = replace(spec, artifact_dir=write_artifact(tmp_path / "broken", score))
    supervisor.start(broken)
    with pytest.raises((ArtifactDoesNotLoad, DeploymentFailed), match=words):
        supervisor.wait_ready(broken, 60)


def test_an_artifact_without_score_py_says_which_file_it_looked_for(spec, tmp_path):
    empty = replace(spec, artifact_dir=tmp_path / "nowhere")
    supervisor.start(empty)
    with pytest.raises(DeploymentFailed, match=r"nowhere/score\.py"):
        supervisor.wait_ready(empty, 60)


def test_a_load_that_takes_too_long_fails(spec, tmp_path):
    slow = write_artifact(tmp_path / "slow", "import time\ntime.sleep(3600)\n")
    supervisor.start(replace(spec, artifact_dir=slow, load_timeout_s=0.5))
    with pytest.raises(DeploymentFailed, match=r"within 0\.5 s"):
        supervisor.wait_ready(spec, 60)


def test_a_taken_port_is_failed_and_names_the_port(spec):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((spec.host, spec.port))
        other.listen()
        supervisor.start(spec)
        with pytest.raises(DeploymentFailed, match=f"Port {spec.port} on 127.0.0.1 is taken"):
            supervisor.wait_ready(spec, 60)
        assert supervisor.status(spec).state == "FAILED"


def test_sigterm_ends_supervisor_and_workers(serve, spec):
    serve()
    before = supervisor.status(spec)
    os.kill(before.supervisor_pid, signal.SIGTERM)
    wait_until(lambda: gone([before.supervisor_pid, *before.worker_pids]), "all are gone")
    with pytest.raises(SupervisorUnreachable):
        supervisor.status(spec)


def test_stop_ends_also_a_supervisor_that_does_not_answer(serve, spec, monkeypatch):
    serve()
    before = supervisor.status(spec)
    os.kill(before.supervisor_pid, signal.SIGSTOP)
    monkeypatch.setattr(supervisor, "ASK_TIMEOUT_S", 0.3)
    monkeypatch.setattr(supervisor, "END_TIMEOUT_S", 0.3)
    supervisor.stop(spec, drain_timeout_s=0.1)
    assert gone([before.supervisor_pid, *before.worker_pids])


def test_stop_while_it_loads_ends_it(spec, tmp_path):
    slow = write_artifact(tmp_path / "slow", "import time\ntime.sleep(3600)\n")
    status = supervisor.start(replace(spec, artifact_dir=slow))
    assert status.state == "STARTING"
    supervisor.stop(spec)
    assert gone([status.supervisor_pid])


def test_stop_of_what_was_never_started_does_nothing(spec):
    supervisor.stop(spec)
    assert not spec.state_dir.exists()


def test_a_long_state_folder_works(serve, tmp_path, spec):
    long = tmp_path.joinpath(*["a-long-name-of-a-folder" * 5] * 4)
    started = serve(state_dir=long)
    assert supervisor.status(started).state == "READY"
    supervisor.stop(started)


def test_a_recycled_pid_is_never_signalled(serve, spec):
    serve()
    folder = StateFolder(spec.state_dir)
    supervisor.stop(spec)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        stale = {
            "supervisor": {"pid": bystander.pid, "started": "long ago"},
            "workers": [{"pid": bystander.pid, "started": "long ago"}],
            "status": supervisor.SupervisorStatus("READY", bystander.pid, (bystander.pid,), 1).to_json(),
        }
        folder.write_record(supervisor.SupervisorRecord.from_json(stale))
        supervisor.stop(spec)
        assert bystander.poll() is None
        bystander.communicate(b"\n")


def test_the_supervisor_imports_no_numpy(serve, spec):
    serve()
    maps = [m.path for m in psutil.Process(supervisor.status(spec).supervisor_pid).memory_maps()]
    assert not [path for path in maps if "numpy" in path or "sklearn" in path]


@pytest.mark.parametrize("change", [{"instances": 0}, {"port": 0}, {"port": 70000}])
def test_a_spec_that_cannot_be_served_is_refused_before_anything_is_made(spec, change):
    with pytest.raises(SpecRefused, match="found"):
        supervisor.start(replace(spec, **change))
    assert not spec.state_dir.exists()
