"""From a checked model.yaml to an artifact on disk, or to the one that is there already.

    artifacts/<name>/<digest>/              the members and manifest.json
    artifacts/<name>-<digest>.zip           the members
    artifacts/<name>/.inputs/<input digest>.json   which artifact these inputs gave
    artifacts/<name>/.lock, .work-*         one builder at a time; what a killed one left is swept by the next

Nothing is ever written in place: a folder or file appears under its final name complete, or not at all.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artifact_builder.child import ChildError, run_in_child
from artifact_builder.digest import Member, artifact_digest, file_sha256_hex, input_digest, library_versions, members_of
from artifact_builder.errors import BuildError
from artifact_builder.model_yaml import ModelYaml
from artifact_builder.version import BUILDER_VERSION
from artifact_builder.zip_file import write_zip

# Each build is a process of its own that imports scikit-learn; two keep two cores busy.
_BUILDS_AT_ONCE = 2

_BUILD_TIMEOUT_S = 3600.0
_HASHED_ON_HIT_BYTES = 16 << 20  # a bigger zip is trusted by its size: hashing 1.5 GB would cost a second a preview
_WORK_PREFIX = ".work-"


@dataclass(frozen=True)
class Artifact:
    """A built model. ``digest`` is its identity; ``size_bytes`` is the zip's, for artifactContentLength."""

    name: str
    digest: str
    folder: Path
    zip_path: Path
    size_bytes: int
    manifest: dict[str, Any]
    was_cached: bool


def build_all(models: Iterable[ModelYaml], artifacts_dir: Path) -> tuple[Artifact, ...]:
    """Build models two at a time, results in their order; the first BuildError is raised once the others ended."""
    with ThreadPoolExecutor(_BUILDS_AT_ONCE) as builders:
        return tuple(builders.map(lambda model: build(model, artifacts_dir), models))


def build(model: ModelYaml, artifacts_dir: Path) -> Artifact:
    """Build ``model``, or find it built from the same inputs (that costs hashes, no import of scikit-learn).

    Paths of the result are absolute. Raises BuildError, and leaves nothing half-done then.
    """
    home = artifacts_dir.absolute() / model.name
    try:
        inputs = input_digest(model)
        cached = _cached(model.name, home, inputs)
        if cached is not None:
            return cached
        (home / ".inputs").mkdir(parents=True, exist_ok=True)
        with _locked(home):
            cached = _cached(model.name, home, inputs)  # another builder may have been quicker
            return _build(model, home, inputs) if cached is None else cached
    except OSError as error:
        raise BuildError(model.name, "disk", f"its files cannot be read or written: {error}") from error


def artifact_folder(model: ModelYaml, artifacts_dir: Path) -> Path | None:
    """The folder that the last build of these inputs made, as it is now (edited or not); None where there is none."""
    home = artifacts_dir.absolute() / model.name
    record = _record(home, input_digest(model))
    folder = home / str(record.get("digest"))
    return folder if record and folder.is_dir() else None


def _cached(name: str, home: Path, inputs: str) -> Artifact | None:
    record = _record(home, inputs)
    if not record:
        return None
    digest = str(record["digest"])
    folder, zip_path = home / digest, _zip_path(home, digest)
    sizes = {member["name"]: member["size"] for member in record["members"]}  # type: ignore[attr-defined]
    manifest = _json_file(folder / "manifest.json")
    if not manifest or not all(_has_size(folder / member, size) for member, size in sizes.items()):
        return None
    if not _has_size(zip_path, record["zip_size"]):
        return None
    size_bytes = zip_path.stat().st_size
    if size_bytes <= _HASHED_ON_HIT_BYTES and file_sha256_hex(zip_path) != record["zip_sha256"]:
        return None
    return Artifact(name, digest, folder, zip_path, size_bytes, manifest, was_cached=True)


def _build(model: ModelYaml, home: Path, inputs: str) -> Artifact:
    for leftover in home.glob(f"{_WORK_PREFIX}*"):
        shutil.rmtree(leftover)
    work = Path(tempfile.mkdtemp(prefix=_WORK_PREFIX, dir=home))
    try:
        new = work / "artifact"
        new.mkdir(mode=0o755)
        facts = _made_members(model, work, new)
        members = members_of(new)
        digest = artifact_digest(members)
        manifest = _manifest(model, digest, members, facts)
        _write_json(new / "manifest.json", manifest)
        _normalise_modes(new)
        write_zip(new, members, work / "artifact.zip")
        return _promoted(model.name, home, inputs, work, members, manifest)
    finally:
        shutil.rmtree(work)


