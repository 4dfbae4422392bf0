"""Deployments that begin as forks of one warm process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from deployment_under_test import wait_until, write_artifact

from model_server import fork_server, supervisor
from model_server.process_identity import ProcessIdentity

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="fork servers are Linux's")

WHO_SCORE = """
    import os, sys

    def load_model():
        return os.environ.get("THRESHOLD")

    def predict(data, model=load_model()):
        if data == "sleep":
            open(os.environ["BEGUN"], "w").close()
            import time
            time.sleep(3600)
        threads = os.environ["OMP_NUM_THREADS"]
        return {"parent": os.getppid(), "threshold": model, "threads": threads, "cwd": os.getcwd()}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where one fork server serves the tests of this file."""
    made = tmp_path_factory.mktemp("deployments")
    fork_server.start(made)
    yield made
    fork_server.stop(made)
    assert not (made / fork_server.SOCKET_NAME).exists()


@pytest.fixture
def server_pid(folder):
    fork_server.start(folder)  # a test before this one may have stopped it
    return _pid_of_the_server(folder)


def _pid_of_the_server(folder):
    return fork_server.ask(folder, {"want": "owner", "pid": os.getpid()})["pid"]


@pytest.fixture
def spec(spec, folder, tmp_path):
    below = replace(spec, state_dir=folder / tmp_path.name)
    yield below
    supervisor.stop(below, drain_timeout_s=1)


@pytest.fixture
def who(serve, tmp_path):
    return lambda **changes: serve(artifact_dir=write_artifact(tmp_path / "who", WHO_SCORE), **changes)


def _is_running(pid):
    return pid in psutil.pids() and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_supervisor_and_workers_are_forks_with_the_deployments_own_environment(server_pid, who, client):
    spec = who(environment={"THRESHOLD": "0.5"})
    told = client.predict(1).json()
    assert told == {"parent": server_pid, "threshold": "0.5", "threads": "1", "cwd": str(spec.artifact_dir)}
    assert psutil.Process(supervisor.status(spec).supervisor_pid).ppid() == server_pid


def test_a_variable_that_libraries_read_at_import_brings_a_process_of_its_own(server_pid, who, client):
    spec = who(environment={"OMP_NUM_THREADS": "3"})
    told = client.predict(1).json()
    assert told["parent"] == supervisor.status(spec).supervisor_pid
    assert told["threads"] == "3"


def test_a_killed_fork_is_replaced_by_another(server_pid, who, client):
    spec = who(instances=2)
    old = supervisor.status(spec).worker_pids
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    assert client.predict(1).json()["parent"] == server_pid
    wait_until(lambda: len(set(supervisor.status(spec).worker_pids) - set(old)) == 2, "two new workers")


def test_without_the_fork_server_a_killed_worker_is_replaced_all_the_same(server_pid, who, client):
    spec = who(instances=1)
    fork_server.stop(spec.state_dir.parent)
    os.kill(supervisor.status(spec).worker_pids[0], signal.SIGKILL)
    assert client.predict(1).json()["parent"] == supervisor.status(spec).supervisor_pid


def test_a_fork_in_the_middle_of_a_predict_ends_with_its_supervisor(server_pid, who, keys, tmp_path):
    spec = who(instances=2, environment={"BEGUN": str(tmp_path / "begun")})
    status = supervisor.status(spec)
    code = (
        "import sys,http.client;c=http.client.HTTPConnection('127.0.0.1',int(sys.argv[1]));"
        "c.request('POST',sys.argv[2],'\"sleep\"');c.getresponse()"
    )
    supervisor.update(replace(spec, generation=2, is_signature_required=False))
    words = [sys.executable, "-c", code, str(spec.port), f"/{spec.deployment_id}/predict"]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as caller:
        wait_until((tmp_path / "begun").exists, "the predict has begun")
        os.kill(status.supervisor_pid, signal.SIGKILL)
        caller.wait(30)
    wait_until(lambda: not any(_is_running(pid) for pid in status.worker_pids), "the workers are gone")


def test_it_ends_with_its_owner_and_the_last_supervisor(who, spec, folder):
    fork_server.stop(folder)
    code = (
        "import sys,pathlib;from model_server import fork_server;fork_server.start(pathlib.Path(sys.argv[1]));input()"
    )
    root = Path(supervisor.__file__).parent.parent
    with subprocess.Popen([sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE, cwd=root) as owner:
        found = wait_until(lambda: _found(folder), "the fork server is there", timeout_s=60)
        who()
        assert owner.stdin is not None
        owner.communicate(b"\n")
    assert found.is_alive()
    supervisor.stop(spec)
    wait_until(lambda: not found.is_alive(), "the fork server has ended")
    assert not (folder / fork_server.SOCKET_NAME).exists()


def _found(folder):
    for process in psutil.process_iter(["pid", "cmdline"]):
        if (process.info["cmdline"] or [])[2:4] == ["model_server.fork_server_process", str(folder)]:
            return ProcessIdentity.of(process.info["pid"])
    return None


def test_start_finds_the_one_that_runs(server_pid, spec):
    fork_server.start(spec.state_dir.parent)
    assert _pid_of_the_server(spec.state_dir.parent) == server_pid


@pytest.mark.parametrize("wish", [{}, {"want": "worker"}, {"want": "owner", "pid": "x"}, [1]])
def test_a_wish_that_makes_no_sense_is_refused_and_the_next_is_granted(server_pid, spec, wish):
    with pytest.raises(fork_server.ForkServerAbsent):
        fork_server.ask(spec.state_dir.parent, wish)
    assert _pid_of_the_server(spec.state_dir.parent) == server_pid
