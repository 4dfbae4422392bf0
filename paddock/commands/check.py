"""`paddock check`: the proof after apply."""

from __future__ import annotations

import click

from infra.settings import Settings
from paddock import console
from paddock.commands.options import json_option, stack_option
from paddock.endpoint_check import approved_digests, check_models
from paddock.endpoint_check.approved import given_digests
from paddock.endpoint_check.check import WAIT_S
from paddock.endpoint_check.result import account
from paddock.endpoint_check.shown import print_results
from paddock.errors import PaddockError
from paddock.model_builds import build_models
from paddock.session import open_session
from paddock.stack_settings import settings_or_default
from paddock.workspace import Workspace, find_workspace


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--digest",
    "digests",
    multiple=True,
    metavar="[NAME=]DIGEST",
    help="What was approved, instead of what the code says; at least 12 digits. May be given again.",
)
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(0),
    default=WAIT_S,
    show_default=True,
    metavar="SECONDS",
    help="How long a deployment and its endpoint may take to be ready.",
)
@click.option("--hash-all", "hashes_all", is_flag=True, help="Download and hash artifacts over 64 MiB as well.")
@stack_option
@json_option
def check(
    names: tuple[str, ...], digests: tuple[str, ...], stack: str, *, wait_s: float, hashes_all: bool, as_json: bool
) -> None:
    """Prove that endpoints serve what was approved.

    Sends each model's golden rows, signed, to its endpoint and compares the predictions; reads from OCI which catalog
    entry the deployment serves, and compares that entry's digest and its real bytes with what the code says (the built
    artifact, or the stack's pin). Exit code 1 where anything differs.
    """
    given = given_digests(digests, names)
    workspace = find_workspace()
    settings = settings_or_default(workspace, stack)
    approved = approved_digests(_built(workspace, settings, names), settings.pins, given)
    results = check_models(open_session(workspace, stack), names, approved, wait_s=wait_s, hashes_all=hashes_all)
    if as_json:
        console.print_json([result.to_json() for result in results])
    else:
        print_results(results)
    wrong = [result for result in results if not result.is_ok]
    if wrong:
        words = "\n".join(account(result) for result in wrong)
        raise PaddockError(f"{len(wrong)} of {len(results)} endpoints are not what was approved:\n{words}")


def _built(workspace: Workspace, settings: Settings, names: tuple[str, ...]) -> dict[str, str]:
    return {artifact.name: artifact.digest for artifact in build_models(workspace, settings, names)}
