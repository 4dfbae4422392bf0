"""A real Pulumi CLI, with our language host in front of any other, on a file backend in a folder of the test."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from language_host_project import Project, processes_in, wait_until

from paddock.toolchain import ensure, find_ready
from paddock.toolchain.scripts import write_language_host, write_plugin

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def pulumi() -> Path:
    """The CLI from PATH or `.paddock/bin`; built from its Go module where there is none. Reaches no other host."""
    paddock_dir = REPOSITORY / ".paddock"
    ready = find_ready(paddock_dir)
    if ready is None:
        ready = ensure(paddock_dir, report=print, environ={**os.environ, "PADDOCK_PULUMI_SOURCE": "module"})
    return ready.pulumi


@pytest.fixture
def project(pulumi: Path, tmp_path: Path) -> Iterator[Project]:
    """A project with an empty program; afterwards no process is left that was started in its folder."""
    host = write_language_host(tmp_path / "bin", Path(sys.executable))
    write_plugin(tmp_path, Path(sys.executable), "5.5.0")
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")},
        "PATH": os.pathsep.join([str(host.parent), os.environ["PATH"]]),
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path}/state",
        "PULUMI_CONFIG_PASSPHRASE": "of a test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    (tmp_path / "state").mkdir()
    made = Project(tmp_path / "a project", pulumi, environ)
    made.folder.mkdir()
    made.options()
    made.write("")
    assert made.run("stack", "init", "dev").returncode == 0
    yield made
    wait_until(lambda: not processes_in(tmp_path), timeout_s=10, what="no process of the test is left")
