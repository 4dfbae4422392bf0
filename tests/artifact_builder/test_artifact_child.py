"""Tasks in processes of their own: clean, told apart, and gone when they should be."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from artifact_builder import fork_server
from artifact_builder.child import ChildError, run_in_child
from artifact_builder.worker import tasks

ROOT = Path(__file__).resolve().parents[2]
# Runs a task that tells its pid, and its child's, and then waits for ever.
BUILDER = """
import pathlib, sys
from artifact_builder.child import run_in_child
folder = pathlib.Path(sys.argv[1])
run_in_child("train", {"file": str(folder / "code.py"), "function": "train", "to": "."}, work_dir=folder, timeout_s=60)
"""
WAITS = """
child = subprocess.Popen(["sleep", "600"])
pathlib.Path("pids.new").write_text(json.dumps([os.getpid(), child.pid]))
os.rename("pids.new", "pids")
time.sleep(600)
"""


@pytest.fixture(scope="module", autouse=True)
def server():
    with fork_server.shared() as running:
        yield running


def wait_until(condition, *, timeout_s: float = 30.0, what: str) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"waited {timeout_s} s for {what}"
        time.sleep(0.02)


def code(folder: Path, body: str) -> dict[str, str]:
    """The request of a task that runs ``body``."""
    folder.mkdir(exist_ok=True)
    lines = "import json, os, pathlib, signal, subprocess, sys, time\n\ndef train():\n"
    (folder / "code.py").write_text(lines + "".join(f"    {line}\n" for line in body.strip().splitlines()))
    return {"file": str(folder / "code.py"), "function": "train", "to": str(folder)}


def run(folder: Path, body: str, timeout_s: float = 60.0) -> dict[str, object]:
    return run_in_child("train", code(folder, body), work_dir=folder, timeout_s=timeout_s)


def seen(folder: Path, expression: str):
    """What ``expression`` is in a task's process."""
    run(folder, f"pathlib.Path('seen').write_text(json.dumps({expression}))\nreturn None, None, None")
    return json.loads((folder / "seen").read_text())


def said(folder: Path, body: str, timeout_s: float = 60.0) -> ChildError:
    with pytest.raises(ChildError) as caught:
        run(folder, body, timeout_s)
    return caught.value


def all_gone(pids: list[int]) -> bool:
    return not any(is_running(pid) for pid in pids)


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def pids_in(folder: Path) -> list[int]:
    wait_until((folder / "pids").exists, what="the task's pids")
    return json.loads((folder / "pids").read_text())


def test_a_task_is_at_home_in_its_folder_with_a_fixed_environment_and_no_credentials(tmp_path, monkeypatch):
    monkeypatch.setenv("OCI_CLI_PASSPHRASE", "secret")

    about = "[os.getcwd(), os.environ['HOME'], time.tzname, sys.flags.hash_randomization, *os.environ]"
    found = seen(tmp_path, about)

    assert found[:2] == [str(tmp_path), str(tmp_path)]
    assert found[2:4] == [["UTC", "UTC"], 0]
    assert "OCI_CLI_PASSPHRASE" not in found


def test_a_task_sees_nothing_of_the_one_before(tmp_path):
    changes = "import pandas, wave\nsys.modules['pandas'].left = 1\nos.environ['LEFT'] = '1'"
    run(tmp_path / "one", f"{changes}\nreturn None, None, None")

    found = "['wave' in sys.modules, hasattr(sys.modules['pandas'], 'left'), 'LEFT' in os.environ]"
    left = seen(tmp_path / "two", found)

    assert left == [False, False, False]


