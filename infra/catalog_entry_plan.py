"""From a built artifact to the arguments of OCI's Model (the catalog entry): pure, no Pulumi inside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artifact_builder import Artifact

DIGEST_TAG = "paddock-digest"
MODEL_TAG = "paddock-model"
# 12 hexadecimal digits tell artifacts apart for a reader; the whole digest stands in the tag and in the file's name.
SHORT_DIGEST_LENGTH = 12


def artifact_arguments(artifact: Artifact, project_dir: Path) -> dict[str, Any]:
    """The arguments that change when, and only when, the artifact does.

    The path is relative to the project's folder, so that two clones, or a laptop and a pipeline, write the same state.
    """
    file_name = f"{artifact.name}-{artifact.digest[:SHORT_DIGEST_LENGTH]}.zip"
    return {
        "model_artifact": artifact.zip_path.relative_to(project_dir).as_posix(),
        "artifact_content_length": str(artifact.size_bytes),
        "artifact_content_disposition": f"attachment; filename={file_name}",
        "input_schema": _schema(artifact.folder / "input_schema.json"),
        "output_schema": _schema(artifact.folder / "output_schema.json"),
        "defined_metadata_lists": [
            {"key": "Framework", "value": "scikit-learn"},
            {"key": "FrameworkVersion", "value": str(artifact.manifest["versions"]["scikit_learn"])},
            {"key": "Algorithm", "value": str(artifact.manifest["estimator"]["algorithm"])},
        ],
    }


def tags(artifact: Artifact, *layers: Mapping[str, str]) -> dict[str, str]:
    """Free-form tags: the user's (later layers win), then what Paddock finds its entries by."""
    merged: dict[str, str] = {}
    for layer in layers:
        merged.update(layer)
    return {**merged, MODEL_TAG: artifact.name, DIGEST_TAG: artifact.digest}


def _schema(path: Path) -> str | None:
    """The schema as the catalog takes it: one line of JSON. A schema file may be missing (no samples were given)."""
    if not path.is_file():
        return None
    return json.dumps(json.loads(path.read_text(encoding="utf-8")), separators=(",", ":"))
