"""`paddock ci`: one command for each step of a pipeline, the same in every CI system."""

from __future__ import annotations

import functools
import os
import shlex
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from paddock import console
from paddock.ci import approval, drift_step, rehearsal, rehearsal_report, results, review_stack, stack_steps
from paddock.ci import sign_in as signing_in
from paddock.ci.pipeline import opened
from paddock.ci.rehearsal import Wish
from paddock.ci.stack_lock import LockPatience
from paddock.ci.stack_steps import Approved
from paddock.commands.options import json_option
from paddock.errors import PaddockError
from paddock.workspace import find_workspace

_FILE = click.Path(path_type=Path, dir_okay=False)

stack_option = click.option("-s", "--stack", required=True, metavar="STACK", help="The stack to work on.")
out_option = click.option(
    "--out",
    "out_dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("ci-results"),
    show_default=True,
    help="Folder for summary.md, result.json and what the next step needs.",
)


def lock_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """How long to wait for a stack that another run holds, as `patience`."""
    wait = click.option(
        "--lock-wait",
        "lock_wait_s",
        type=click.FloatRange(0),
        default=600.0,
        show_default=True,
        metavar="SECONDS",
        help="How long to wait for another run that holds the stack.",
    )
    stale = click.option(
        "--stale-lock-after",
        "stale_after_min",
        type=click.FloatRange(1),
        metavar="MINUTES",
        help="Release a lock older than this. Only where no run may take longer (the job's time limit) and the CI "
        "system runs one at a time (`concurrency`, `resource_group`).",
    )

    @wait
    @stale
    @functools.wraps(command)
    def with_patience(*args: Any, lock_wait_s: float, stale_after_min: float | None, **options: Any) -> Any:
        stale_after = timedelta(minutes=stale_after_min) if stale_after_min else None
        return command(*args, patience=LockPatience(lock_wait_s, stale_after), **options)

    return with_patience


like_option = click.option(
    "--like", metavar="STACK", help="Where STACK has no file of its own: configure it by Pulumi.<this>.yaml, make it."
)


def _say(result: Mapping[str, Any] | str) -> None:
    """The step's end on stdout, where nothing else is: JSON for a program, a line for people."""
    if isinstance(result, str):
        console.say(result)
    else:
        console.print_json(result)


@click.group()
def ci() -> None:
    """Steps of a pipeline: plain logs, a Markdown summary, JSON, exit codes; they never ask.

    In GitHub Actions and GitLab CI the log folds and failures are annotated in that system's form; the summary is
    appended to $GITHUB_STEP_SUMMARY where that is set.
    """


@ci.command()
@click.option(
    "-s",
    "--stack",
    default="rehearsal",
    show_default=True,
    metavar="STACK",
    help="The stack whose configuration is rehearsed: Pulumi.STACK.yaml, without its accounts and secrets.",
)
@out_option
@click.option("--base", metavar="COMMIT", help="What the change is made against.  [default: what the CI system says]")
@click.option(
    "--load-seconds",
    "load_s",
    type=click.FloatRange(0),
    default=30.0,
    show_default=True,
    envvar="PADDOCK_LOAD_SECONDS",
    help="How long the endpoints are asked at least.  [env: PADDOCK_LOAD_SECONDS]",
)
@click.option(
    "--prices",
    "prices_file",
    type=_FILE,
    default=Path("gitops/prices.yaml"),
    show_default=True,
    help="What your team pays, with the day it was looked up.",
)
@json_option
def rehearse(stack: str, out_dir: Path, base: str | None, load_s: float, prices_file: Path, *, as_json: bool) -> None:
    """Rehearse the commit that is checked out on a local OCI: no account, no secret, nothing left.

    Restores the base's stack, previews the change, applies it while its endpoints are asked without a pause, compares
    golden rows, destroys. summary.md is the pull request's comment.
    """
    with opened(find_workspace(), stack, out_dir.absolute()) as pipeline:
        found = rehearsal.rehearse(pipeline, Wish(base or pipeline.system.base, load_s, prices_file))
        result = rehearsal_report.to_json(found)
        results.write(pipeline.out_dir, rehearsal_report.markdown(found, pipeline.system), result, pipeline.system)
        for problem in found.problems:
            pipeline.log.error(problem)
    if as_json:
        console.print_json(result)
    if not found.is_ok:
        raise PaddockError(f"the rehearsal failed; {out_dir}/summary.md tells all of it")
    if not as_json:
        console.say(f"rehearsed, all is well; {out_dir}/summary.md is the comment for the pull request")


