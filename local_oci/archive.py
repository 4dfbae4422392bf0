"""Unpack a model's artifact: nothing leaves its folder, nothing fills the disk, all or nothing is there.

Every entry is looked at before the first byte is written. What is unpacked appears under its final name by a rename.
"""

from __future__ import annotations

import io
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from local_oci.errors import LocalOciError

MOST_ENTRIES = 10_000
LARGEST_TOTAL_BYTES = 8 * 1024**3
LARGEST_DIRECTORY_BYTES = 8 * 1024**2  # zipfile reads the list of entries in one piece, before they can be counted
_COPY_BYTES = 1024 * 1024
_ENCRYPTED = 0x1
_MOST_REASONS = 10
_LONGEST_PART_BYTES = 255
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGES = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError, OverflowError)


class ArchiveRefused(LocalOciError):  # noqa: N818 - says what happened
    """The artifact cannot be served as it is; the message lists the reasons."""


def unpack(archive: Path, target: Path, largest_total_bytes: int = LARGEST_TOTAL_BYTES) -> Path:
    """Unpack into `target` and give the folder that has score.py (OCI takes it one level down too).

    What is already under `target` came from a finished unpack and is kept. Raises ArchiveRefused.
    """
    unpack_any(archive, target, largest_total_bytes, check=root)
    return root(target)


def unpack_any(
    archive: Path,
    target: Path,
    largest_total_bytes: int = LARGEST_TOTAL_BYTES,
    *,
    check: Callable[[Path], object] = str,
) -> None:
    """Unpack whatever it is into `target`, once `check` let it pass; what is there came from a finished unpack."""
    if not target.exists():
        part = target.with_name(f"{target.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        try:
            with _BoundedFile(archive) as file, _opened(file) as opened:
                _refuse(entry_problems(opened.infolist(), largest_total_bytes))
                _write(opened, part, largest_total_bytes)
            check(part)
            part.rename(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def entry_problems(entries: Iterable[zipfile.ZipInfo], largest_total_bytes: int = LARGEST_TOTAL_BYTES) -> Iterator[str]:
    """Why entries may not be unpacked: paths that leave the folder, links, sizes, counts, names that collide."""
    total, count, seen = 0, 0, set[str]()
    for entry in entries:
        count += 1
        total += entry.file_size
        name = entry.filename.rstrip("/")
        if reason := path_problem(name):
            yield f"entry {entry.filename!r} {reason}"
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            yield f"entry {entry.filename!r} is neither a file nor a folder (a link, perhaps)"
        if entry.flag_bits & _ENCRYPTED:
            yield f"entry {entry.filename!r} is encrypted"
        if entry.compress_type not in _METHODS:
            yield f"entry {entry.filename!r} has compression {entry.compress_type}; stored and deflated are taken"
        if name in seen:
            yield f"entry {entry.filename!r} is there twice"
        seen.add(name)
    if count > MOST_ENTRIES:
        yield f"it has {count} entries, at most {MOST_ENTRIES} are taken"
    if total > largest_total_bytes:
        yield f"unpacked it would have {total} bytes, at most {largest_total_bytes} are taken"


def path_problem(name: str) -> str | None:
    """Why a member's name may not become a path below the folder; None where it may."""
    if not name or "\0" in name:
        return "has no usable name"
    if "\\" in name:
        return "has a backslash in its name"
    if name.startswith("/") or (len(name) > 1 and name[1] == ":"):
        return "has an absolute path"
    if any(part in ("", ".", "..") for part in name.split("/")):
        return "has a path with '.', '..' or an empty part"
    if any(len(part.encode(errors="replace")) > _LONGEST_PART_BYTES for part in name.split("/")):
        return "has a part longer than a file name may be"
    return None


def root(folder: Path) -> Path:
    """The folder with score.py: the artifact's top, or its only folder."""
    if (folder / "score.py").is_file():
        return folder
    inside = sorted(folder.iterdir())
    if len(inside) == 1 and (inside[0] / "score.py").is_file():
        return inside[0]
    names = ", ".join(path.name for path in inside[:_MOST_REASONS]) or "nothing"
    raise ArchiveRefused(f"the artifact has no score.py at its top; found {names}")


class _BoundedFile(io.FileIO):
    """A file of which nobody reads a big part at once."""

    def read(self, size: int | None = -1, /) -> bytes | Any:
        """Read; BadZipFile for more than a list of entries may have."""
        if size is not None and size > LARGEST_DIRECTORY_BYTES:
            raise zipfile.BadZipFile(f"its list of entries has {size} bytes, over {LARGEST_DIRECTORY_BYTES}")
        return super().read(size)


def _opened(archive: io.FileIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(archive)
    except _DAMAGES as error:
        raise ArchiveRefused(f"the artifact is no zip file that can be read: {error}") from error


def _refuse(problems: Iterable[str]) -> None:
    if found := list(problems):
        more = f"; and {len(found) - _MOST_REASONS} more" if len(found) > _MOST_REASONS else ""
        raise ArchiveRefused(f"the artifact is not unpacked: {'; '.join(found[:_MOST_REASONS])}{more}")


def _write(opened: zipfile.ZipFile, folder: Path, largest_total_bytes: int) -> None:
    """Write all members; sizes are counted again, because a header can lie."""
    left = largest_total_bytes
    for entry in opened.infolist():
        place = folder / entry.filename
        try:
            if entry.is_dir():
                place.mkdir(parents=True, exist_ok=True)
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("xb") as file:
                for block in _blocks(opened, entry):
                    left -= len(block)
                    if left < 0:
                        raise ArchiveRefused(f"unpacked the artifact has more than {largest_total_bytes} bytes")
                    file.write(block)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise ArchiveRefused(f"entry {entry.filename!r} collides with another one") from error


def _blocks(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """A member's content; what zipfile raises on damaged bytes is not only BadZipFile."""
    try:
        with opened.open(entry) as source:
            while block := source.read(_COPY_BYTES):
                yield block
    except _DAMAGES as error:
        raise ArchiveRefused(f"entry {entry.filename!r} cannot be read: {error}") from error
