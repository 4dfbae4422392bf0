"""Where a change is rehearsed: a local OCI of its own, and two checkouts, of the base and of the change.

    .paddock/rehearsal/oci/     data folder of the local OCI     base/  change/     git worktrees

Nothing of the caller's accounts comes along, nothing of it is left afterwards, and the local stack is not touched.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local_oci import daemon
from paddock import other_local_oci
from paddock.ci import base_commit
from paddock.ci.pipeline import Pipeline
from paddock.ci.rehearsal_stack import rehearsed
from paddock.ci.step import StepRun, Steps
from paddock.other_local_oci import OtherLocalOci
from paddock.workspace import Workspace

_OF_ACCOUNTS = ("PULUMI_", "OCI_", "TF_VAR_", "AWS_", "CLIENT_HOST_OVERRIDES")


@dataclass(frozen=True)
class Scene:
    """`base` and `change` are project folders; `notes` say what is not as on the real stack."""

    root: Path
    base: Path
    change: Path
    stack: str
    oci: OtherLocalOci
    steps: Steps
    notes: tuple[str, ...]

    def run(self, title: str, folder: Path, *words: str, shows_stdout: bool = True) -> StepRun:
        """A `paddock` command as one of the two checkouts has it; `STACK` stands for the rehearsal's stack."""
        told = [self.stack if word == "STACK" else word for word in words]
        return self.steps.run(title, told, folder, shows_stdout=shows_stdout)


@contextmanager
def built_up(pipeline: Pipeline, base: str, change: str) -> Iterator[Scene]:
    """The scene, ready for its first step."""
    root = pipeline.workspace.paddock_dir / "rehearsal"
    _clear(root)
    root.mkdir(parents=True)
    project = pipeline.workspace.project_dir
    try:
        with (
            base_commit.checked_out(project, base, root / "base") as base_dir,
            base_commit.checked_out(project, change, root / "change") as change_dir,
        ):
            with pipeline.log.group("start a local OCI"):
                oci = other_local_oci.start(pipeline.workspace, root / "oci", 0)
                pipeline.log.line(f"it answers at {oci.running.endpoint}")
            notes: dict[str, None] = {}
            for folder in (base_dir, change_dir):
                notes |= dict.fromkeys(_furnish(folder, pipeline, oci))
            steps = Steps(pipeline.log, pipeline.cancellation, _environment(pipeline.steps.environment, oci))
            yield Scene(root, base_dir, change_dir, pipeline.stack, oci, steps, tuple(notes))
    finally:
        _clear(root)


def _furnish(folder: Path, pipeline: Pipeline, oci: OtherLocalOci) -> tuple[str, ...]:
    """What a checkout needs besides what git has: packages, the artifacts that are built already, the stack's file."""
    project = pipeline.workspace.project_dir
    environment = project / ".venv"
    (folder / ".venv").symlink_to(environment if environment.exists() else Path(sys.prefix))
    artifacts = pipeline.workspace.artifacts_dir
    artifacts.mkdir(exist_ok=True)
    (folder / "artifacts").symlink_to(artifacts)
    stack_file = Workspace(folder).stack_file(pipeline.stack)
    real: Any = yaml.safe_load(stack_file.read_text(encoding="utf-8")) if stack_file.exists() else None
    document, notes = rehearsed(real, oci.known.compartment_ocid)
    stack_file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return notes


def _environment(callers: Mapping[str, str], oci: OtherLocalOci) -> dict[str, str]:
    """The caller's, without all that could lead to an account, and with the local OCI in its place."""
    kept = {name: value for name, value in callers.items() if not name.startswith(_OF_ACCOUNTS)}
    # The CLI was found for the checkout already; the worktrees take it from PATH.
    return {**kept, **oci.variables, "PADDOCK_PULUMI_SOURCE": "path", "PULUMI_SKIP_UPDATE_CHECK": "true"}


def _clear(root: Path) -> None:
    """Also what a killed rehearsal left."""
    if (root / "oci").exists():
        daemon.stop(root / "oci")
    shutil.rmtree(root, ignore_errors=True)
    # git forgets the worktrees of folders that are gone when it next adds one by the same name (`--force`).


def is_empty(scene: Scene) -> bool:
    """Whether no deployment of the rehearsal runs any more."""
    return not daemon.deployments(scene.oci.running.data_dir)
