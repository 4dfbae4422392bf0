"""Many models: only the changed ones, side by side, and one that fails does not stop the others."""

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
from artifact_builder_models import write_model

from artifact_builder import (
    Artifact,
    BuildError,
    BuildErrors,
    Outcome,
    SchedulerError,
    build_all,
    dask_cluster,
    fork_server,
    load_models,
)

ROOT = Path(__file__).resolve().parents[2]
BUILDER = """
import pathlib, sys, psutil
from artifact_builder import build_all, load_models
artifacts = build_all(load_models(pathlib.Path(sys.argv[1]) / "models"), pathlib.Path(sys.argv[1]) / "artifacts")
heavy = sorted({"sklearn", "pandas", "numpy", "joblib", "scipy"} & set(sys.modules))
print([artifact.was_cached for artifact in artifacts], heavy, psutil.Process().children())
"""
WAITS = """
import json, os, pathlib, subprocess, time

def train():
    child = subprocess.Popen(["sleep", "600"])
    path = pathlib.Path(__file__).with_name("pids")
    path.with_name("new").write_text(json.dumps([os.getpid(), child.pid]))
    path.with_name("new").rename(path)
    time.sleep(600)
"""
CLUSTER = """
import sys
from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=2, host="127.0.0.1", dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


def wait_until(condition, *, timeout_s: float = 30.0, what: str) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"waited {timeout_s} s for {what}"
        time.sleep(0.02)


def all_gone(pids: list[int]) -> bool:
    return not any(is_running(pid) for pid in pids)


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def project(root: Path, *names: str, broken: str = "") -> tuple:
    for name in names:
        folder = write_model(root / "models" / name)
        if name == broken:
            (folder / "model.pkl").write_bytes(b"no pickle")
    return load_models(root / "models")


def builder(root: Path, **options) -> subprocess.Popen:
    words = [sys.executable, "-c", BUILDER, str(root)]
    return subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True, **options)


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """Four models, the second broken, built by two jobs: (folder, models, error, outcomes, threads of on_done)."""
    root = tmp_path_factory.mktemp("four")
    models = project(root, "a", "b", "c", "d", broken="b")
    outcomes: list[Outcome] = []
    threads: list[threading.Thread] = []

    def on_done(outcome: Outcome) -> None:
        outcomes.append(outcome)
        threads.append(threading.current_thread())

    with pytest.raises(BuildErrors) as caught:
        build_all(models, root / "artifacts", jobs=2, on_done=on_done)
    return root, models, caught.value, outcomes, threads


def test_one_that_fails_does_not_stop_the_others_and_is_told_at_the_end(four):
    _, _, error, _, _ = four

    assert [artifact.name for artifact in error.artifacts] == ["a", "c", "d"]
    assert [(one.model_name, one.kind) for one in error.errors] == [("b", error.errors[0].kind)]
    assert str(error).startswith("b: model.pkl ")
    assert isinstance(error.errors[0], BuildError)


def test_each_outcome_is_told_once_in_the_thread_that_asked(four):
    _, _, _, outcomes, threads = four

    assert sorted(outcome.model.name for outcome in outcomes) == ["a", "b", "c", "d"]
    assert {outcome.model.name: isinstance(outcome.result, Artifact) for outcome in outcomes}["b"] is False
    assert all(outcome.wall_s > 0 for outcome in outcomes)
    assert set(threads) == {threading.main_thread()}


def test_nothing_half_done_and_no_process_is_left(four):
    root = four[0]

    assert not list((root / "artifacts").glob("*/.work-*"))
    assert fork_server._shared.server is None


def test_several_failures_are_counted_in_one_error(tmp_path):
    models = project(tmp_path, "a", "b", "c")
    for name in ("a", "c"):
        (tmp_path / "models" / name / "model.pkl").write_bytes(b"no pickle")

    with pytest.raises(BuildErrors) as caught:
        build_all(models, tmp_path / "artifacts")

    title, *lines = str(caught.value).splitlines()
    assert title == "2 of 3 models were not built:"
    assert [line[:3] for line in lines if line[0] != " "] == ["a: ", "c: "]


def test_unchanged_models_cost_no_process_and_no_heavy_import_and_keep_their_order(four):
    root, _, _, _, _ = four
    (root / "models" / "b" / "model.pkl").write_bytes((root / "models" / "a" / "model.pkl").read_bytes())
    first = builder(root, stdout=subprocess.PIPE)
    assert first.communicate(timeout=60)[0] == "[True, False, True, True] [] []\n"

    again = builder(root, stdout=subprocess.PIPE)

    assert again.communicate(timeout=60)[0] == "[True, True, True, True] [] []\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_or_killed_builder_leaves_no_process(tmp_path, number):
    for name in ("a", "b", "c"):
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        (folder / "train.py").write_text(WAITS)
        (folder / "model.yaml").write_text("train: train.py:train\n")
    running = builder(tmp_path, stderr=subprocess.PIPE)
    pids: list[int] = []
    for name in ("a", "b")[: min(2, len(psutil.Process().cpu_affinity()))]:
        told = tmp_path / "models" / name / "pids"
        wait_until(told.exists, what="the task's pids")
        pids += json.loads(told.read_text())
    pids += [child.pid for child in psutil.Process(running.pid).children(recursive=True)]

    running.send_signal(number)
    running.communicate(timeout=20)

    assert running.returncode == -number
    wait_until(lambda: all_gone(pids), what="the end of the builder's processes")
    if number == signal.SIGINT:  # a killed one's folder is swept by the next build
        assert not list((tmp_path / "artifacts").glob("*/.work-*"))
    assert not (tmp_path / "models" / "c" / "pids").exists()


@pytest.fixture(scope="module")
def cluster():
    """Address of a dask scheduler with one worker, in processes of their own."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", CLUSTER],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process.stdout.readline().strip()
        children = psutil.Process(process.pid).children(recursive=True)
        process.communicate(timeout=30)
        wait_until(lambda: all_gone([child.pid for child in children]), what="the end of the cluster")
    finally:
        process.kill()
        process.wait()


