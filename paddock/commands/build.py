"""`paddock build` and `paddock verify`: artifacts, without Pulumi and without a cloud."""

from __future__ import annotations

import click

from artifact_builder import ArtifactBuilderError, artifact_folder, verify
from paddock import console
from paddock.commands.options import json_option
from paddock.errors import PaddockError
from paddock.model_builds import build_models, named_model
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
    """Run a model's own score.py in a clean process and compare with the predictions of its build.

    An edited artifact is verified as it is; only where none was built yet, one is built.
    """
    workspace = find_workspace()
    settings = settings_or_default(workspace)
    model = named_model(workspace, settings, name)
    folder = artifact_folder(model, workspace.artifacts_dir) or build_models(workspace, settings, [name])[0].folder
    try:
        verification = verify(folder)
    except ArtifactBuilderError as error:
        raise PaddockError(str(error)) from error
    words = f"{verification.name} {verification.digest[:12]}: {verification}"
    if not verification.is_ok:
        raise PaddockError(words)
    console.say(words)
