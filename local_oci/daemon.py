"""Start, find, stop and reset the local OCI of a data folder. Light: none of the server's libraries is imported.

LocalOciError
├── DidNotStart    the server ended or did not answer; the message has server.log's last lines
└── DidNotStop     it lives on after SIGTERM
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_oci.data_folder import DataFolder
from local_oci.errors import LocalOciError
from local_oci.store import Record, Snapshot, connect

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 90.0
_ASK_TIMEOUT_S = 5.0
_POLL_S = 0.02
_LAST_LINES = 15
_DRAIN_TIMEOUT_S = 30.0


class DidNotStart(LocalOciError):  # noqa: N818 - says what happened
    """The server did not come up."""


class DidNotStop(LocalOciError):  # noqa: N818 - says what happened
    """The server did not go down."""


@dataclass(frozen=True, slots=True)
class Running:
    """A local OCI that answers."""

    endpoint: str
    pid: int
    data_dir: Path


def start(
    data_dir: Path, port: int | None = None, *, has_admin: bool = False, enforces_bandwidth: bool = False
) -> Running:
    """The running local OCI of a folder, started where none runs; of two starters at once, one starts it.

    `has_admin` counts for the one that is started: faults can be set (`local_oci.faults`). So does
    `enforces_bandwidth`: deployments let through no more than their load balancer's bandwidth.
    """
    folder = DataFolder(data_dir.absolute())
    folder.make()
    with _alone(folder):
        return status(folder.root) or _spawn(folder, port, has_admin=has_admin, enforces_bandwidth=enforces_bandwidth)


def status(data_dir: Path) -> Running | None:
    """The local OCI of a folder if it answers, else None."""
    folder = DataFolder(data_dir.absolute())
    try:
        known = json.loads(folder.endpoint_file.read_text())
        host, _, port = known["endpoint"].removeprefix("http://").partition(":")
        told = _ask(host, int(port))
    except (OSError, ValueError, KeyError, http.client.HTTPException):
        return None  # never started, ended, or another program on that port
    if told.get("dataDir") != str(folder.root) or told.get("pid") != known["pid"]:
        return None
    return Running(known["endpoint"], known["pid"], folder.root)


def stop(data_dir: Path) -> None:
    """End the local OCI and its deployments' processes, also those that a killed server left behind."""
    folder = DataFolder(data_dir.absolute())
    if not folder.root.exists():
        return
    with _alone(folder):
        _stop_server(folder)
        _stop_supervisors(folder)


def reset(data_dir: Path) -> None:
    """`stop`, and forget all resources; the key pair, the configuration file and the port stay."""
    folder = DataFolder(data_dir.absolute())
    if not folder.root.exists():
        return
    with _alone(folder):
        _stop_server(folder)
        _stop_supervisors(folder)
        for path in folder.root.glob(f"{folder.database.name}*"):
            path.unlink()
        for path in (folder.artifacts, folder.objects, folder.uploads, folder.logs, folder.deployments):
            shutil.rmtree(path, ignore_errors=True)


def restore(data_dir: Path, file: Path) -> None:
    """Have a data folder know what a snapshot knows, and nothing else; what was running runs again.

    Raises SnapshotRefused, and then nothing is changed.
    """
    from local_oci import snapshot

    folder = DataFolder(data_dir.absolute())
    folder.make()
    with _alone(folder), snapshot.unpacked(folder, file) as part:
        was_running, has_admin = status(folder.root) is not None, folder.admin_token.exists()
        _stop_server(folder)
        _stop_supervisors(folder)
        snapshot.put_in_place(folder, part)
        if was_running:
            _spawn(folder, None, has_admin=has_admin, enforces_bandwidth=False)


def deployments(data_dir: Path) -> list[dict[str, Any]]:
    """Each live deployment with its address and processes, as `paddock local status --json` shows them."""
    from local_oci.supervised import handle
    from model_server import supervisor
    from model_server.errors import SupervisorUnreachable

    folder, found = DataFolder(data_dir.absolute()), []
    for record in _live_records(folder):
        endpoint = f"http://127.0.0.1:{record.private['port']}/{record.id}"
        shown: dict[str, Any] = {"id": record.id, "endpoint": endpoint, "supervisorPid": None, "workerPids": []}
        try:
            told = supervisor.status(handle(folder, record))
        except SupervisorUnreachable:
            found.append(shown)  # it is INACTIVE, FAILED, or about to be started
            continue
        found.append(shown | {"supervisorPid": told.supervisor_pid, "workerPids": list(told.worker_pids)})
    return found


@contextlib.contextmanager
def _alone(folder: DataFolder) -> Iterator[None]:
    """One starter, stopper or resetter of a folder at a time."""
    descriptor = os.open(folder.start_lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _spawn(folder: DataFolder, port: int | None, *, has_admin: bool, enforces_bandwidth: bool) -> Running:
    command = [sys.executable, "-m", "local_oci", "--data", str(folder.root)]
    command += ["--port", str(port)] if port is not None else []
    command += ["--admin"] if has_admin else []
    command += ["--enforce-bandwidth"] if enforces_bandwidth else []
    folder.endpoint_file.unlink(missing_ok=True)
    with folder.server_log.open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=Path(__file__).resolve().parent.parent,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if running := status(folder.root):
            # Reaped when it ends, as long as we live; after us it is init's.
            threading.Thread(target=process.wait, name=f"reap {process.pid}", daemon=True).start()
            return running
        if process.poll() is not None:
            break
        time.sleep(_POLL_S)
    ended = process.poll()
    if ended is None:
        process.kill()
        process.wait()
    why = "did not answer in time" if ended is None else f"ended with exit code {ended}"
    raise DidNotStart(f"the local OCI of {folder.root} {why}; the last lines of {folder.server_log}:\n{_tail(folder)}")


def _tail(folder: DataFolder) -> str:
    lines = folder.server_log.read_text(errors="replace").splitlines()
    return "\n".join(lines[-_LAST_LINES:])


def _ask(host: str, port: int) -> dict[str, Any]:
    connection = http.client.HTTPConnection(host, port, timeout=_ASK_TIMEOUT_S)
    try:
        connection.request("GET", "/_paddock/status")
        told = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return told if isinstance(told, dict) else {}


def _stop_server(folder: DataFolder) -> None:
    """SIGTERM to the one that holds the folder, then wait until it holds it no more."""
    descriptor = os.open(folder.server_lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + STOP_TIMEOUT_S
        told = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.pread(descriptor, 32, 0).decode().strip()
            else:
                folder.endpoint_file.unlink(missing_ok=True)
                return
            if holder.isdigit() and not told:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(holder), signal.SIGTERM)
                told = True
            if time.monotonic() > deadline:
                raise DidNotStop(f"the local OCI of {folder.root} (pid {holder}) did not end in {STOP_TIMEOUT_S:g} s")
            time.sleep(_POLL_S)
    finally:
        os.close(descriptor)


def _stop_supervisors(folder: DataFolder) -> None:
    """End what a killed server left: each deployment's processes are found by its state folder."""
    from local_oci.supervised import stop_all
    from model_server import fork_server

    stop_all(folder, _live_records(folder), _DRAIN_TIMEOUT_S)
    fork_server.stop(folder.deployments)


def _live_records(folder: DataFolder) -> list[Record]:
    from local_oci.supervised import live

    if not folder.database.exists():
        return []
    connection = connect(folder.database)
    try:
        return live(Snapshot(connection))
    finally:
        connection.close()
