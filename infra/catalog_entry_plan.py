"""From a built artifact to the arguments of OCI's Model (the catalog entry): pure, no Pulumi inside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artifact_builder import Artifact
from infra import catalog_metadata_plan
from infra.provenance_plan import ProvenancePlan

DIGEST_TAG = "paddock-digest"
MODEL_TAG = "paddock-model"
# 12 hexadecimal digits tell artifacts apart for a reader; the whole digest stands in the tag and in the file's name.
SHORT_DIGEST_LENGTH = 12


@dataclass(frozen=True)
class CatalogEntryPlan:
    """One catalog entry. `arguments`: keywords of `datascience.Model` besides its compartment and project."""

    model: str
    digest: str
    arguments: Mapping[str, Any]
    provenance: ProvenancePlan | None = None

    @property
    def versioned_name(self) -> str:
        """A name that no other artifact of the model has."""
        return versioned_name(self.model, self.digest)


def versioned_name(model: str, digest: str) -> str:
    """`wine-cultivar-ec9235b9f02e`."""
    return f"{model}-{digest[:SHORT_DIGEST_LENGTH]}"


def entry_plan(
    artifact: Artifact,
    project_dir: Path,
    *,
    description: str = "",
    use_case: str | None = None,
    tags: Mapping[str, str] | None = None,
    provenance: ProvenancePlan | None = None,
) -> CatalogEntryPlan:
    """The entry of a built artifact. `project_dir`: the folder that Pulumi runs in; the artifact lies below it."""
    return CatalogEntryPlan(
        artifact.name,
        artifact.digest,
        {
            "display_name": artifact.name,
            "description": description or None,
            "freeform_tags": entry_tags(artifact, tags or {}),
            **artifact_arguments(artifact, project_dir, use_case),
        },
        provenance,
    )


def artifact_arguments(artifact: Artifact, project_dir: Path, use_case: str | None = None) -> dict[str, Any]:
    """The arguments that change when, and only when, the artifact does.

    The path is relative to the project's folder, so that two clones, or a laptop and a pipeline, write the same state.
    """
    file_name = f"{versioned_name(artifact.name, artifact.digest)}.zip"
    return {
        "model_artifact": artifact.zip_path.relative_to(project_dir).as_posix(),
        "artifact_content_length": str(artifact.size_bytes),
        "artifact_content_disposition": f"attachment; filename={file_name}",
        "input_schema": _schema(artifact.folder / "input_schema.json"),
        "output_schema": _schema(artifact.folder / "output_schema.json"),
        "defined_metadata_lists": catalog_metadata_plan.defined_metadata(artifact.manifest, use_case=use_case),
        "custom_metadata_lists": catalog_metadata_plan.custom_metadata(artifact.manifest),
    }


def entry_tags(artifact: Artifact, *layers: Mapping[str, str]) -> dict[str, str]:
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
