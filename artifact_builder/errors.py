"""What can go wrong in this room.

ArtifactBuilderError
├── ModelYamlError     model.yaml, or a stack's overrides, say what cannot be: all problems at once
├── ReadyArtifactError a zip that shall be an artifact is none (in `ready_artifact`)
├── SamplesError       sample rows cannot be read
├── BuildError         the estimator or its samples do not make an artifact
├── BuildErrors        of several models, these do not; the others were built
├── SchedulerError     dask's cluster cannot build
└── VerifyError        what was given to verify is not an artifact
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from artifact_builder.artifact_home import Artifact


class ArtifactBuilderError(Exception):
    """Base of every error that this room raises on purpose; its text is for a person."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong in a model.yaml.

    ``file`` as a person would name it, ``line`` counted from 1 (None where there is no line, as in a stack's
    configuration), ``path`` dotted ("" for the whole file), ``message`` what must be, with ``found`` beside it.
    """

    file: str
    line: int | None
    path: str
    message: str
    found: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        where = f"{place}: {self.path}: " if self.path else f"{place}: "
        return where + self.message + (f", found {self.found}" if self.found is not None else "")


class ModelYamlError(ArtifactBuilderError):
    """Every problem of every model.yaml (and of the overrides), in the order of files and lines."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class SamplesError(ArtifactBuilderError):
    """Sample rows cannot be read."""


class BuildError(ArtifactBuilderError):
    """No artifact was made. ``model_name`` says of which model, ``kind`` names the cause for programs."""

    def __init__(self, model_name: str, kind: str, message: str) -> None:
        self.model_name = model_name
        self.kind = kind
        self.message = message
        super().__init__(f"{model_name}: {message}")

    def __reduce__(self) -> tuple[type[BuildError], tuple[str, str, str]]:
        return BuildError, (self.model_name, self.kind, self.message)  # it travels from dask's workers


class BuildErrors(ArtifactBuilderError):  # noqa: N818  # several of them
    """All that went wrong when several models were built. ``artifacts`` are those that were built, or unchanged."""

    def __init__(self, errors: tuple[BuildError, ...], artifacts: tuple[Artifact, ...]) -> None:
        self.errors = errors
        self.artifacts = artifacts
        title = [f"{len(errors)} of {len(errors) + len(artifacts)} models were not built:"] if len(errors) > 1 else []
        super().__init__("\n".join([*title, *(str(error) for error in errors)]))


class SchedulerError(ArtifactBuilderError):
    """dask's scheduler or its workers are not there, or cannot do what is asked; nothing was built."""


class VerifyError(ArtifactBuilderError):
    """The folder is no artifact of ours, or the process that verifies it broke."""
