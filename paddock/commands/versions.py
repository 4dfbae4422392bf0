"""`paddock versions|rollback|prune`: the catalog entries that a stack keeps of a model."""

from __future__ import annotations

import time

import click

from paddock import console, pulumi_run, version_pins
from paddock.commands.options import PASS_ON, json_option, stack_option
from paddock.commands.up import apply, check_option
from paddock.deployed_models import CatalogVersion, DeployedModel, deployed_model, deployed_models
from paddock.errors import WordsError
from paddock.session import Session, open_session
from paddock.stack_settings import settings_or_default
from paddock.staged_up.update import Wish
from paddock.version_choice import beyond, rollback_target
from paddock.workspace import find_workspace


@click.command()
@click.argument("name")
@stack_option
@json_option
def versions(name: str, stack: str, *, as_json: bool) -> None:
    """List the catalog entries that the stack has of a model, the newest first, and which one is served."""
    workspace = find_workspace()
    pin = settings_or_default(workspace, stack).pins.get(name)
    model = deployed_model(open_session(workspace, stack), name)
    rows = [_facts(model, version, pin) for version in model.versions]
    if as_json:
        console.print_json(rows)
        return
    table = [
        ("served" if row["served"] else "", str(row["digest"])[:12], str(row["timeCreated"]), str(row["modelId"]))
        for row in rows
    ]
    console.print_table(("", "digest", "created", "catalog entry"), table, title=name)
    if pin:
        console.say(f"pinned to {pin} by Pulumi.{stack}.yaml; `paddock rollback {name} --undo` follows the code again")


@click.command(context_settings=PASS_ON)
@click.argument("name")
@click.option("--to", "digest", metavar="DIGEST", help="A digest's first digits.  [default: the one before the served]")
@click.option("--undo", is_flag=True, help="Take the pin away: serve what the code has.")
@stack_option
@check_option
@click.argument("flags", nargs=-1, type=click.UNPROCESSED, metavar="[PULUMI FLAGS]...")
def rollback(name: str, digest: str | None, stack: str, flags: tuple[str, ...], *, undo: bool, checks: bool) -> None:
    """Serve an older catalog entry again, in place and with no upload.

    The stack's configuration pins it (`paddock:pins`), so that Git says what is served; commit that file. Needs
    `paddock:keep`, the number of old entries that stay. Whom the older version breaks is not asked.
    """
    began_s = time.monotonic()
    if undo and digest:
        raise WordsError("--undo takes the pin away, --to sets one: give one of them")
    session = open_session(find_workspace(), stack)
    model = deployed_model(session, name)
    if undo:
        version_pins.unpin(session, name)
    else:
        target = rollback_target(model, digest)
        version_pins.pin(session, name, target.digest)
        console.note(f"{name}: {(model.digest or 'nothing')[:12]} → {target.digest[:12]} ({target.time_created})")
    apply(session, Wish(flags, is_breaking_allowed=True, checks=checks), began_s)


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--keep", type=click.IntRange(0), help="Old entries that stay.  [default: paddock:keep]")
@stack_option
def prune(names: tuple[str, ...], keep: int | None, stack: str) -> None:
    """Delete old catalog entries beyond `paddock:keep`; what is served stays, nothing else is changed."""
    workspace = find_workspace()
    count = settings_or_default(workspace, stack).keep if keep is None else keep
    session = open_session(workspace, stack)
    models = [deployed_model(session, name) for name in names] or list(deployed_models(session))
    doomed = {model.name: beyond(model, count) for model in models}
    if not any(doomed.values()):
        console.say(f"nothing to prune: no model has more than {count} old catalog entries")
        return
    _delete(session, [version for versions in doomed.values() for version in versions])
    for name, gone in doomed.items():
        if gone:
            console.say(f"{name}: deleted {', '.join(version.digest[:12] for version in gone)}")


def _delete(session: Session, doomed: list[CatalogVersion]) -> None:
    """Pulumi deletes exactly these: `destroy --target`, which runs no program."""
    export = pulumi_run.read(session, ["stack", "export", "--stack", session.stack])
    ids = {version.model_id for version in doomed}
    entries = [one for one in export["deployment"]["resources"] if one.get("id") in ids and not one.get("delete")]
    parents = {one["parent"] for one in entries if "paddock:infra:ModelCatalogEntry" in one["parent"]}
    inside = [one["urn"] for one in export["deployment"]["resources"] if one.get("parent") in parents]
    targets = [
        word for urn in sorted({*inside, *parents, *(one["urn"] for one in entries)}) for word in ("--target", urn)
    ]
    pulumi_run.output(session, ["destroy", "--stack", session.stack, "--yes", "--skip-preview", *targets])


def _facts(model: DeployedModel, version: CatalogVersion, pin: str | None) -> dict[str, object]:
    return {
        "digest": version.digest,
        "modelId": version.model_id,
        "timeCreated": version.time_created,
        "served": version.model_id == model.model_id and model.deployment_id is not None,
        "pinned": bool(pin) and version.digest.startswith(str(pin)),
    }
