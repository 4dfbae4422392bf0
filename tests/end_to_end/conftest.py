"""A clone of the project in a folder of its own, with the real Pulumi CLI, the local OCI and real workers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

PROJECT = Path(__file__).parents[2]
PARTS = (
    "__main__.py",
    "Pulumi.yaml",
    "pyproject.toml",
    "requirements.txt",
    "artifact_builder",
    "infra",
    "local_oci",
    "model_server",
    "models",
    "oci_provider",
    "paddock",
    "policy",
    "toolchain",
)


@dataclass(frozen=True)
class Clone:
    """A project folder; `paddock` and `shell` run there as a user would."""

    folder: Path

    def paddock(self, *words: str, check: bool = True, timeout_s: float = 240) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [sys.executable, "-m", "paddock", *words],
            cwd=self.folder,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if check:
            assert result.returncode == 0, f"paddock {' '.join(words)}\n{result.stdout}\n{result.stderr}"
        return result

    def paddock_json(self, *words: str) -> Any:
        return json.loads(self.paddock(*words).stdout)

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        """A script in which `paddock` is a command and `eval "$(paddock env)"` was done."""
        paddock = f'paddock() {{ "{sys.executable}" -m paddock "$@"; }}\neval "$(paddock env)"\n'
        return subprocess.run(
            ["sh", "-ec", paddock + script],
            cwd=self.folder,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def processes(self) -> list[psutil.Process]:
        """Every process that has this clone's folder in its command line or as its working folder."""
        found = []
        for process in psutil.process_iter():
            try:
                words = " ".join(process.cmdline())
                if str(self.folder) in words or str(self.folder) in process.cwd():
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                continue
        return found

    def up(self, *flags: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.paddock("up", "--yes", "--skip-preview", *flags, check=check)

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{file} does not say {old!r}"
        path.write_text(text.replace(old, new))


def clean_environment() -> dict[str, str]:
    """Without anything that a developer's shell may have set for Pulumi or OCI."""
    mine = ("PULUMI_", "OCI_", "TF_VAR_", "PADDOCK_", "CLIENT_HOST_OVERRIDES")
    keep = {"PADDOCK_PULUMI_SOURCE"}
    return {name: value for name, value in os.environ.items() if name in keep or not name.startswith(mine)}


def make_clone(folder: Path) -> Clone:
    """The working tree's files; the virtual environments and the built CLI are shared, not rebuilt."""
    folder.mkdir(parents=True)
    for part in PARTS:
        source = PROJECT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".venv"))
        else:
            shutil.copy2(source, folder / part)
    (folder / ".venv").symlink_to(Path(sys.prefix))
    (folder / "policy" / ".venv").symlink_to(PROJECT / "policy" / ".venv")
    tools = PROJECT / ".paddock" / "bin"
    if tools.is_dir():
        shutil.copytree(tools, folder / ".paddock" / "bin", copy_function=os.link)
    return Clone(folder)


def end(clone: Clone) -> None:
    """Whatever a test left running is stopped; a process that outlives that is a failure."""
    clone.paddock("local", "stop", check=False)
    left = psutil.wait_procs(clone.processes(), timeout=10)[1]
    for process in left:
        process.kill()
    assert not left, f"left running: {[process.cmdline() for process in left]}"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A clone that the tests of a module share, in their order."""
    made = make_clone(tmp_path_factory.mktemp("e2e") / "my clone")
    yield made
    end(made)


@pytest.fixture
def own_clone(tmp_path: Path) -> Iterator[Clone]:
    """A clone that a test has to itself."""
    made = make_clone(tmp_path / "clone")
    yield made
    end(made)
