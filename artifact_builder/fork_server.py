"""The process that has imported scikit-learn once and forks one process for each task (``worker/fork_loop.py``).

    builder ──control socket──▶ fork server ──fork──▶ task's process (a session of its own)
       └──────────a socket for each task─────────────────┘

It lives while somebody in this process holds it (``shared``), and dies with this process, however that dies. Its
environment is fixed, so that hash order, time zone, locale and thread count cannot enter an artifact, and holds no
credentials.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

# What Python and shared libraries may need to start at all; everything else is ours.
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")
_FIXED = {
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
    "TZ": "UTC",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    # A process with threads must not fork, so no library may start one at import.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # pyarrow's own jemalloc; pandas imports it
    "HOME": "/nonexistent",  # Debian's word for none; each task gets its work folder
}
_END_TIMEOUT_S = 10.0


class ForkServerGoneError(Exception):
    """The fork server ended, or was ended, before the task did; the text is what it said last, or empty."""


class TaskNotDoneError(Exception):
    """The task was not done in time; no process of it is left."""


class ForkServer:
    """A running fork server. Threads may run tasks side by side."""

    def __init__(self) -> None:
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  # closed by stop
        self._control, theirs = socket.socketpair()
        self._sending = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-B", "-m", "artifact_builder.worker"],
                cwd="/",
                env=_environment(),
                stdin=theirs.fileno(),
                stdout=self._output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Of the fork server itself."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether it can take tasks."""
        return self._process.poll() is None

    def run(self, request: Mapping[str, object], *, work_dir: Path, timeout_s: float) -> int:
        """Run a task in the folder ``work_dir``; returns the status of its process (``os.waitpid``'s).

        Left early, or not done in time (TaskNotDoneError), the task is killed with all that it started.
        """
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                self._send(theirs)
            try:
                ours.sendall(json.dumps({"work_dir": str(work_dir), "request": request}).encode() + b"\n")
                return self._status(ours, time.monotonic() + timeout_s)
            except (BrokenPipeError, ConnectionResetError) as error:
                raise self._gone(None) from error
            finally:
                _wait_for_end(ours)

    def _status(self, task: socket.socket, deadline_s: float) -> int:
        pid: int | None = None
        with task.makefile("rb") as lines:
            while True:
                task.settimeout(max(deadline_s - time.monotonic(), 0.001))
                try:
                    words = json.loads(lines.readline() or "{}")
                except TimeoutError as error:
                    raise TaskNotDoneError from error
                if "status" in words:
                    return int(words["status"])
                if "pid" not in words:
                    raise ForkServerGoneError(words["refused"]) if words else self._gone(pid)
                pid = int(words["pid"])

    def stop(self) -> None:
        """End it and all its tasks; returns when they are gone."""
        self._control.close()
        try:
            self._process.wait(_END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()

    def _send(self, task: socket.socket) -> None:
        try:
            with self._sending:
                socket.send_fds(self._control, [b"t"], [task.fileno()])
        except OSError as error:
            raise self._gone(None) from error

    def _gone(self, pid: int | None) -> ForkServerGoneError:
        if pid is not None:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)  # a fork server that was killed left its tasks to us
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        return ForkServerGoneError(self._said())

    def _said(self) -> str:
        if self._output.closed:
            return ""
        size_bytes = os.fstat(self._output.fileno()).st_size
        return os.pread(self._output.fileno(), size_bytes, 0).decode(errors="replace")


def _wait_for_end(task: socket.socket) -> None:
    """Tell that nobody waits any more, and wait until no process of the task is left."""
    with suppress(OSError):  # the fork server may be gone
        task.shutdown(socket.SHUT_WR)
        task.settimeout(_END_TIMEOUT_S)
        while task.recv(4096):
            pass


class _Shared:
    """The one fork server of this process, and how many hold it."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.server: ForkServer | None = None
        self.holders = 0
        self.is_stopped = False


_shared = _Shared()


@contextmanager
def shared(*, linger_s: float = 0.0) -> Iterator[ForkServer]:
    """Hold this process's fork server: started by the first holder, stopped with the last (``linger_s`` after it).

    One that was killed is replaced for the next holder. After ``stop_shared`` there is none until all have let go.
    """
    with _shared.changed:
        if _shared.is_stopped:
            raise ForkServerGoneError("")
        if _shared.server is None or not _shared.server.is_alive():
            dead, _shared.server = _shared.server, ForkServer()
            if dead is not None:
                dead.stop()
        server = _shared.server
        _shared.holders += 1
    try:
        yield server
    finally:
        if linger_s:
            later = threading.Timer(linger_s, _let_go)
            later.daemon = True
            later.start()
        else:
            _let_go()


def _let_go() -> None:
    with _shared.changed:
        _shared.holders -= 1
        _shared.changed.notify_all()
        if _shared.holders:
            return
        last, _shared.server, _shared.is_stopped = _shared.server, None, False
    if last is not None:
        last.stop()


def stop_shared(*, holders: int) -> None:
    """End all tasks now and wait, for some seconds, until only ``holders`` of the holders have not let go."""
    with _shared.changed:
        _shared.is_stopped = True
        server = _shared.server
    if server is not None:
        server.stop()
    with _shared.changed:
        _shared.changed.wait_for(lambda: _shared.holders <= holders, _END_TIMEOUT_S)


def _environment() -> dict[str, str]:
    inherited = {key: os.environ[key] for key in _INHERITED if key in os.environ}
    our_root = str(Path(__file__).resolve().parent.parent)
    return {**inherited, **_FIXED, "PYTHONPATH": our_root}
