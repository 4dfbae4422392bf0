"""`paddock refresh|destroy|pulumi`: Pulumi's own commands with what they need already running."""

from __future__ import annotations

import sys
import time

import click

from paddock import pulumi_run, stack_operation
from paddock.commands.options import PASS_ON, stack_option
from paddock.session import open_session
from paddock.workspace import LOCAL_STACK, find_workspace


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


def _operate(operation: str, stack: str, flags: tuple[str, ...]) -> None:
    began_s = time.monotonic()
    session = open_session(find_workspace(), stack)
    run = pulumi_run.run(
        session, [operation, "--stack", stack, *flags, *stack_operation.approval(session, flags)], with_events=True
    )
    if not stack_operation.prints_json(flags):
        stack_operation.say_end(operation, run, stack, f"{time.monotonic() - began_s:.1f} s")
    # Pulumi's own codes (255 for a failed preview, 1 …) come down to ours: 1, the work failed.
    sys.exit(1 if run.exit_code else 0)


def _stack_in(arguments: tuple[str, ...]) -> str:
    """The stack that the words name, else the local one."""
    for position, word in enumerate(arguments):
        if word in ("-s", "--stack") and position + 1 < len(arguments):
            return arguments[position + 1]
        if word.startswith("--stack="):
            return word.removeprefix("--stack=")
    return LOCAL_STACK
