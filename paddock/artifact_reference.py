"""Words for an artifact on the command line: a path, a model's name, the beginning of a digest, NAME@DIGEST."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from artifact_builder import ArtifactBuilderError
from artifact_builder.signature import read_signature
from paddock.errors import WordsError

_MANIFEST = "manifest.json"
_DIGEST_PREFIX = re.compile(r"[0-9a-f]{6,64}")
_ZIP_NAME = re.compile(r"(.+)-([0-9a-f]{64})\.zip")
_SHOWN = 5


def manifest_of(words: str, artifacts_dir: Callable[[], Path]) -> dict[str, Any]:
    """The manifest, with its signature, of the artifact that ``words`` mean.

    A path goes first: an artifact folder, its zip, or a manifest.json. ``artifacts_dir`` is asked for where it is none.
    Raises WordsError that says what there is.
    """
    path = Path(words)
    is_path = "/" in words or path.is_file() or (path / _MANIFEST).is_file()
    folder = _folder_of_path(path) if is_path else _folder_of_words(words, artifacts_dir())
    file = path if path.is_file() and path.suffix == ".json" else folder / _MANIFEST
    try:
        manifest = json.loads(file.read_bytes())
    except FileNotFoundError as error:
        raise WordsError(
            f"{words}: no artifact folder, it has no {_MANIFEST}; `paddock build` makes artifacts/NAME/DIGEST"
        ) from error
    except (ValueError, OSError) as error:
        raise WordsError(f"{words}: {file} can't be read as JSON ({error}): build the model again") from error
    if not isinstance(manifest, dict) or "digest" not in manifest:
        raise WordsError(f"{words}: {file} is no manifest of an artifact: it has no digest")
    try:
        return {**manifest, "signature": read_signature(manifest, folder)}
    except ArtifactBuilderError as error:
        raise WordsError(f"{words}: {error}") from error


def _folder_of_path(path: Path) -> Path:
    if path.is_dir():
        return path
    if not path.exists():
        raise WordsError(f"{path} is not there: expected an artifact folder, its zip, or a {_MANIFEST}")
    if path.suffix == ".json":
        return path.parent
    found = _ZIP_NAME.fullmatch(path.name)
    if found is None:
        raise WordsError(
            f"{path} is no artifact: expected a folder with a {_MANIFEST}, that file, "
            "or a NAME-DIGEST.zip beside its folder"
        )
    folder = path.parent / found[1] / found[2]
    if not folder.is_dir():
        raise WordsError(
            f"{path}: its folder {folder} is not there, and the zip has no {_MANIFEST}: build the model again"
        )
    return folder


def _folder_of_words(words: str, artifacts_dir: Path) -> Path:
    name, has_digest, prefix = words.partition("@")
    built = _built(artifacts_dir)
    named = [folder for folder in built if folder.parent.name == name]
    if not has_digest and named:
        return max(named, key=lambda folder: (folder / _MANIFEST).stat().st_mtime_ns)
    if has_digest and not named:
        raise WordsError(f"{words}: no artifact of a model named {name!r} was built; there are: {_names(built)}")
    prefix, candidates = (prefix, named) if has_digest else (words, built)
    if not _DIGEST_PREFIX.fullmatch(prefix):
        raise WordsError(
            f"{words}: neither a path, nor a model with a built artifact (there are: {_names(built)}), "
            "nor the beginning of a digest (at least 6 of 0-9 and a-f)"
        )
    found = [folder for folder in candidates if folder.name.startswith(prefix)]
    if len(found) == 1:
        return found[0]
    told = [f"{folder.parent.name}@{folder.name[:12]}" for folder in found or candidates]
    more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    problem = f"{len(found)} artifacts begin with {prefix}" if found else f"no artifact begins with {prefix}"
    raise WordsError(f"{words}: {problem}; there are: {', '.join(told[:_SHOWN])}{more}")


def _built(artifacts_dir: Path) -> list[Path]:
    return sorted(path.parent for path in artifacts_dir.glob(f"*/*/{_MANIFEST}"))


def _names(built: list[Path]) -> str:
    return ", ".join(sorted({folder.parent.name for folder in built})) or "none"
