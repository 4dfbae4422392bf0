"""`paddock up|preview|refresh|destroy|pulumi`: Pulumi's own commands with what they need already running."""

from __future__ import annotations

import sys
import time

import click

from infra.settings import SettingsError, settings_from_stack_file
from paddock import console, pulumi_run
from paddock.commands.options import PASS_ON, stack_option
from paddock.errors import WordsError
from paddock.model_builds import build_models
from paddock.session import Session, open_session
from paddock.workspace import LOCAL_STACK, Workspace, find_workspace


@click.command(context_settings=PASS_ON)
@stack_option
@click.argument("flags", nargs=-1, type=click.UNPROCESSED, metavar="[PULUMI FLAGS]...")
def up(stack: str, flags: tuple[str, ...]) -> None:
    """Create or update what the models declare.

    Builds what changed, then runs `pulumi up`. On the local stack it starts the local OCI, and needs no --yes where
    there is no terminal to answer on.
    """
    _operate("up", stack, flags, builds=True)


@click.command(context_settings=PASS_ON)
@stack_option
@click.argument("flags", nargs=-1, type=click.UNPROCESSED, metavar="[PULUMI FLAGS]...")
def preview(stack: str, flags: tuple[str, ...]) -> None:
    """Show what `up` would do."""
    _operate("preview", stack, flags, builds=True)


@click.command(context_settings=PASS_ON)
@stack_option
@click.argument("flags", nargs=-1, type=click.UNPROCESSED, metavar="[PULUMI FLAGS]...")
def refresh(stack: str, flags: tuple[str, ...]) -> None:
    """Read what is really there into the stack's state."""
    _operate("refresh", stack, flags)


@click.command(context_settings=PASS_ON)
@stack_option
@click.argument("flags", nargs=-1, type=click.UNPROCESSED, metavar="[PULUMI FLAGS]...")
def destroy(stack: str, flags: tuple[str, ...]) -> None:
    """Delete everything that the stack made."""
    _operate("destroy", stack, flags)


@click.command(context_settings=PASS_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def pulumi(arguments: tuple[str, ...]) -> None:
    """Run any Pulumi command in the same environment: `paddock pulumi stack output --json`."""
    session = open_session(find_workspace(), _stack_in(arguments))
    sys.exit(pulumi_run.run(session, arguments).exit_code)


def _operate(operation: str, stack: str, flags: tuple[str, ...], *, builds: bool = False) -> None:
    began_s = time.monotonic()
    workspace = find_workspace()
    session = open_session(workspace, stack)
    if builds:
        _build(workspace, stack)
    run = pulumi_run.run(
        session, [operation, "--stack", stack, *flags, *_approval(operation, session, flags)], with_events=True
    )
    took = f"{time.monotonic() - began_s:.1f} s"
    if "--json" not in flags and "-j" not in flags:
        _close(operation, run, stack, took)
    # Pulumi's own codes (255 for a failed preview, 1 …) come down to ours: 1, the work failed.
    sys.exit(1 if run.exit_code else 0)


def _build(workspace: Workspace, stack: str) -> None:
    """Before Pulumi runs: a mistake in a model's files is told whole, and nothing was begun."""
    try:
        settings = settings_from_stack_file(workspace.stack_file(stack))
    except SettingsError as error:
        raise WordsError(f"{error}\nNothing was created or changed.") from error
    build_models(workspace, settings)


def _approval(operation: str, session: Session, flags: tuple[str, ...]) -> list[str]:
    """The local stack costs nothing and holds nothing: without a terminal to ask on, `--yes` is meant."""
    asks = operation != "preview" and not {"--yes", "-y", "--preview-only"} & set(flags)
    return ["--yes"] if asks and session.is_local and not sys.stdin.isatty() else []


def _close(operation: str, run: pulumi_run.Run, stack: str, took: str) -> None:
    if run.exit_code == 0:
        verb = "would be: " if operation == "preview" else ""
        console.say(f"paddock {operation} ({stack}): {verb}{pulumi_run.in_words(run)}, {took}")
        return
    console.note(
        f"paddock {operation} ({stack}) failed after {took}. What was done is in the stack's state; "
        "mend the cause and run the same command again.\n"
        "  paddock status               what is there, and each deployment's last error\n"
        "  paddock logs NAME --predict  what score.py said, with whole tracebacks"
    )


def _stack_in(arguments: tuple[str, ...]) -> str:
    """The stack that the words name, else the local one."""
    for position, word in enumerate(arguments):
        if word in ("-s", "--stack") and position + 1 < len(arguments):
            return arguments[position + 1]
        if word.startswith("--stack="):
            return word.removeprefix("--stack=")
    return LOCAL_STACK