@ci.command()
@stack_option
@out_option
@click.option("--save-plan", "saves_plan", is_flag=True, help="Leave plan.json: `up --plan` then does that only.")
@json_option
def preview(stack: str, out_dir: Path, *, saves_plan: bool, as_json: bool) -> None:
    """Show what `up` would do to STACK, and leave approval.json for it."""
    with opened(find_workspace(), stack, out_dir.absolute()) as pipeline:
        result = stack_steps.preview(pipeline, saves_plan=saves_plan)
    _say(
        result
        if as_json
        else f"{out_dir}/approval.json says what was previewed: `paddock ci up --approval` applies nothing else"
    )


@ci.command()
@stack_option
@out_option
@click.option("--approval", "approval_file", type=_FILE, help="approval.json of the preview that was approved.")
@click.option("--plan", "plan_file", type=_FILE, help="plan.json of that preview.")
@click.option("--on-fail", type=click.Choice(["rollback", "keep"]), default="rollback", show_default=True)
@like_option
@lock_options
@json_option
def up(
    stack: str,
    out_dir: Path,
    approval_file: Path | None,
    plan_file: Path | None,
    on_fail: str,
    like: str | None,
    *,
    patience: LockPatience,
    as_json: bool,
) -> None:
    """Apply to STACK what was approved, prove it with golden rows, put the old models back where that fails."""
    approved = Approved(approval.read(approval_file) if approval_file else None, plan_file and plan_file.absolute())
    with opened(find_workspace(), stack, out_dir.absolute()) as pipeline:
        if like is not None:
            review_stack.configure(pipeline, like)
            review_stack.make(pipeline)
        result = stack_steps.up(pipeline, approved, patience, rolls_back=on_fail == "rollback")
    words = f"stack {stack} is as approved" if approval_file else f"stack {stack} is as the code says"
    _say(result if as_json else words)


@ci.command()
@stack_option
@out_option
@click.option("--issue", "has_issue", is_flag=True, help="Keep one issue: open while there is drift, closed after.")
@json_option
def drift(stack: str, out_dir: Path, *, has_issue: bool, as_json: bool) -> None:
    """Tell what was changed by hand on STACK; exit code 1 where something was. Changes nothing."""
    with opened(find_workspace(), stack, out_dir.absolute()) as pipeline:
        result = drift_step.drift(pipeline, has_issue=has_issue)
        if as_json:
            _say(result)
        if result["hasDrift"]:
            raise PaddockError(f"stack {stack} is not as declared; `paddock up --refresh` puts it back")
    if not as_json:
        _say(f"stack {stack} is as declared")


@ci.command()
@stack_option
@out_option
@click.option("--remove", "removes", is_flag=True, help="Remove the stack itself as well: for review stacks.")
@like_option
@lock_options
@json_option
def destroy(
    stack: str,
    out_dir: Path,
    like: str | None,
    *,
    patience: LockPatience,
    removes: bool,
    as_json: bool,
) -> None:
    """Delete everything that STACK made."""
    with opened(find_workspace(), stack, out_dir.absolute()) as pipeline:
        if like is not None:
            review_stack.configure(pipeline, like)
        result = stack_steps.destroy(pipeline, patience, removes=removes)
    _say(result if as_json else f"nothing of stack {stack} is left")


@ci.command("sign-in")
def sign_in() -> None:
    """Sign in to OCI with the CI system's identity token: no key is kept anywhere.

    Reads OCI_DOMAIN_URL, OCI_CLIENT_ID, OCI_CLIENT_SECRET, OCI_TENANCY, OCI_REGION; does nothing where OCI_DOMAIN_URL
    is empty. Leaves a session of an hour in ~/.oci/config; the stack then says `oci:auth: SecurityToken` and
    `oci:configFileProfile: DEFAULT`.
    """
    signed_in = signing_in.sign_in(os.environ, Path.home())
    if signed_in is None:
        console.note("OCI_DOMAIN_URL names no identity domain: what the environment has is used")
        return
    if signing_in.leave_to_later_steps(signed_in, os.environ):
        console.note(f"signed in for an hour: {signed_in.config_file}")
        return
    console.note(f"signed in for an hour: {signed_in.config_file}; set what is printed, with `eval`")
    for name, value in signed_in.variables.items():
        console.say(f"export {name}={shlex.quote(value)}")
