"""Where the artifacts of one model lie, and the only way in for a new one.

    artifacts/<name>/<digest>/              the members and manifest.json
    artifacts/<name>-<digest>.zip           the members
    artifacts/<name>/.inputs/<input digest>.json   which artifact these inputs gave
    artifacts/<name>/.lock, .work-*         one builder at a time; what a killed one left is swept by the next
    artifacts/<name>/edited-score-*.py      edits that someone made in an artifact which was then built again

Nothing is ever written in place: a folder or file appears under its final name complete, or not at all.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artifact_builder.digest import Member, file_sha256_hex

_HASHED_ON_HIT_BYTES = 16 << 20  # a bigger zip is trusted by its size: hashing 1.5 GB would cost a second a preview
_WORK_PREFIX = ".work-"


@dataclass(frozen=True)
class Artifact:
    """A built model. ``digest`` is its identity; ``size_bytes`` is the zip's, for artifactContentLength.

    ``notes``: sentences for the person who builds; a model found built says again what its build said.
    """

    name: str
    digest: str
    folder: Path
    zip_path: Path
    size_bytes: int
    manifest: dict[str, Any]
    was_cached: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class NewArtifact:
    """What a build made in the work folder ``work``: ``work/artifact`` and ``work/artifact.zip``, both complete."""

    work: Path
    members: tuple[Member, ...]
    manifest: dict[str, Any]


class ArtifactHome:
    """The folder ``artifacts/<name>`` and the zips beside it."""

    def __init__(self, name: str, artifacts_dir: Path) -> None:
        self._name = name
        self._folder = artifacts_dir.absolute() / name

    def find(self, inputs: str) -> Artifact | None:
        """The whole and unchanged artifact that these inputs gave before; None where it has to be built."""
        record = self._record(inputs)
        if not record:
            return None
        digest = str(record["digest"])
        folder, zip_path = self._folder / digest, self._zip_path(digest)
        manifest = _json_file(folder / "manifest.json")
        if not manifest or not all(_has_size(folder / member["name"], member["size"]) for member in record["members"]):
            return None
        if not _has_size(zip_path, record["zip_size"]):
            return None
        size_bytes = zip_path.stat().st_size
        if size_bytes <= _HASHED_ON_HIT_BYTES and file_sha256_hex(zip_path) != record["zip_sha256"]:
            return None
        notes = tuple(manifest.get("notes", ()))
        return Artifact(self._name, digest, folder, zip_path, size_bytes, manifest, was_cached=True, notes=notes)

    def last_folder(self, inputs: str) -> Path | None:
        """The artifact's folder that these inputs gave, as it is now; None where there is none."""
        record = self._record(inputs)
        folder = self._folder / str(record.get("digest"))
        return folder if record and folder.is_dir() else None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold this model's lock. The kernel lets it go when the holder dies, however it dies."""
        (self._folder / ".inputs").mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._folder / ".lock", os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def work_folder(self) -> Iterator[Path]:
        """An empty folder to build in, gone afterwards; the lock must be held."""
        for leftover in self._folder.glob(f"{_WORK_PREFIX}*"):
            shutil.rmtree(leftover)
        work = Path(tempfile.mkdtemp(prefix=_WORK_PREFIX, dir=self._folder))
        try:
            yield work
        finally:
            shutil.rmtree(work)

    def take_in(self, new: NewArtifact, inputs: str) -> Artifact:
        """Move folder, zip and record to their final names, in this order: a record only tells of what is there."""
        digest = str(new.manifest["digest"])
        folder, zip_path = self._folder / digest, self._zip_path(digest)
        made_zip = new.work / "artifact.zip"
        zip_size, zip_sha256 = made_zip.stat().st_size, file_sha256_hex(made_zip)
        notes = list(new.manifest.get("notes", ()))
        if folder.exists():  # the same model from other inputs, a damaged folder, or one that someone edited
            notes += self._kept_edits(folder, new.work / "artifact")
            folder.rename(new.work / "replaced")
        (new.work / "artifact").rename(folder)
        made_zip.replace(zip_path)
        members = [member.to_json() for member in new.members]
        record = {"digest": digest, "members": members, "zip_size": zip_size, "zip_sha256": zip_sha256}
        write_json(new.work / "record.json", record)
        (new.work / "record.json").replace(self._record_path(inputs))
        return Artifact(
            self._name, digest, folder, zip_path, zip_size, new.manifest, was_cached=False, notes=tuple(notes)
        )

    def _kept_edits(self, folder: Path, new: Path) -> list[str]:
        """Nothing is lost: a score.py that was edited in the artifact is put aside before the folder is made anew."""
        edited, built = folder / "score.py", new / "score.py"
        if not edited.is_file() or not built.is_file() or edited.read_bytes() == built.read_bytes():
            return []
        kept = self._folder / f"edited-score-{file_sha256_hex(edited)[:12]}.py"
        shutil.copyfile(edited, kept)
        note = (
            f"score.py had been edited in the artifact {folder.name[:12]}: the edit is kept as {kept.name} in "
            f"{self._folder.parent.name}/{self._name}; to deploy it, copy it to the model's folder as score.py and add "
            "to model.yaml: `score: score.py`"
        )
        return [note]

    def _zip_path(self, digest: str) -> Path:
        return self._folder.parent / f"{self._name}-{digest}.zip"

    def _record_path(self, inputs: str) -> Path:
        return self._folder / ".inputs" / f"{inputs}.json"

    def _record(self, inputs: str) -> dict[str, Any]:
        return _json_file(self._record_path(inputs))


def write_json(path: Path, value: object) -> None:
    """Write a JSON file that people read too."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _json_file(path: Path) -> dict[str, Any]:
    """The object in a JSON file of ours; empty where the file is absent or not whole, which a rebuild mends."""
    try:
        value = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _has_size(path: Path, size_bytes: object) -> bool:
    return path.is_file() and path.stat().st_size == size_bytes
