"""Real supervisors on free ports, and a signed client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from deployment_under_test import (
    DEPLOYMENT_ID,
    KEY_ID,
    OLD_SCORE,
    READY_TIMEOUT_S,
    TENANCY,
    Client,
    Keys,
    assert_nothing_left,
    free_port,
    write_artifact,
)

from model_server import DeploymentSpec, LogTarget, supervisor


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys()


@pytest.fixture
def spec(tmp_path: Path, keys: Keys) -> Iterator[DeploymentSpec]:
    """A deployment of OLD_SCORE, two workers, both logs; not started. Afterwards it is stopped, and all is gone."""
    target = LogTarget(tmp_path / "access.jsonl", "ocid1.log..a", "ocid1.loggroup..g", "ocid1.compartment..c", TENANCY)
    made = DeploymentSpec(
        deployment_id=DEPLOYMENT_ID,
        host="127.0.0.1",
        port=free_port(),
        state_dir=tmp_path / "deployments" / DEPLOYMENT_ID,
        generation=1,
        artifact_dir=write_artifact(tmp_path / "old", OLD_SCORE),
        instances=2,
        access_log=target,
        predict_log=replace(target, path=tmp_path / "predict.jsonl", log_id="ocid1.log..p"),
        accepted_keys={KEY_ID: keys.public_pem},
    )
    yield made
    supervisor.stop(made, drain_timeout_s=5)
    assert_nothing_left(made, tmp_path)


@pytest.fixture
def client(spec: DeploymentSpec, keys: Keys) -> Iterator[Client]:
    made = Client(spec, keys)
    with made.session:
        yield made


@pytest.fixture
def serve(spec: DeploymentSpec) -> Callable[..., DeploymentSpec]:
    """Start the deployment (with changes to its spec) and wait until it is READY."""

    def started(**changes: Any) -> DeploymentSpec:
        changed = replace(spec, **changes)
        supervisor.start(changed)
        supervisor.wait_ready(changed, READY_TIMEOUT_S)
        return changed

    return started
