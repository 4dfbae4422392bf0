"""The fork server: one process that has imported the libraries, and becomes supervisors and workers by forking.

A fork is there in milliseconds and shares all pages of the libraries, so a deployment neither waits for imports nor
pays for them again. Who wants to deploy calls `start` once for the folder that holds the deployments' state folders;
`supervisor.start` and the supervisors find it there. Where none runs (no `start`, not Linux, ended since) all works the
same, only slower: each process is started anew.

It ends when its owner, the process that called `start`, and all supervisors that it became are gone, or by `stop`.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from model_server.process_identity import ProcessIdentity

SOCKET_NAME = "fork_server.sock"
LOCK_NAME = "fork_server.lock"
LOG_NAME = "fork_server.log"
BACKLOG = 128
ANSWER_TIMEOUT_S = 30.0  # for imports that are still under way
STOP_TIMEOUT_S = 5.0
MESSAGE_LIMIT_BYTES = 1 << 20
_POLL_S = 0.01
_ROOT = Path(__file__).resolve().parent.parent  # where `-m model_server.fork_server_process` is found
INHERITED = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TMPDIR",
    "TZ",
    "LD_LIBRARY_PATH",
    "PYTHONPATH",
    "PYTHONHOME",
)
_EARLY = ("PYTHON", "LD_", "OMP_", "GOMP_", "KMP_", "OPENBLAS_", "MKL_", "BLIS_", "MALLOC_", "GLIBC_", "LC_")
_EARLY_NAMES = frozenset({"LANG", "TZ", "PATH", "HOME", "TMPDIR"})


class ForkServerAbsent(Exception):  # noqa: N818  a claim, like the room's other errors
    """No fork server answers here; start the process anew."""


def can_become(environment: Mapping[str, str]) -> bool:
    """Tell whether a fork can have these variables: not where Python or a library read them as it was imported."""
    return not any(name in _EARLY_NAMES or name.startswith(_EARLY) for name in environment)


def start(folder: Path) -> None:
    """Have a fork server for the deployments of this folder, owned by this process; returns before it is warm."""
    if not sys.platform.startswith("linux"):
        return
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(ForkServerAbsent):
        ask(folder, {"want": "owner", "pid": os.getpid()})
        return
    with (folder / LOG_NAME).open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "model_server.fork_server_process", str(folder.resolve()), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=_ROOT,
            env=_quiet_environment(),
            start_new_session=True,
        )
    # Reaped when it ends, as long as we live; after us it is init's.
    threading.Thread(target=process.wait, name=f"reap {process.pid}", daemon=True).start()
    deadline = time.monotonic() + ANSWER_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline and not (folder / SOCKET_NAME).exists():
        time.sleep(_POLL_S)


def wait_warm(folder: Path) -> None:
    """Return when the folder's fork server has imported all it shares; raises ForkServerAbsent where none runs."""
    ask(folder, {"want": "owner", "pid": os.getpid()})


def stop(folder: Path) -> None:
    """End the folder's fork server, and return when it has ended; what it became lives on."""
    process = _holder(folder)
    with contextlib.suppress(ForkServerAbsent):  # it ends by itself once its owner is gone, and then answers no more
        process = ProcessIdentity.from_json(ask(folder, {"want": "stop"}))
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while process is not None and process.is_alive() and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def _holder(folder: Path) -> ProcessIdentity | None:
    """The fork server that holds, or last held, the folder's lock."""
    try:
        return ProcessIdentity.from_json(json.loads((folder / LOCK_NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError):
        return None


def ask(folder: Path, wish: Mapping[str, Any], descriptors: Sequence[int] = ()) -> dict[str, Any]:
    """Send a wish and the open files that it needs, and give the answer; raises ForkServerAbsent."""
    try:
        with _connected(folder) as connection:
            connection.settimeout(ANSWER_TIMEOUT_S)
            ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
            connection.sendmsg([json.dumps(wish).encode()], ancillary)
            told = json.loads(connection.recv(MESSAGE_LIMIT_BYTES))
    except (OSError, ValueError) as error:
        raise ForkServerAbsent(f"No fork server answers in {folder}: {error!r}") from error
    if not isinstance(told, dict) or "error" in told:
        raise ForkServerAbsent(f"The fork server in {folder} could not: {told}")
    return told


@contextlib.contextmanager
def _connected(folder: Path) -> Iterator[socket.socket]:
    """Connect by way of the folder's descriptor: a socket's own path may have no more than 107 bytes."""
    if not sys.platform.startswith("linux"):
        raise OSError("only Linux has fork servers")
    descriptor = os.open(folder, os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
            connection.connect(f"/proc/self/fd/{descriptor}/{SOCKET_NAME}")
            yield connection
    finally:
        os.close(descriptor)


def bind(folder: Path) -> tuple[int, socket.socket] | None:
    """Become the folder's one fork server: the lock, to be kept, and the listening socket; None where another is."""
    lock = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    holder = ProcessIdentity.of(os.getpid())
    if holder is not None:
        os.ftruncate(lock, 0)
        os.pwrite(lock, json.dumps(holder.to_json()).encode(), 0)
    os.chdir(folder)
    beside = Path(f".{SOCKET_NAME}")
    beside.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    mask = os.umask(0o177)
    try:
        listener.bind(str(beside))
    finally:
        os.umask(mask)
    listener.listen(BACKLOG)
    beside.replace(SOCKET_NAME)  # whoever sees the name can connect
    return lock, listener


def _quiet_environment() -> dict[str, str]:
    """One thread a library: a process with threads must not fork. Workers are given their share of cores later."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return kept | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
