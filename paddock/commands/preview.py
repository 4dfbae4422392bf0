"""`paddock preview`: what `up` would do, as Pulumi tells it and as it concerns the models."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click

from paddock import console, model_report, pulumi_run, stack_operation
from paddock.commands.options import PASS_ON, stack_option
from paddock.errors import WordsError
from paddock.model_report import ModelChange, gate
from paddock.model_report.as_json import as_json
from paddock.model_report.markdown import markdown as as_markdown
from paddock.session import open_session
from paddock.workspace import find_workspace, write_atomically

_STDOUT = "-"


@click.command(context_settings=PASS_ON)
@stack_option
@click.option(
    "--markdown",
    "markdown_file",
    is_flag=False,
    flag_value=_STDOUT,
    metavar="[FILE]",
    help="Write what happens to the models as Markdown, for a pull request; without FILE on stdout, and nothing else.",
)
@click.option(
    "--model-json", "json_file", metavar="FILE", help="Write what happens to the models as JSON; - is stdout."
)
@click.argument("flags", nargs=-1, type=click.UNPROCESSED, metavar="[PULUMI FLAGS]...")
def preview(stack: str, flags: tuple[str, ...], markdown_file: str | None, json_file: str | None) -> None:
    """Show what `up` would do, and what becomes of each model.

    --json prints Pulumi's own JSON, and nothing else. Exit code 0 also where a model breaks its callers: `up` refuses.
    """
    began_s = time.monotonic()
    on_stdout = [word for word in (markdown_file, json_file) if word == _STDOUT]
    if len(on_stdout) + stack_operation.prints_json(flags) > 1:
        raise WordsError("stdout can have one of --json, --markdown and --model-json -: name a file for the others")
    workspace = find_workspace()
    session = open_session(workspace, stack)
    built = stack_operation.build(workspace, stack)
    with tempfile.TemporaryDirectory(prefix="paddock-") as folder:
        event_log = Path(folder) / "events.jsonl"
        arguments = ["preview", "--stack", stack, *flags]
        # Pulumi goes on telling people what it does while a program, or a file, reads our stdout.
        stdout = sys.stderr if on_stdout else None
        run = pulumi_run.run_with_event_log(session, arguments, event_log, stdout=stdout)
        is_whole = run.exit_code == 0 or ("--expect-no-changes" in flags and run.changed_count > 0)
        changes = model_report.from_event_log(event_log, workspace.artifacts_dir) if is_whole else None
    if changes is not None:
        _write(markdown_file, as_markdown(changes, stack))
        _write(json_file, console.json_text(as_json(changes)))
    if not (on_stdout or stack_operation.prints_json(flags)):
        if changes is not None:
            _print(changes, gate.permission(built.settings, built.models))
        took = f"{time.monotonic() - began_s:.1f} s"
        if changes is not None and run.exit_code:
            found = pulumi_run.in_words(run)
            console.note(f"paddock preview ({stack}): no changes were expected, found {found}, {took}")
        else:
            stack_operation.say_end("preview", run, stack, took)
    sys.exit(1 if run.exit_code else 0)


def _write(file: str | None, text: str) -> None:
    if file == _STDOUT:
        click.echo(text, nl=False)
    elif file is not None:
        write_atomically(Path(file), text)


def _print(changes: Sequence[ModelChange], permission: gate.Permission) -> None:
    from paddock.model_report.terminal import print_report

    print_report(changes)
    note = gate.in_advance(changes, permission)
    if note:
        console.say(note)
