"""`paddock drift`: what was changed by hand, put beside what is declared; `--adopt` takes it over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from infra.settings import Settings
from paddock import console, pulumi_run
from paddock.commands.options import json_option, stack_option
from paddock.drift import acting
from paddock.drift.adoption import Adoption, Context, adoption, tagged_counts
from paddock.drift.changes import Change, changes
from paddock.drift.remedy import Preview
from paddock.drift.report import COLUMNS, Row, adopted_lines, closing_words, markdown
from paddock.drift.resources import refreshed_resources
from paddock.errors import PaddockError
from paddock.model_builds import build_models, read_models
from paddock.session import Session, open_session
from paddock.stack_settings import settings_or_default
from paddock.workspace import find_workspace, write_atomically


@click.command()
@stack_option
@json_option
@click.option(
    "--markdown",
    "markdown_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the table to FILE as well.",
)
@click.option(
    "--adopt", "is_adopting", is_flag=True, help="Write what can be into model.yaml or the stack's overrides."
)
@click.option("--into-stack", is_flag=True, help="With --adopt: into Pulumi.<stack>.yaml only, model.yaml stays.")
@click.pass_context
def drift(
    context: click.Context,
    stack: str,
    markdown_file: Path | None,
    *,
    as_json: bool,
    is_adopting: bool,
    into_stack: bool,
) -> None:
    """Show what was changed by hand, and what `up --refresh` does about it.

    Changes nothing, unless --adopt is given: then what can be is written where it is declared now, and the next preview
    has no more to say about it. Exit code 0: all is as declared, or was adopted; 1: there is drift. What OCI itself
    moves is no drift: times, details of states, tags of the namespace Oracle-Tags.
    """
    session = open_session(find_workspace(), stack)
    settings = settings_or_default(session.workspace, stack)
    console.note(f"asking OCI for the resources of stack {stack} …")
    refresh = pulumi_run.read(session, ["refresh", "--stack", stack, "--preview-only", "--json"])
    resources = refreshed_resources(refresh)
    preview = _preview(session, settings)
    found = [*(change for one in resources for change in changes(one)), *preview.missing(resources)]
    models = {model.name: model for model in read_models(session.workspace, settings)}
    plan = adoption(
        found, Context(models, settings.models, settings.tags, tagged_counts(resources), into_stack=into_stack)
    )
    rows = sorted(
        (Row(change, preview.remedy(change), _why_left(change, plan)) for change in found),
        key=lambda row: row.cells()[:3],
    )
    closing = closing_words(stack, rows, preview.unapplied_count(found), is_adopting=is_adopting)
    if markdown_file is not None:
        write_atomically(markdown_file.absolute(), markdown(rows, closing))
    if is_adopting:
        acting.adopt(session, settings, plan, frozenset(resource.urn for resource in resources))
    if as_json:
        console.print_json(_json(stack, rows, is_adopting=is_adopting))
    else:
        _print(rows, closing)
        if is_adopting:
            _print_adoption(session, plan)
    context.exit(1 if (plan.left if is_adopting else rows) else 0)


def _preview(session: Session, settings: Settings) -> Preview:
    """What an `up --refresh` would do; where the program does not get that far, drift is told without it."""
    try:
        build_models(session.workspace, settings)
        console.note("previewing what `up --refresh` would do …")
        return Preview(pulumi_run.read(session, ["preview", "--stack", session.stack, "--refresh", "--json"]))
    except PaddockError as error:
        console.note(f"what `up` will do is not known, the preview failed:\n{error}")
        return Preview(None)


def _why_left(change: Change, plan: Adoption) -> str | None:
    return next((left.why for left in plan.left if left.change is change), None)


def _json(stack: str, rows: Sequence[Row], *, is_adopting: bool) -> dict[str, Any]:
    changes_told = [{**row.to_json(), "isAdopted": is_adopting and row.why_left is None} for row in rows]
    return {"stack": stack, "hasDrift": bool(rows), "changes": changes_told}


def _print(rows: Sequence[Row], closing: str) -> None:
    if rows:
        console.print_table(COLUMNS, [row.cells() for row in rows])
    console.say(closing)


def _print_adoption(session: Session, plan: Adoption) -> None:
    for line in adopted_lines(plan, session.stack):
        console.say(line)
    after = Preview(pulumi_run.read(session, ["preview", "--stack", session.stack, "--json"])).unapplied_count(())
    console.say(
        "The next preview has no changes." if after == 0 else f"The next preview still changes {after} resources."
    )
