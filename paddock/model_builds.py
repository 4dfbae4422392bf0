"""Builds the models of a stack before Pulumi runs, and says what was built."""

from __future__ import annotations

from collections.abc import Sequence

from artifact_builder import Artifact, ArtifactBuilderError, ModelYaml, ModelYamlError, build_all, load_models
from infra.settings import Settings
from paddock import console
from paddock.errors import PaddockError, WordsError
from paddock.workspace import Workspace


def read_models(workspace: Workspace, settings: Settings) -> tuple[ModelYaml, ...]:
    """The stack's models; raises WordsError with every mistake of every file."""
    try:
        return load_models(workspace.project_dir / settings.models_dir, settings.models)
    except ModelYamlError as error:
        count = len(error.problems)
        title = "1 mistake" if count == 1 else f"{count} mistakes"
        raise WordsError(f"{title} in the models' files; nothing was created or changed.\n{error}") from error


def build_models(workspace: Workspace, settings: Settings, names: Sequence[str] = ()) -> tuple[Artifact, ...]:
    """Builds the named models (default: all); WordsError: an unknown name, PaddockError: a build failed."""
    models = read_models(workspace, settings)
    _refuse_unknown(names, models)
    wanted = [model for model in models if not names or model.name in names]
    try:
        with console.working(f"building {_counted(len(wanted), 'model')}"):
            artifacts = build_all(wanted, workspace.artifacts_dir)
    except ArtifactBuilderError as error:
        raise PaddockError(f"{error}\nNothing was created or changed.") from error
    for artifact in artifacts:
        if not artifact.was_cached:
            console.note(f"built {artifact.name} {artifact.digest[:12]} ({artifact.size_bytes / 1024:.0f} KiB)")
    return artifacts


def named_model(workspace: Workspace, settings: Settings, name: str) -> ModelYaml:
    """The model of that name; WordsError where there is none."""
    models = read_models(workspace, settings)
    _refuse_unknown([name], models)
    return next(model for model in models if model.name == name)


def _refuse_unknown(names: Sequence[str], models: Sequence[ModelYaml]) -> None:
    unknown = sorted(set(names) - {model.name for model in models})
    if unknown:
        there = ", ".join(model.name for model in models) or "none"
        raise WordsError(f"no model named {', '.join(unknown)}; there are: {there}")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