def _made_members(model: ModelYaml, work: Path, new: Path) -> dict[str, object]:
    """Let child processes write the members into ``new``; returns what they learnt about the estimator."""
    options = model.model_dump(
        include={
            "format",
            "model_file_name",
            "conda_env",
            "python_version",
            "predict_proba",
            "strict",
            "allow_version_skew",
            "trust",
            "metrics",
        },
    )
    request: dict[str, object] = {
        **options,
        "members_dir": str(new),
        "model_folder": str(model.folder),
        "dtypes": dict(model.samples.dtypes) if model.samples else {},
        "estimator": _text(model.estimator_path),
        "X": _text(model.samples_path),
        "y": _text(model.truths_path),
        "hooks": _text(model.hooks_path),
        "score": _text(model.score_path),
    }
    try:
        if model.train_path is not None:
            # Its own process: the estimator must load where the training code is not.
            train = {"file": str(model.train_path), "function": str(model.train).rpartition(":")[2], "to": str(work)}
            trained = run_in_child("train", train, work_dir=_empty(work / "train"), timeout_s=_BUILD_TIMEOUT_S)
            if request["X"] is not None:  # the files' samples go before the callable's, features and truths together
                trained = {"estimator": trained["estimator"]}
            request.update(trained)
        return run_in_child("build", request, work_dir=_empty(work / "build"), timeout_s=_BUILD_TIMEOUT_S)
    except ChildError as failure:
        raise BuildError(model.name, failure.kind, failure.message) from failure


def _manifest(
    model: ModelYaml, digest: str, members: tuple[Member, ...], facts: dict[str, object]
) -> dict[str, object]:
    return {
        "name": model.name,
        "digest": digest,
        "members": [member.to_json() for member in members],
        "versions": {**library_versions(), "builder": BUILDER_VERSION},
        **facts,
    }


def _promoted(
    name: str,
    home: Path,
    inputs: str,
    work: Path,
    members: tuple[Member, ...],
    manifest: dict[str, object],
) -> Artifact:
    """Move folder, zip and record to their final names, in this order: a record only tells of what is there."""
    digest = str(manifest["digest"])
    folder, zip_path = home / digest, _zip_path(home, digest)
    zip_size, zip_sha256 = (work / "artifact.zip").stat().st_size, file_sha256_hex(work / "artifact.zip")
    if folder.exists():  # the same model from other inputs, or a damaged folder
        folder.rename(work / "replaced")
    (work / "artifact").rename(folder)
    (work / "artifact.zip").replace(zip_path)
    record = {
        "digest": digest,
        "members": [member.to_json() for member in members],
        "zip_size": zip_size,
        "zip_sha256": zip_sha256,
    }
    _write_json(work / "record.json", record)
    (work / "record.json").replace(home / ".inputs" / f"{inputs}.json")
    return Artifact(name, digest, folder, zip_path, zip_size, manifest, was_cached=False)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Hold this model's lock. The kernel lets it go when the holder dies, however it dies."""
    descriptor = os.open(home / ".lock", os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _normalise_modes(folder: Path) -> None:
    """Whatever the umask: folders 0755, files 0644."""
    folder.chmod(0o755)
    for path in folder.iterdir():
        path.chmod(0o644)


def _zip_path(home: Path, digest: str) -> Path:
    return home.parent / f"{home.name}-{digest}.zip"


def _record(home: Path, inputs: str) -> dict[str, object]:
    return _json_file(home / ".inputs" / f"{inputs}.json")


def _json_file(path: Path) -> dict[str, object]:
    """The object in a JSON file of ours; empty where the file is absent or not whole, which a rebuild mends."""
    try:
        value = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _write_json(path: Path, value: object) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _has_size(path: Path, size_bytes: object) -> bool:
    return path.is_file() and path.stat().st_size == size_bytes


def _empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _text(path: Path | None) -> str | None:
    return str(path) if path is not None else None
