"""`paddock fleet`: many models as several stacks on one platform."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click
import yaml

from artifact_builder import shards_of
from infra.settings import SettingsError, settings_from_stack_file
from paddock import console
from paddock.commands.options import json_option, stack_option
from paddock.errors import PaddockError, WordsError
from paddock.fleet.plan import FleetStack, configuration, fleet_stacks, operator_manifests
from paddock.fleet.run import Outcome, raise_failures, run_all
from paddock.model_builds import build_models
from paddock.session import Session, open_session
from paddock.workspace import Workspace, find_workspace, write_atomically

_jobs_option = click.option(
    "--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True, help="Stacks at a time."
)
_yes_option = click.option("-y", "--yes", "is_agreed", is_flag=True, help="Do not ask.")
_DONE = ("create", "update", "replace", "delete", "same")


@click.group()
def fleet() -> None:
    """Many models as several stacks: one for each `shard` that model.yaml names, on one platform stack.

    -s names the stack whose configuration they share (Pulumi.STACK.yaml); theirs are STACK-platform and STACK-<shard>.
    """


@fleet.command()
@stack_option
@_jobs_option
@_yes_option
@json_option
def up(stack: str, jobs: int, *, is_agreed: bool, as_json: bool) -> None:
    """Build what changed once, apply the platform, then all shards side by side."""
    _operate("up", stack, jobs, is_agreed=is_agreed, as_json=as_json)


@fleet.command()
@stack_option
@_jobs_option
@json_option
def preview(stack: str, jobs: int, *, as_json: bool) -> None:
    """Preview every stack of the fleet; the platform has to be there."""
    _operate("preview", stack, jobs, is_agreed=True, as_json=as_json)


@fleet.command()
@stack_option
@_jobs_option
@_yes_option
@json_option
def destroy(stack: str, jobs: int, *, is_agreed: bool, as_json: bool) -> None:
    """Destroy the shards side by side, then the platform."""
    _operate("destroy", stack, jobs, is_agreed=is_agreed, as_json=as_json)


@fleet.command()
@stack_option
@click.option("--repository", required=True, metavar="URL", help="Where the operator clones the project from.")
@click.option("--branch", default="main", show_default=True)
@click.option("--folder", default=".", show_default=True, help="The project's folder in the repository.")
@click.option("--namespace", default="default", show_default=True)
def manifests(stack: str, repository: str, branch: str, folder: str, namespace: str) -> None:
    """Print a `Stack` of the Pulumi Kubernetes Operator for each stack of the fleet."""
    documents = operator_manifests(
        _stacks(find_workspace(), stack), repository=repository, branch=branch, folder=folder, namespace=namespace
    )
    console.say(yaml.safe_dump_all(documents, sort_keys=False).rstrip())


def _operate(operation: str, base: str, jobs: int, *, is_agreed: bool, as_json: bool) -> None:
    workspace = find_workspace()
    session = open_session(workspace, base)  # first: it makes the local stack's file
    stacks = _stacks(workspace, base)
    if operation != "destroy":
        build_models(workspace, settings_from_stack_file(workspace.stack_file(base)))
    _write_files(session, stacks)
    _agree(operation, session, stacks, is_agreed=is_agreed)

    def told(outcome: Outcome) -> None:
        console.note(f"{outcome.stack.name}: {_result(operation, outcome)}, {outcome.duration_s:.1f} s")

    outcomes = run_all(session, stacks, operation, jobs=jobs, on_done=told)
    if as_json:
        console.print_json([_json(outcome) for outcome in outcomes])
    else:
        _print(operation, outcomes)
    raise_failures(outcomes, len(stacks))


def _stacks(workspace: Workspace, base: str) -> tuple[FleetStack, ...]:
    try:
        settings = settings_from_stack_file(workspace.stack_file(base))
    except SettingsError as error:
        raise WordsError(str(error)) from error
    return fleet_stacks(base, shards_of(workspace.project_dir / settings.models_dir))


def _write_files(session: Session, stacks: Sequence[FleetStack]) -> None:
    """Each stack's file follows the base's; what a person added to a shard's `paddock:models` stays."""
    workspace = session.workspace
    base = yaml.safe_load(workspace.stack_file(session.stack).read_text(encoding="utf-8")) or {}
    project = workspace.project_name
    platform = f"organization/{project}/{stacks[0].name}"
    for stack in stacks:
        path = workspace.stack_file(stack.name)
        text = yaml.safe_dump(configuration(base, stack, platform), sort_keys=False)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            write_atomically(path, text)


def _agree(operation: str, session: Session, stacks: Sequence[FleetStack], *, is_agreed: bool) -> None:
    if is_agreed or session.is_local:
        return
    if not click.confirm(f"{operation} of {len(stacks)} stacks ({stacks[0].name} … {stacks[-1].name})?"):
        raise PaddockError("Nothing was changed: it was declined.")


def _print(operation: str, outcomes: Sequence[Outcome]) -> None:
    columns = ("stack", *(f"{key}" for key in _DONE), "time", "result")
    rows = [
        (
            outcome.stack.name,
            *(str(outcome.changes.get(key, 0) or "-") for key in _DONE),
            f"{outcome.duration_s:.1f} s",
            _result(operation, outcome),
        )
        for outcome in outcomes
    ]
    console.print_table(columns, rows)


def _result(operation: str, outcome: Outcome) -> str:
    return f"{operation} failed" if outcome.error else "done"


def _json(outcome: Outcome) -> dict[str, object]:
    return {
        "stack": outcome.stack.name,
        "shard": outcome.stack.shard,
        "changes": outcome.changes,
        "durationSeconds": round(outcome.duration_s, 3),
        "error": outcome.error,
    }