def test_tasks_share_hashes_but_no_random_numbers(tmp_path):
    expression = "[hash('paddock'), __import__('random').random(), __import__('numpy').random.rand()]"

    one, two = seen(tmp_path / "one", expression), seen(tmp_path / "two", expression)

    assert one[0] == two[0]
    assert one[1] != two[1]
    assert one[2] != two[2]


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
def test_nothing_that_the_fork_server_imports_starts_a_thread():
    modules = [*tasks._USUAL, *tasks._ONNX, *tasks._SKOPS, *(one.partition(":")[0] for one in tasks._TASKS.values())]
    script = "import importlib, os, sys, warnings; warnings.simplefilter('ignore')\n"
    script += "for name in sys.argv[1:]: importlib.import_module(name)\nprint(len(os.listdir('/proc/self/task')))"

    done = subprocess.run(
        [sys.executable, "-c", script, *modules],
        env=fork_server._environment(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "1"


def test_a_task_that_is_not_done_in_time_is_killed_with_its_children(tmp_path):
    wait = threading.Thread(target=pids_in, args=[tmp_path])
    wait.start()

    error = said(tmp_path, f"print('so far')\n{WAITS}", timeout_s=3)

    wait.join()
    assert (error.kind, error.message) == ("timeout", "not done after 3 s, its last lines:\n  so far")
    assert all_gone(pids_in(tmp_path))


def test_what_a_task_leaves_running_is_killed(tmp_path):
    run(tmp_path, f"{WAITS.replace('time.sleep(600)', '')}\nreturn None, None, None")

    assert all_gone(pids_in(tmp_path))


def test_a_killed_task_is_told_with_the_memory_it_may_use(tmp_path):
    error = said(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)")

    assert error.kind == "crashed"
    assert "was ended by SIGKILL (the system does that when memory runs out; a task may use" in error.message


def test_a_task_that_crashes_is_told_with_its_last_lines(tmp_path):
    error = said(tmp_path, "print('a last word')\nos.abort()")

    assert error.message == "the process that loads the estimator was ended by SIGABRT, its last lines:\n  a last word"


def test_a_task_that_leaves_is_told(tmp_path):
    error = said(tmp_path, "sys.exit('enough')")

    assert "ended with exit code 1" in error.message
    assert "sys.exit('enough') was called" in error.message


def test_memory_that_is_not_there_is_an_error_of_its_own(tmp_path):
    error = said(tmp_path, "raise MemoryError('Unable to allocate 9 EiB')")

    assert error.kind == "memory"
    assert "of memory that a task may use here" in error.message
    assert "Unable to allocate 9 EiB" in error.message


def test_a_task_gets_no_more_memory_than_it_may_use(tmp_path):
    more_than_allowed = "os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') * 7 // 8"

    assert said(tmp_path, f"bytearray({more_than_allowed})").kind == "memory"


def test_a_task_has_no_network(tmp_path):
    error = said(tmp_path, "import socket\nsocket.create_connection(('127.0.0.1', 9))")

    assert "a build has no network: the address of 127.0.0.1:9 was asked for" in error.message


def test_tasks_in_threads_run_side_by_side(tmp_path):
    meet = "pathlib.Path('../{}').touch()\nwhile not pathlib.Path('../{}').exists(): time.sleep(0.01)"
    meet += "\nreturn None, None, None"
    one = threading.Thread(target=run, args=[tmp_path / "a", meet.format("a-is-here", "b-is-here")])
    one.start()

    run(tmp_path / "b", meet.format("b-is-here", "a-is-here"))

    one.join()
    assert not (tmp_path / "a" / "output.txt").read_text()


def test_a_killed_fork_server_takes_its_tasks_along_and_the_next_task_gets_a_new_one(tmp_path):
    errors: list[ChildError] = []
    running = threading.Thread(target=lambda: errors.append(said(tmp_path / "one", WAITS)))
    running.start()
    pids = pids_in(tmp_path / "one")

    with fork_server.shared() as server:
        os.kill(server.pid, signal.SIGKILL)
    running.join()

    assert [error.kind for error in errors] == ["crashed"]
    wait_until(lambda: all_gone(pids), what="the end of the tasks")
    assert seen(tmp_path / "two", "1") == 1


def test_a_killed_builder_leaves_no_process(tmp_path):
    code(tmp_path, WAITS)
    builder = subprocess.Popen(
        [sys.executable, "-c", BUILDER, str(tmp_path)], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    pids = pids_in(tmp_path)
    pids += [child.pid for child in psutil.Process(builder.pid).children(recursive=True)]

    builder.kill()
    builder.wait(10)

    wait_until(lambda: all_gone(pids), what="the end of the builder's processes")


def test_a_fork_server_that_cannot_start_is_told_in_its_own_words(tmp_path, monkeypatch):
    monkeypatch.setitem(fork_server._FIXED, "PYTHONHASHSEED", "no number")
    monkeypatch.setattr(fork_server, "_shared", fork_server._Shared())

    error = said(tmp_path, "return None, None, None")

    assert "the process that starts the builds was ended:" in error.message
    assert "PYTHONHASHSEED" in error.message


def test_what_fled_into_a_session_of_its_own_ends_with_the_fork_server(tmp_path, monkeypatch):
    monkeypatch.setattr(fork_server, "_shared", fork_server._Shared())
    flees = WAITS.replace('600"]', '600"], start_new_session=True').replace(
        "time.sleep(600)", "return None, None, None"
    )

    run(tmp_path, flees)

    assert all_gone(pids_in(tmp_path))
