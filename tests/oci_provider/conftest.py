"""A local OCI per session and the real Pulumi CLI, with our plugin in a Pulumi home of its own."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from pulumi_stack import Bench, wait_until

from local_oci import credentials, daemon

ROOT = Path(__file__).parents[2]
PLUGIN = "resource-oci-v5.5.0"


@pytest.fixture(scope="session")
def pulumi_folder() -> Path:
    """The folder of the pulumi binary: from PATH, else what this repository brought."""
    found = shutil.which("pulumi") or shutil.which("pulumi", path=str(ROOT / ".paddock" / "bin"))
    if found is None:
        pytest.fail("no pulumi on PATH and none in .paddock/bin: run `make toolchain`, which finds or builds it")
    return Path(found).parent


@pytest.fixture(scope="session")
def pulumi_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("pulumi-home")
    plugin = home / "plugins" / PLUGIN / "pulumi-resource-oci"
    plugin.parent.mkdir(parents=True)
    plugin.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m oci_provider "$@"\n')
    plugin.chmod(0o755)
    return home


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("local-oci")
    yield folder
    daemon.stop(folder)


@pytest.fixture
def bench(data_dir: Path, pulumi_home: Path, pulumi_folder: Path, tmp_path: Path, monkeypatch) -> Iterator[Bench]:
    """A workplace for one stack; what is left of the stack afterwards is destroyed, and no process of it stays."""
    running = daemon.start(data_dir, None if (data_dir / "port").exists() else 0)
    known = credentials.load(data_dir)
    environment = {
        "PATH": f"{pulumi_folder}:{os.environ['PATH']}",
        "PADDOCK_DIR": str(tmp_path / "paddock"),
        "PULUMI_HOME": str(pulumi_home),
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "CLIENT_HOST_OVERRIDES": ";".join(
            f"{client}={running.endpoint}"
            for client in ("oci_datascience.DataScienceClient", "oci_logging.LoggingManagementClient")
        ),
        "TF_VAR_tenancy_ocid": known.tenancy_ocid,
        "TF_VAR_user_ocid": known.user_ocid,
        "TF_VAR_fingerprint": known.fingerprint,
        "TF_VAR_private_key_path": str(known.key_file),
        "TF_VAR_region": known.region,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "state").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")  # where an inline program runs, and with it the plugin
    place = Bench(
        work_dir=tmp_path / "work", data_dir=data_dir, environment=environment, compartment=known.compartment_ocid
    )
    yield place
    place.clear()
    wait_until(lambda: not _plugins(), timeout_s=15, what="the end of the plugin's processes")


def _plugins() -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        command = process.info["cmdline"] or []
        ours = (process.info["environ"] or {}).get("PULUMI_HOME") == os.environ["PULUMI_HOME"]
        if "oci_provider" in command and ours:
            found.append(process)
    return found
