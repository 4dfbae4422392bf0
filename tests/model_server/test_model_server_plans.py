"""Decisions that need no process."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest

from model_server import DeploymentSpec
from model_server.artifact import to_json
from model_server.pool import BACKOFF_LIMIT_S, backoff_s
from model_server.process_identity import ProcessIdentity
from model_server.spec_checks import needs_new_workers
from model_server.worker_process import worker_environment


def test_a_spec_survives_its_json(spec):
    assert DeploymentSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec
    bare = replace(spec, access_log=None, predict_log=None)
    assert DeploymentSpec.from_json(json.loads(json.dumps(bare.to_json()))) == bare


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"instances": 9}, False),
        ({"access_log": None, "predict_log": None}, False),
        ({"accepted_keys": {}}, False),
        ({"body_limit_bytes": 1}, False),
        ({"environment": {"A": "1"}}, True),
        ({"predict_timeout_s": 1.0}, True),
    ],
)
def test_only_what_a_worker_is_made_of_brings_new_workers(spec, change, expected):
    assert needs_new_workers(spec, replace(spec, **change)) is expected


def test_another_artifact_brings_new_workers(spec, tmp_path):
    assert needs_new_workers(spec, replace(spec, artifact_dir=tmp_path / "other"))


@pytest.mark.parametrize(("instances", "cpus", "threads"), [(1, 8, "8"), (2, 8, "4"), (3, 8, "2"), (9, 8, "1")])
def test_workers_share_the_cores(instances, cpus, threads):
    planned = worker_environment({"PATH": "/bin", "PULUMI_CONFIG_PASSPHRASE": "x"}, {}, instances, cpus)
    assert planned["OMP_NUM_THREADS"] == planned["OPENBLAS_NUM_THREADS"] == threads
    assert planned["PADDOCK_MMAP_MODE"] == "c"
    assert planned["PATH"] == "/bin"
    assert "PULUMI_CONFIG_PASSPHRASE" not in planned


def test_the_deployments_own_variables_win():
    planned = worker_environment({"PATH": "/bin"}, {"OMP_NUM_THREADS": "5", "PATH": "/mine"}, 2, 8)
    assert (planned["OMP_NUM_THREADS"], planned["PATH"]) == ("5", "/mine")


def test_a_first_death_is_replaced_at_once_and_repeated_ones_ever_later():
    pauses = [backoff_s(failures) for failures in range(12)]
    assert pauses[:4] == [0.0, 0.0, 0.1, 0.2]
    assert pauses == sorted(pauses)
    assert pauses[-1] == BACKOFF_LIMIT_S


def test_a_circle_is_refused_and_not_followed_for_ever():
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(ValueError, match="Circular"):
        to_json(circle)


def test_a_pid_with_another_start_time_is_another_process():
    myself = ProcessIdentity.of(os.getpid())
    assert myself is not None
    assert myself.is_alive()
    assert not replace(myself, started="long ago").is_alive()
    assert not replace(myself, started="long ago").send(9)
