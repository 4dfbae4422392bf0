"""Manifests of artifacts that lie on this machine."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artifact_builder import ArtifactBuilderError
from artifact_builder.signature import read_signature
from paddock.model_report.changes import ManifestOf

# A tag of the catalog becomes part of a path here.
_NAME, _DIGEST = re.compile(r"[a-z0-9-]{1,63}"), re.compile(r"[0-9a-f]{64}")


def manifests_in(artifacts_dir: Path) -> ManifestOf:
    """A look-up by model and digest in `artifacts/<model>/<digest>/manifest.json`."""

    def manifest_of(name: str, digest: str) -> Mapping[str, Any] | None:
        if not (_NAME.fullmatch(name) and _DIGEST.fullmatch(digest)):
            return None
        return _read(artifacts_dir / name / digest)

    return manifest_of


def _read(folder: Path) -> dict[str, Any] | None:
    """None where it is absent or not whole: its catalog entry tells most of it."""
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    if not isinstance(manifest, dict) or manifest.get("digest") != folder.name:
        return None
    try:
        return {**manifest, "signature": read_signature(manifest, folder)}
    except ArtifactBuilderError:  # of before there were any; unknown then
        return manifest
