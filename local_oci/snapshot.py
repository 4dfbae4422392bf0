"""Everything that a local OCI knows, in one file, and back: a tar of the store and of the bytes that it names.

Not in it: the signing key pair (a folder keeps its own) and the processes' state; deployments that ran are served again
at the next start, on their ports where those are free. It holds customer secret keys and models: give it and take it
like code that will be run.

SnapshotRefused     a file that is no snapshot, or a local OCI in the middle of something
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from local_oci import archive, credentials, deployer, ports
from local_oci.clock import wall_clock
from local_oci.data_folder import DataFolder
from local_oci.deployer import Site
from local_oci.errors import LocalOciError
from local_oci.resources.work_request import UNFINISHED
from local_oci.store import Record, Snapshot, Transaction, connect
from local_oci.supervised import live

_MANIFEST, _STORE = "manifest.json", "oci.sqlite"
_FORMAT = {"paddockLocalOci": 1}
_FOLDERS = ("artifacts", "objects", "logs")
_RUNNING = ("ACTIVE", "NEEDS_ATTENTION")
_LONGEST_WAIT_S = 30.0


class SnapshotRefused(LocalOciError):  # noqa: N818 - says what happened
    """There is nothing that could be saved or restored; the message says why."""


def save(data_dir: Path, file: Path) -> None:
    """Write a snapshot of a data folder, served or not; `file` is whole or as it was."""
    folder = DataFolder(data_dir.absolute())
    if not folder.database.exists():
        raise SnapshotRefused(f"{folder.root} has no local OCI; `paddock local start` makes one")
    beside = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    with _own_folder(folder) as part:
        _freeze(folder, part)
        _refuse_unfinished(part / _STORE)
        (part / _MANIFEST).write_text(json.dumps(_FORMAT))
        try:
            _write(part, beside)
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)


def _write(part: Path, file: Path) -> None:
    """The tar, its manifest first, for this user only."""
    others = sorted(path for path in part.rglob("*") if path.is_file() and path != part / _MANIFEST)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
        with tarfile.open(fileobj=raw, mode="w") as tar:
            for path in (part / _MANIFEST, *others):
                tar.add(path, str(path.relative_to(part)), recursive=False, filter=_without_owner)
        raw.flush()
        os.fsync(raw.fileno())


def _without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    return member.replace(uid=0, gid=0, uname="", gname="", deep=False)


def _freeze(folder: DataFolder, part: Path) -> None:
    """Copy the store and link all files, while nobody can commit: no file that the copy names can go."""
    writing = sqlite3.connect(folder.database, isolation_level=None, timeout=_LONGEST_WAIT_S)
    reading = connect(folder.database, read_only=True)
    target = sqlite3.connect(part / _STORE)
    try:
        writing.execute("BEGIN IMMEDIATE")
        reading.backup(target)
        for name in _FOLDERS:
            for path in (folder.root / name).rglob("*"):
                _link(path, part / path.relative_to(folder.root))
        writing.execute("ROLLBACK")
    finally:
        for connection in (writing, reading, target):
            connection.close()


def _link(path: Path, to: Path) -> None:
    """Link one file, unless it is an upload on its way, or was discarded just now."""
    if path.name.startswith(".") or not path.is_file():
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        to.hardlink_to(path)


def _refuse_unfinished(store: Path) -> None:
    connection = sqlite3.connect(store)
    marks = ",".join("?" * len(UNFINISHED))
    statement = f"SELECT id FROM resources WHERE kind LIKE '%work_request' AND state IN ({marks})"  # noqa: S608 - marks
    try:
        under_way = [row[0] for row in connection.execute(statement, UNFINISHED)]
    finally:
        connection.close()
    if under_way:
        raise SnapshotRefused(f"work is under way; wait for the end of {', '.join(under_way)}")


@contextlib.contextmanager
def unpacked(folder: DataFolder, file: Path) -> Iterator[Path]:
    """What a snapshot has, checked, in a folder beside what is there; SnapshotRefused for anything else."""
    with _own_folder(folder) as part:
        try:
            with tarfile.open(file, mode="r:") as tar:
                _unpack(tar, part)
        except (OSError, tarfile.TarError, EOFError) as error:
            raise SnapshotRefused(f"{file} cannot be read as a snapshot: {error}") from error
        _check_store(part / _STORE, file)
        yield part


def _unpack(tar: tarfile.TarFile, part: Path) -> None:
    first = tar.next()
    told: Any = None
    if first is not None and first.name == _MANIFEST and (content := tar.extractfile(first)):
        with contextlib.suppress(ValueError):
            told = json.loads(content.read(1024))
    if told != _FORMAT:
        raise SnapshotRefused(f"{tar.name!s} is no snapshot of this version of the local OCI")
    for member in tar:
        if member is first:
            continue
        top = member.name.partition("/")[0]
        if not member.isreg() or archive.path_problem(member.name) or not (member.name == _STORE or top in _FOLDERS):
            raise SnapshotRefused(f"{tar.name!s} has {member.name!r}, which no snapshot has")
        place = part / member.name
        place.parent.mkdir(parents=True, exist_ok=True)
        source = tar.extractfile(member)
        if source is None:
            raise SnapshotRefused(f"{tar.name!s} has {member.name!r}, which is no file")
        with source, place.open("xb") as target:
            shutil.copyfileobj(source, target)


def _check_store(store: Path, file: Path) -> None:
    connection = sqlite3.connect(store)
    try:
        sound = connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
        connection.execute("SELECT 1 FROM resources LIMIT 1")
    except sqlite3.DatabaseError as error:
        raise SnapshotRefused(f"{file} has no store that can be read: {error}") from error
    finally:
        connection.close()
    if not sound:
        raise SnapshotRefused(f"the store in {file} is damaged")


def put_in_place(folder: DataFolder, part: Path) -> None:
    """Put what `unpacked` gave in the place of what a folder has that nobody serves; deployments are made ready."""
    for path in folder.root.glob(f"{folder.database.name}*"):
        path.unlink()
    for path in (folder.deployments, folder.uploads, *(folder.root / name for name in _FOLDERS)):
        shutil.rmtree(path, ignore_errors=True)
        if (part / path.name).exists():
            (part / path.name).rename(path)
    folder.make()
    (part / _STORE).rename(folder.database)
    connection = connect(folder.database)
    try:
        connection.execute("BEGIN IMMEDIATE")
        transaction = Transaction(connection, wall_clock())
        site = Site(folder, credentials.load(folder.root), transaction.get)
        for record in live(transaction):
            transaction.save(_adopted(site, transaction, record))
        connection.execute("COMMIT")
    finally:
        connection.close()


def _adopted(site: Site, snapshot: Snapshot, record: Record) -> Record:
    """A deployment with paths, key and port of this folder; its artifact is unpacked where it is to run."""
    port = record.private["port"]
    if not ports.is_free(port):
        port = ports.choose({found.private["port"] for found in live(snapshot)})
    here = record.with_private(port=port, spec=None)
    if record.state not in _RUNNING:
        return here
    try:
        return here.with_private(spec=deployer.prepare(site, here).to_json())
    except (archive.ArchiveRefused, OSError) as error:
        return replace(here, state="FAILED").with_document(lifecycleDetails=f"It could not be restored: {error}"[:500])


@contextlib.contextmanager
def _own_folder(folder: DataFolder) -> Iterator[Path]:
    """A folder on the same disk, for this user only, gone afterwards."""
    part = folder.root / f"snapshot-{secrets.token_hex(8)}"
    part.mkdir(mode=0o700)
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)
