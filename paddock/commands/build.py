"""`paddock build` and `paddock verify`: artifacts, without Pulumi and without a cloud."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence

import click

from artifact_builder import Artifact, ArtifactBuilderError, Outcome, artifact_folder, verify
from paddock import console
from paddock.commands.options import json_option
from paddock.errors import PaddockError
from paddock.model_builds import build_models, build_outcomes, failures, named_model
from paddock.stack_settings import settings_or_default
from paddock.workspace import find_workspace


@click.command("build")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Models to build at a time.  [default: cores]")
@click.option("--scheduler", metavar="ADDRESS", help="A dask scheduler (tcp://…) whose workers build instead.")
@json_option
def build_command(names: tuple[str, ...], *, jobs: int | None, scheduler: str | None, as_json: bool) -> None:
    """Build the artifacts of the models (default: all); an unchanged model costs a hash.

    One that fails does not stop the others; the exit code is 1 then. Workers of a dask cluster must see this folder
    under the same path.
    """
    workspace = find_workspace()
    began_s = time.perf_counter()
    outcomes = build_outcomes(
        workspace,
        settings_or_default(workspace),
        names,
        jobs=jobs,
        scheduler=scheduler,
        says_each=not sys.stderr.isatty(),  # on a terminal the table says it
    )
    if as_json:
        console.print_json([_json(outcome) for outcome in outcomes])
    else:
        console.print_table(("model", "state", "digest", "zip", "seconds"), [_row(outcome) for outcome in outcomes])
        console.say(_summary(outcomes, time.perf_counter() - began_s))
    failed = failures(outcomes)
    if failed is not None:
        raise PaddockError(str(failed)) from failed


def _state(outcome: Outcome) -> str:
    if not isinstance(outcome.result, Artifact):
        return "failed"
    return "unchanged" if outcome.result.was_cached else "built"


def _row(outcome: Outcome) -> tuple[str, ...]:
    result, seconds = outcome.result, f"{outcome.wall_s:.1f}"
    if not isinstance(result, Artifact):
        return (outcome.model.name, "failed", "", "", seconds)
    return (result.name, _state(outcome), result.digest[:12], console.size_in_words(result.size_bytes), seconds)


def _json(outcome: Outcome) -> dict[str, object]:
    result = outcome.result
    about = {"name": outcome.model.name, "state": _state(outcome), "seconds": round(outcome.wall_s, 3)}
    if not isinstance(result, Artifact):
        return {**about, "kind": result.kind, "error": str(result)}
    return {
        **about,
        "digest": result.digest,
        "folder": str(result.folder),
        "zip": str(result.zip_path),
        "sizeBytes": result.size_bytes,
        "cached": result.was_cached,
        "notes": list(result.notes),
    }


def _summary(outcomes: Sequence[Outcome], wall_s: float) -> str:
    counts = Counter(_state(outcome) for outcome in outcomes)
    return f"{', '.join(f'{count} {state}' for state, count in sorted(counts.items())) or 'no models'}, {wall_s:.1f} s"


@click.command("verify")
@click.argument("name")
def verify_command(name: str) -> None:
    """Run a model's own score.py in a clean process and compare with the predictions of its build.

    An edited artifact is verified as it is; only where none was built yet, one is built.
    """
    workspace = find_workspace()
    settings = settings_or_default(workspace)
    model = named_model(workspace, settings, name)
    folder = artifact_folder(model, workspace.artifacts_dir) or build_models(workspace, settings, [name])[0].folder
    try:
        verification = verify(folder)
    except ArtifactBuilderError as error:
        raise PaddockError(str(error)) from error
    words = f"{verification.name} {verification.digest[:12]}: {verification}"
    if not verification.is_ok:
        raise PaddockError(words)
    console.say(words)
