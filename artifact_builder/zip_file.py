"""A zip that is a pure function of its members."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

from artifact_builder.digest import Member

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that zip has
_REGULAR_FILE_0644 = 0o100644 << 16
_UNIX = 3
_ZIP64_FROM_BYTES = 1 << 31


def write_zip(folder: Path, members: tuple[Member, ...], zip_path: Path) -> None:
    """Write ``members`` of ``folder``, sorted, with one date, one mode, stored: deflate differs between zlibs."""
    with zipfile.ZipFile(zip_path, "w", zipfile.ZIP_STORED) as archive:
        for member in sorted(members):
            with (
                (folder / member.name).open("rb") as source,
                archive.open(_entry(member), "w", force_zip64=member.size_bytes >= _ZIP64_FROM_BYTES) as target,
            ):
                shutil.copyfileobj(source, target, 1 << 20)


def zip_members(zip_path: Path) -> tuple[Member, ...]:
    """What lies in a zip, whoever wrote it, read in pieces: `artifact_digest` of it is the digest of the whole.

    Raises `zipfile.BadZipFile` where it is none, or where a member is not what the zip says of it.
    """
    with zipfile.ZipFile(zip_path) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        return tuple(sorted(_member(archive, entry) for entry in entries))


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Member:
    sha256 = hashlib.sha256()
    with archive.open(entry) as file:
        while piece := file.read(1 << 20):
            sha256.update(piece)
    return Member(entry.filename, entry.file_size, sha256.hexdigest())


def _entry(member: Member) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(member.name, date_time=_EPOCH)
    entry.compress_type = zipfile.ZIP_STORED
    entry.create_system = _UNIX
    entry.external_attr = _REGULAR_FILE_0644
    entry.file_size = member.size_bytes
    return entry
