"""One `paddock up`: a preview that is read, a gate, one or more runs of `pulumi up`, and the proof afterwards."""

from __future__ import annotations

import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from infra.program import HELD_BACK_VARIABLE, KEEP_VARIABLE
from paddock import console, model_report, pulumi_run, stack_operation
from paddock.errors import PaddockError, WordsError
from paddock.model_report import ModelChange, gate
from paddock.session import Session
from paddock.stack_operation import Built
from paddock.staged_up.stages import in_words, stages


@dataclass(frozen=True)
class Wish:
    """What was asked for. `flags`: everything that is Pulumi's own.

    `is_breaking_allowed`: `--allow-breaking`. `rolls_back`: a model that fails is put back to what was served before.
    `checks`: whether the changed endpoints are asked afterwards.
    """

    flags: tuple[str, ...] = ()
    is_breaking_allowed: bool = False
    rolls_back: bool = False
    checks: bool = True

    @property
    def up_flags(self) -> list[str]:
        """Without what each run of `up` is given anyway: it was agreed to, and was previewed."""
        return [flag for flag in self.flags if flag not in {"--yes", "-y", "--skip-preview", "-f"}]

    @property
    def preview_flags(self) -> list[str]:
        """Without what a preview does not know."""
        known = self.up_flags
        plans = [place for place, flag in enumerate(known) if flag == "--plan"]
        unknown = {*plans, *(place + 1 for place in plans)}
        return [flag for place, flag in enumerate(known) if place not in unknown and not flag.startswith("--plan=")]

    @property
    def is_quiet_first(self) -> bool:
        """Whether the preview is not to be seen."""
        return "--skip-preview" in self.flags or "-f" in self.flags

    @property
    def is_agreed(self) -> bool:
        """Whether nobody is to be asked."""
        return bool({"--yes", "-y"} & set(self.flags))


@dataclass(frozen=True)
class Update:
    """How an update went: the last run of Pulumi, and what became of each model that changed."""

    run: pulumi_run.Run
    changes: tuple[ModelChange, ...] = ()


def update(session: Session, built: Built, wish: Wish) -> Update:
    """Applies what the models declare. Raises PaddockError where the gate or the person at the terminal says no."""
    if wish.rolls_back and built.settings.keep == 0:
        session = _with_variables(session, {KEEP_VARIABLE: "1"})
    preview, changes = _preview(session, wish)
    if preview.exit_code != 0:
        return Update(preview, changes)
    gate.refuse_breaking(
        changes, gate.permission(built.settings, built.models, is_allowed_once=wish.is_breaking_allowed)
    )
    if preview.changed_count == 0 and not preview.has_new_state and wish.is_quiet_first:
        return Update(preview, changes)
    _agree(session, wish)
    return Update(_apply(session, wish, changes), changes)


def _preview(session: Session, wish: Wish) -> tuple[pulumi_run.Run, tuple[ModelChange, ...]]:
    arguments = ["preview", "--stack", session.stack, *wish.preview_flags]
    is_for_a_program = stack_operation.prints_json(wish.flags)
    with tempfile.TemporaryDirectory(prefix="paddock-") as folder, (Path(folder) / "preview.txt").open("w+") as quiet:
        event_log = Path(folder) / "events.jsonl"
        is_hidden = wish.is_quiet_first or is_for_a_program
        run = pulumi_run.run_with_event_log(session, arguments, event_log, stdout=quiet if is_hidden else None)
        if run.exit_code != 0:
            quiet.seek(0)
            click.echo(quiet.read(), err=True, nl=False)
            return run, ()
        changes = model_report.from_event_log(event_log, session.workspace.artifacts_dir)
    if changes and not is_for_a_program:
        from paddock.model_report.terminal import print_report

        print_report(changes)
    return run, changes


def _agree(session: Session, wish: Wish) -> None:
    """Pulumi's own question comes before its preview is read by us, so it is ours to ask."""
    if wish.is_agreed or (session.is_local and not sys.stdin.isatty()):
        return
    if not sys.stdin.isatty():
        raise WordsError(f"stack {session.stack}: --yes must be given where there is no terminal to answer on")
    if not click.confirm(f"Do you want to perform this update of stack {session.stack}?"):
        raise PaddockError("Nothing was changed: the update was declined.")


def _apply(session: Session, wish: Wish, changes: Sequence[ModelChange]) -> pulumi_run.Run:
    arguments = ["up", "--stack", session.stack, "--yes", "--skip-preview", *wish.up_flags]
    planned = stages({change.name: change.stages for change in changes})
    if not planned:
        return pulumi_run.run(session, arguments, with_events=True)
    for change in changes:
        if change.stages:
            console.note(in_words(change.name, change.stages))
    return _apply_in_stages(session, arguments, [stage.held_back for stage in planned])


def _apply_in_stages(
    session: Session, arguments: Sequence[str], held_back: Sequence[Mapping[str, tuple[str, ...]]]
) -> pulumi_run.Run:
    """Stops at the first that fails; the counts of all are put together."""
    began_s = time.monotonic()
    total: dict[str, int] = {}
    run = pulumi_run.Run(0)
    for number, held in enumerate(held_back, start=1):
        console.note(f"stage {number} of {len(held_back)}")
        run = pulumi_run.run(
            _with_variables(session, {HELD_BACK_VARIABLE: json.dumps(held)}), arguments, with_events=True
        )
        for operation, count in run.changes.items():
            total[operation] = count if operation == "same" else total.get(operation, 0) + count
        if run.exit_code != 0:
            console.note(
                f"stage {number} of {len(held_back)} failed; what came before it stays. "
                "The same command goes on from there."
            )
            break
    return dataclasses.replace(run, changes=total, duration_s=time.monotonic() - began_s)


def _with_variables(session: Session, variables: Mapping[str, str]) -> Session:
    return dataclasses.replace(session, environment={**session.environment, **variables})