def test_a_dask_cluster_builds_the_same_artifacts(four, cluster, tmp_path):
    _, _, error, _, _ = four
    models = project(tmp_path, "a", "b", "c", broken="b")

    with pytest.raises(BuildErrors) as caught:
        build_all(models, tmp_path / "artifacts", scheduler=cluster)

    assert [artifact.digest for artifact in caught.value.artifacts] == [
        one.digest for one in error.artifacts if one.name != "d"
    ]
    assert [one.model_name for one in caught.value.errors] == ["b"]


def test_a_scheduler_that_does_not_answer_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(dask_cluster, "_CONNECT_TIMEOUT_S", 0.2)

    with pytest.raises(SchedulerError) as caught:
        build_all(project(tmp_path, "a"), tmp_path / "artifacts", scheduler="tcp://127.0.0.1:9")

    assert "no dask scheduler answers at tcp://127.0.0.1:9" in str(caught.value)


def test_a_word_that_is_no_address_is_an_error(tmp_path):
    with pytest.raises(SchedulerError) as caught:
        build_all(project(tmp_path, "a"), tmp_path / "artifacts", scheduler="here")

    assert str(caught.value) == "a dask scheduler's address must be like tcp://host:8786, found 'here'"


def test_without_distributed_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)

    with pytest.raises(SchedulerError) as caught:
        build_all(project(tmp_path, "a"), tmp_path / "artifacts", scheduler="tcp://127.0.0.1:9")

    assert "pip install distributed" in str(caught.value)


def test_a_worker_says_what_it_lacks(tmp_path):
    here = dask_cluster._versions()

    assert dask_cluster._lacks(here, [tmp_path]) == []
    lacks = dask_cluster._lacks({**here, "numpy": "0.1"}, [tmp_path / "one", tmp_path / "two"])
    assert lacks[0] == f"has numpy {here['numpy']}, must have 0.1"
    assert f"does not see {tmp_path / 'one'} and 1 more" in lacks[1]
