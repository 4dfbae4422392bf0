"""`paddock build` and `paddock verify`: artifacts, without Pulumi and without a cloud."""

from __future__ import annotations

import click

from artifact_builder import ArtifactBuilderError, verify
from paddock import console
from paddock.commands.options import json_option
from paddock.errors import PaddockError
from paddock.model_builds import build_models
from paddock.stack_settings import settings_or_default
from paddock.workspace import find_workspace


@click.command("build")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@json_option
def build_command(names: tuple[str, ...], *, as_json: bool) -> None:
    """Build the artifacts of the models (default: all); an unchanged model costs a hash."""
    workspace = find_workspace()
    artifacts = build_models(workspace, settings_or_default(workspace), names)
    if as_json:
        console.print_json(
            [
                {
                    "name": artifact.name,
                    "digest": artifact.digest,
                    "folder": str(artifact.folder),
                    "zip": str(artifact.zip_path),
                    "sizeBytes": artifact.size_bytes,
                    "cached": artifact.was_cached,
                }
                for artifact in artifacts
            ]
        )
        return
    rows = [
        (
            artifact.name,
            artifact.digest[:12],
            "unchanged" if artifact.was_cached else "built",
            f"{artifact.size_bytes / 1024:.0f} KiB",
            str(artifact.folder.relative_to(workspace.project_dir)),
        )
        for artifact in artifacts
    ]
    console.print_table(("model", "digest", "", "zip", "folder"), rows)


@click.command("verify")
@click.argument("name")
def verify_command(name: str) -> None:
    """Run a model's own score.py in a clean process and compare with the predictions of its build."""
    workspace = find_workspace()
    artifact = build_models(workspace, settings_or_default(workspace), [name])[0]
    try:
        verification = verify(artifact.folder)
    except ArtifactBuilderError as error:
        raise PaddockError(str(error)) from error
    edited = (
        f" (edited since it was built: {', '.join(verification.edited_members)})" if verification.edited_members else ""
    )
    if not verification.is_ok:
        words = [f"{name} {artifact.digest[:12]}{edited} does not keep its promise:", *verification.problems]
        raise PaddockError("\n  ".join(words) + (f"\n{verification.traceback}" if verification.traceback else ""))
    console.say(
        f"{name} {artifact.digest[:12]}{edited}: score.py loads, and predicts what was recorded at build time: "
        f"{verification.rows} rows in {len(verification.forms)} forms of body ({', '.join(verification.forms)})"
    )
