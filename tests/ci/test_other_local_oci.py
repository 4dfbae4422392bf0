"""A second local OCI, and what a stack other than `local` takes from its environment."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from local_oci import daemon
from paddock.oci_access import local_endpoint

REPOSITORY = Path(__file__).parents[2]


def env(data_dir: Path, *words: str) -> str:
    result = subprocess.run(
        [sys.executable, "-m", "paddock", "env", "--data", str(data_dir), *words],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_env_of_a_data_folder_starts_it_and_keeps_to_that_folder(tmp_path):
    try:
        told = json.loads(env(tmp_path / "oci", "--json"))
        lines = env(tmp_path / "oci").splitlines()
        running = daemon.status(tmp_path / "oci")
    finally:
        daemon.stop(tmp_path / "oci")

    assert running is not None
    assert told["endpoint"] == running.endpoint
    exported = dict(shlex.split(line)[1].split("=", 1) for line in lines if line.startswith("export "))
    assert exported["PULUMI_BACKEND_URL"] == f"file://{tmp_path}/oci/paddock/state"
    assert exported["OCI_CONFIG_FILE"].startswith(str(tmp_path))
    assert (tmp_path / "oci" / "paddock" / "passphrase").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("overrides", "endpoint"),
    [
        ("oci_logging.X=http://127.0.0.1:1;oci_datascience.DataScienceClient=http://127.0.0.1:2", "http://127.0.0.1:2"),
        ("oci_datascience.DataScienceClient=https://proxy.example", None),
        ("", None),
    ],
    ids=["a local OCI", "an address elsewhere is Oracle's plugin's business", "nothing"],
)
def test_another_stack_meets_the_local_oci_that_its_environment_names(overrides, endpoint):
    assert local_endpoint({"CLIENT_HOST_OVERRIDES": overrides}) == endpoint
