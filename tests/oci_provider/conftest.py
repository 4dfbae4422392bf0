"""A local OCI per session and the real Pulumi CLI, with our plugin in a Pulumi home of its own."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from plugin_engine import Engine, running
from pulumi_stack import Bench, Place, overrides, wait_until

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
def place(data_dir: Path, pulumi_home: Path, tmp_path: Path, monkeypatch) -> Place:
    """A folder to work in and the environment that leads to the local OCI."""
    running = daemon.start(data_dir, None if (data_dir / "port").exists() else 0)
    known = credentials.load(data_dir)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PADDOCK_DIR": str(tmp_path / "paddock"),
        "PULUMI_HOME": str(pulumi_home),
        **overrides(running.endpoint),
        "TF_VAR_tenancy_ocid": known.tenancy_ocid,
        "TF_VAR_user_ocid": known.user_ocid,
        "TF_VAR_fingerprint": known.fingerprint,
        "TF_VAR_private_key_path": str(known.key_file),
        "TF_VAR_region": known.region,
    }
    work_dir = tmp_path / "work"
    work_dir.mkdir()
    monkeypatch.chdir(work_dir)  # where an inline program runs, and with it the plugin
    return Place(work_dir, data_dir, environment, running.endpoint, known.compartment_ocid)


@pytest.fixture
def engine(place: Place) -> Iterator[Engine]:
    """A configured plugin process, spoken to call by call."""
    with running(place.environment, place.work_dir) as one:
        one.configure()
        yield one
        one.delete_all()


@pytest.fixture
def bench(place: Place, pulumi_folder: Path, tmp_path: Path, monkeypatch) -> Iterator[Bench]:
    """A workplace for stacks; what is left of them afterwards is destroyed, and no process of theirs stays."""
    place.environment |= {
        "PATH": f"{pulumi_folder}:{os.environ['PATH']}",
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    for name, value in place.environment.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "state").mkdir()
    found = Bench(place)
    yield found
    found.clear()
    wait_until(lambda: not _plugins(), timeout_s=15, what="the end of the plugin's processes")


def _plugins() -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        command = process.info["cmdline"] or []
        ours = (process.info["environ"] or {}).get("PULUMI_HOME") == os.environ["PULUMI_HOME"]
        if "oci_provider" in command and ours:
            found.append(process)
    return found
