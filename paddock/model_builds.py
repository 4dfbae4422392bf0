"""Builds the models of a stack before Pulumi runs, and says what was built."""

from __future__ import annotations

from collections.abc import Sequence

from artifact_builder import (
    Artifact,
    ArtifactBuilderError,
    BuildError,
    BuildErrors,
    ModelYaml,
    ModelYamlError,
    Outcome,
    build_all,
)
from infra.settings import Settings
from infra.stack_models import stack_models
from paddock import console
from paddock.errors import PaddockError, WordsError
from paddock.workspace import Workspace

_NAMED = 3


def read_models(workspace: Workspace, settings: Settings) -> tuple[ModelYaml, ...]:
    """The stack's models; raises WordsError with every mistake of every file."""
    try:
        return stack_models(settings, workspace.project_dir)
    except ModelYamlError as error:
        count = len(error.problems)
        title = "1 mistake" if count == 1 else f"{count} mistakes"
        raise WordsError(f"{title} in the models' files; nothing was created or changed.\n{error}") from error


def build_models(workspace: Workspace, settings: Settings, names: Sequence[str] = ()) -> tuple[Artifact, ...]:
    """Builds the named models (default: all); WordsError: an unknown name, PaddockError: a build failed."""
    outcomes = build_outcomes(workspace, settings, names)
    failed = failures(outcomes)
    if failed is not None:
        raise PaddockError(f"{failed}\nNothing was created or changed.") from failed
    return tuple(outcome.result for outcome in outcomes if isinstance(outcome.result, Artifact))


def build_outcomes(
    workspace: Workspace,
    settings: Settings,
    names: Sequence[str] = (),
    *,
    jobs: int | None = None,
    scheduler: str | None = None,
    says_each: bool = True,
) -> tuple[Outcome, ...]:
    """Builds the named models (default: all), in the order of names; what failed is among the outcomes.

    ``says_each``: a line for each model as it is built; one that fails always gets a line. WordsError: an unknown
    name; PaddockError: nothing could be built at all.
    """
    models = read_models(workspace, settings)
    _refuse_unknown(names, models)
    wanted = [model for model in models if not names or model.name in names]
    outcomes: dict[str, Outcome] = {}
    with console.counting(f"building {_counted(len(wanted), 'model')}", len(wanted)) as count:

        def on_done(outcome: Outcome) -> None:
            outcomes[outcome.model.name] = outcome
            count.step(_line(outcome, says_each=says_each))

        try:
            build_all(wanted, workspace.artifacts_dir, jobs=jobs, scheduler=scheduler, on_done=on_done)
        except BuildErrors:
            pass  # each is among the outcomes
        except ArtifactBuilderError as error:
            raise PaddockError(f"{error}\nNothing was created or changed.") from error
    in_order = tuple(outcomes[model.name] for model in wanted)
    _say_notes(in_order)
    return in_order


def failures(outcomes: Sequence[Outcome]) -> BuildErrors | None:
    """All that failed, in one error; None: nothing did."""
    artifacts = tuple(outcome.result for outcome in outcomes if isinstance(outcome.result, Artifact))
    errors = tuple(outcome.result for outcome in outcomes if not isinstance(outcome.result, Artifact))
    return BuildErrors(errors, artifacts) if errors else None


def named_model(workspace: Workspace, settings: Settings, name: str) -> ModelYaml:
    """The model of that name; WordsError where there is none."""
    models = read_models(workspace, settings)
    _refuse_unknown([name], models)
    return next(model for model in models if model.name == name)


def _line(outcome: Outcome, *, says_each: bool) -> str | None:
    result = outcome.result
    if not isinstance(result, Artifact):
        return f"failed {str(result).splitlines()[0]}"
    if result.was_cached or not says_each:
        return None
    size = console.size_in_words(result.size_bytes)
    return f"built {result.name} {result.digest[:12]} ({size}, {outcome.wall_s:.1f} s)"


def _say_notes(outcomes: Sequence[Outcome]) -> None:
    """What the builds have to say, each sentence once, whichever number of models it is about."""
    about: dict[str, list[str]] = {}
    for outcome in outcomes:
        for note in _new_notes(outcome.result):
            about.setdefault(note, []).append(outcome.model.name)
    for note, names in about.items():
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        console.note(f"{', '.join(names[:_NAMED])}{more}: {note}")


def _refuse_unknown(names: Sequence[str], models: Sequence[ModelYaml]) -> None:
    unknown = sorted(set(names) - {model.name for model in models})
    if unknown:
        there = ", ".join(model.name for model in models) or "none"
        raise WordsError(f"no model named {', '.join(unknown)}; there are: {there}")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _new_notes(result: Artifact | BuildError) -> tuple[str, ...]:
    """What a build just said; of a model found built it was said before, and `paddock build --json` has it."""
    return result.notes if isinstance(result, Artifact) and not result.was_cached else ()
