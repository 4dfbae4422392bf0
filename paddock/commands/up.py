"""`paddock up`: create or update what the models declare, in as many steps as OCI wants, and prove it."""

from __future__ import annotations

import sys
import time

import click

from paddock import stack_operation
from paddock.commands.options import PASS_ON, stack_option
from paddock.session import Session, open_session
from paddock.staged_up import proof
from paddock.staged_up.update import Wish, update
from paddock.workspace import find_workspace

check_option = click.option(
    "--check/--no-check", "checks", default=True, help="Ask the changed endpoints for their golden rows afterwards."
)


@click.command(context_settings=PASS_ON)
@stack_option
@click.option("--allow-breaking", "is_breaking_allowed", is_flag=True, help="Go on where a model breaks its callers.")
@click.option(
    "--on-fail",
    type=click.Choice(["keep", "rollback"]),
    default="keep",
    show_default=True,
    help="What becomes of a model whose update or check fails: it stays, or what was served before is put back.",
)
@check_option
@click.argument("flags", nargs=-1, type=click.UNPROCESSED, metavar="[PULUMI FLAGS]...")
def up(stack: str, flags: tuple[str, ...], on_fail: str, *, is_breaking_allowed: bool, checks: bool) -> None:
    """Create or update what the models declare.

    Builds what changed, previews, tells what becomes of each model, applies, and asks each changed endpoint for its
    golden rows. A change that spans groups of options which OCI takes one at a time is applied in stages. A model that
    breaks its callers stops it. On the local stack it starts the local OCI, and needs no --yes where there is no
    terminal to answer on.
    """
    wish = Wish(flags, is_breaking_allowed=is_breaking_allowed, rolls_back=on_fail == "rollback", checks=checks)
    workspace = find_workspace()
    apply(open_session(workspace, stack), wish, time.monotonic())


def apply(session: Session, wish: Wish, began_s: float) -> None:
    """Builds, updates, proves, and ends the process with the right code."""
    built = stack_operation.build(session.workspace, session.stack)
    done = update(session, built, wish)
    is_for_a_program = stack_operation.prints_json(wish.flags)
    if done.run.exit_code and not is_for_a_program:
        stack_operation.say_why(session, time.monotonic() - began_s)  # before a roll back takes the evidence away
    proof.prove(session, built, done, wish)
    after = proof.drop_what_was_kept_for_it(session, built, done, wish)
    if not is_for_a_program:
        took = f"{time.monotonic() - began_s:.1f} s"
        stack_operation.say_end("up", done.run, session.stack, took)
    # Pulumi's own codes (255 for a failed preview, 1 …) come down to ours: 1, the work failed.
    sys.exit(1 if done.run.exit_code or (after is not None and after.exit_code) else 0)
