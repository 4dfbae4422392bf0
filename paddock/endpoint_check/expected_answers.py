"""Which rows to send, and what must come back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artifact_builder import ArtifactBuilderError, GoldenAnswers, answers_of_zip, golden_answers
from paddock.endpoint_check.approved import newest_artifact, zip_of
from paddock.endpoint_check.served_artifact import ServedArtifact

ExpectedAnswers = GoldenAnswers


def expected_answers(
    artifacts_dir: Path,
    name: str,
    here: Path | None,
    served: ServedArtifact,
    approved: str,
    environment: Mapping[str, str],
) -> GoldenAnswers | str:
    """The approved artifact's answers to golden rows, or why there are none.

    Where the approved artifact was built elsewhere (a pin, a pipeline) and is served, its downloaded bytes are asked,
    in a clean process, for the golden rows of the newest artifact that is here. ``environment``: the deployment's.
    """
    try:
        if here is not None:
            return golden_answers(_manifest(here), zip_of(here), environment)
        newest = newest_artifact(artifacts_dir, name)
        if served.zip_path is None or served.digest is None or not served.digest.startswith(approved):
            return f"the artifact {approved[:12]} is not on this machine (artifacts/{name}/)"
        if newest is None:
            return f"no artifact of {name} is on this machine to take rows from; `paddock build {name}` makes one"
        manifest = _manifest(newest)
        return answers_of_zip(manifest, served.zip_path, manifest["golden"]["rows"], environment)
    except ArtifactBuilderError as error:
        return str(error)


def _manifest(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    return manifest
