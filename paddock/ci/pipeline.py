"""What every step of a pipeline has at hand, and the two things that most of them begin with: build, and approval."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from artifact_builder import Artifact
from infra.settings import Settings
from paddock.ci import approval, base_commit, ci_system
from paddock.ci.approval import Approval
from paddock.ci.cancellation import Cancellation
from paddock.ci.ci_log import CiLog
from paddock.ci.ci_system import CiSystem
from paddock.ci.step import StepRun, Steps
from paddock.errors import PaddockError
from paddock.model_builds import build_models
from paddock.stack_settings import settings_or_default
from paddock.workspace import Workspace


@dataclass(frozen=True)
class Pipeline:
    """One run of one step. `out_dir` gets what it leaves behind."""

    workspace: Workspace
    stack: str
    system: CiSystem
    log: CiLog
    steps: Steps
    out_dir: Path

    @property
    def cancellation(self) -> Cancellation:
        """Whether this run is to end."""
        return self.steps.cancellation

    @property
    def settings(self) -> Settings:
        """What the stack's file says, or the defaults."""
        return settings_or_default(self.workspace, self.stack)

    def paddock(self, title: str, *words: str, shows_stdout: bool = True) -> StepRun:
        """A step in the project's own folder."""
        return self.steps.run(title, words, self.workspace.project_dir, shows_stdout=shows_stdout)

    def build(self) -> tuple[Artifact, ...]:
        """The stack's artifacts, from those that are there where the inputs are the same."""
        with self.log.group("build the models"):
            artifacts = build_models(self.workspace, self.settings)
            for artifact in artifacts:
                origin = "as passed on" if artifact.was_cached else "built"
                self.log.line(f"{artifact.name} {artifact.digest} ({origin})")
        return artifacts

    def approval_of(self, artifacts: tuple[Artifact, ...]) -> Approval:
        """What a preview of these artifacts shows, at the commit that is checked out."""
        return approval.of_artifacts(self.stack, base_commit.head(self.workspace.project_dir), artifacts)


@contextmanager
def opened(workspace: Workspace, stack: str, out_dir: Path) -> Iterator[Pipeline]:
    """A pipeline in the caller's environment; what goes wrong in it is annotated in the CI system's form."""
    system = ci_system.read(os.environ)
    ci_log = CiLog(system.name)
    with Cancellation() as cancellation:
        steps = Steps(ci_log, cancellation, _environment())
        try:
            yield Pipeline(workspace, stack, system, ci_log, steps, out_dir)
        except PaddockError as error:
            if system.name == "github":  # elsewhere the command's own last line says it
                ci_log.error(str(error))
            raise


def _environment() -> dict[str, str]:
    """Plain text wherever a program would colour, and nothing that waits for a person."""
    return {**os.environ, "NO_COLOR": "1", "PULUMI_SKIP_UPDATE_CHECK": "true", "GIT_TERMINAL_PROMPT": "0"}
