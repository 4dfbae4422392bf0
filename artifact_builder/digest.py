"""Identity by content: of an artifact's members, and of all that a build reads.

The artifact's digest says what is deployed. The input digest only decides whether a build can be skipped.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from artifact_builder.errors import ArtifactBuilderError
from artifact_builder.model_yaml import ModelYaml

_LIBRARIES = ("scikit-learn", "joblib", "numpy", "pandas")
_ONNX_LIBRARIES = ("skl2onnx", "onnx", "onnxruntime")
# Of model.yaml: what is no option of a build.
_NO_INPUTS = {"folder", "description", "deployment", "tags", "use_case", "shard", "breaking"}
_OWN_FILES = (".py", ".template", ".yaml")
_MANIFEST = "manifest.json"


@dataclass(frozen=True, order=True)
class Member:
    """One file of an artifact."""

    name: str
    size_bytes: int
    sha256_hex: str

    def to_json(self) -> dict[str, object]:
        """As manifest.json has it."""
        return {"name": self.name, "size": self.size_bytes, "sha256": self.sha256_hex}


def file_sha256_hex(path: Path) -> str:
    """SHA-256 of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def members_of(folder: Path) -> tuple[Member, ...]:
    """All files of an artifact folder but its manifest, sorted by name."""
    paths = sorted(path for path in folder.iterdir() if path.is_file() and path.name != _MANIFEST)
    return tuple(Member(path.name, path.stat().st_size, file_sha256_hex(path)) for path in paths)


def artifact_digest(members: tuple[Member, ...]) -> str:
    """SHA-256 over the sorted (name, size, sha256) of the members, 64 hex digits (DESIGN 3.2)."""
    return _json_sha256_hex([[member.name, member.size_bytes, member.sha256_hex] for member in sorted(members)])


def input_digest(model: ModelYaml) -> str:
    """SHA-256 over everything an artifact is made from.

    No part of it are deployment, tags, texts for people, and whether callers may break.
    """
    files = {
        "artifact": model.artifact_path,
        "estimator": model.estimator_path,
        "train": model.train_path,
        "X": model.samples_path,
        "y": model.truths_path,
        "hooks": model.hooks_path,
        "score": model.score_path,
        # Classes of the estimator may live beside it; which of these files it needs only loading it would tell.
        **{path.name: path for path in sorted(model.folder.glob("*.py"))},
    }
    return _json_sha256_hex(
        {
            "name": model.name,
            "options": model.model_dump(exclude=_NO_INPUTS),
            "files": {key: file_sha256_hex(path) if path and path.is_file() else None for key, path in files.items()},
            "versions": library_versions(model.format),
            "builder": _builder_sha256_hex(),
        },
    )


@cache
def library_versions(model_format: str) -> dict[str, str]:
    """Versions that a build to this format depends on, asked without importing the libraries."""
    libraries = _LIBRARIES if model_format == "joblib" else (*_LIBRARIES, *_ONNX_LIBRARIES)
    try:
        versions = {library.replace("-", "_"): metadata.version(library) for library in libraries}
    except metadata.PackageNotFoundError as error:
        raise ArtifactBuilderError(f"{error.name} is not installed: pip install -r requirements.txt") from error
    return {"python": f"{sys.version_info.major}.{sys.version_info.minor}", **versions}


@cache
def _builder_sha256_hex() -> str:
    root = Path(__file__).parent
    sources = sorted(path for path in root.rglob("*") if path.suffix in _OWN_FILES)
    return _json_sha256_hex([[path.relative_to(root).as_posix(), file_sha256_hex(path)] for path in sources])


def _json_sha256_hex(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
