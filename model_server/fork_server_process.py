"""`python -m model_server.fork_server_process FOLDER OWNER_PID`: what `fork_server.start` starts.

One wish a connection: {"want": "supervisor", "state_dir"} with its log file, {"want": "worker", …} with its end of the
socket pair, the supervisor's lifeline and its log file, {"want": "owner", "pid"}, {"want": "stop"}. Never a thread and
never an event loop: both would be torn by a fork.
"""

from __future__ import annotations

import array
import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from model_server.fork_server import MESSAGE_LIMIT_BYTES, SOCKET_NAME, bind
from model_server.process_identity import ProcessIdentity

WARM = (
    *("model_server.supervisor_process", "model_server.worker", "model_server.__main__"),
    *("numpy", "scipy.sparse", "joblib", "threadpoolctl", "sklearn", "sklearn.pipeline", "sklearn.preprocessing"),
    *("sklearn.linear_model", "sklearn.ensemble", "sklearn.tree", "sklearn.compose", "sklearn.impute", "pandas"),
)
FILES_LIMIT = 8
RECEIVE_TIMEOUT_S = 5.0


class ForkServer:
    """The loop. `run` returns in the forks too: with what the fork is to do."""

    def __init__(self, listener: socket.socket, owner_pid: int) -> None:
        self._listener = listener
        self._poller = select.poll()
        self._poller.register(listener, select.POLLIN)
        self._owner: int | None = None
        self._supervisors: set[int] = set()
        self._is_stopping = False
        self._own(owner_pid)

    def run(self) -> Callable[[], int]:
        """Serve until nobody is left; gives what is to be done then, in this process or in a fork of it."""
        while not self._is_stopping and (self._owner is not None or self._supervisors):
            for descriptor, _ in self._poller.poll():
                if descriptor == self._listener.fileno():
                    begun = self._accept()
                    if begun is not None:
                        return begun
                else:
                    self._gone(descriptor)
        Path(SOCKET_NAME).unlink(missing_ok=True)
        return lambda: 0

    def _accept(self) -> Callable[[], int] | None:
        connection, _ = self._listener.accept()
        with connection:
            connection.settimeout(RECEIVE_TIMEOUT_S)
            files: list[int] = []
            try:
                wish, files = _receive(connection)
                answer, begun = self._grant(wish, files)
                if begun is None:
                    connection.sendall(json.dumps(answer).encode())
            except (OSError, ValueError, KeyError, TypeError) as error:
                sys.stderr.write(f"A wish was not granted: {error!r}\n")
                with contextlib.suppress(OSError):
                    connection.sendall(json.dumps({"error": repr(error)}).encode())
                begun = None
        if begun is None:
            for file in files:
                os.close(file)
        return begun

    def _grant(self, wish: dict[str, Any], files: list[int]) -> tuple[dict[str, Any], Callable[[], int] | None]:
        want = wish["want"]
        if want == "owner":
            self._own(wish["pid"])
            return _myself(), None
        if want == "stop":
            self._is_stopping = True
            Path(SOCKET_NAME).unlink(missing_ok=True)
            return _myself(), None
        work = _supervisor(wish, files) if want == "supervisor" else _worker(wish, files)
        pid = os.fork()
        if pid == 0:
            self._leave()
            return {}, work
        if want == "supervisor":
            self._watch(pid)
        return {"pid": pid}, None

    def _own(self, pid: int) -> None:
        descriptor = _descriptor_of(pid)
        if self._owner is not None:
            self._poller.unregister(self._owner)
            os.close(self._owner)
        self._owner = descriptor
        if descriptor is not None:
            self._poller.register(descriptor, select.POLLIN)

    def _watch(self, pid: int) -> None:
        descriptor = _descriptor_of(pid)
        if descriptor is not None:
            self._supervisors.add(descriptor)
            self._poller.register(descriptor, select.POLLIN)

    def _gone(self, descriptor: int) -> None:
        self._poller.unregister(descriptor)
        os.close(descriptor)
        self._supervisors.discard(descriptor)
        if descriptor == self._owner:
            self._owner = None

    def _leave(self) -> None:
        """Be a process of one's own: none of the server's files, signals as they are by default."""
        self._listener.close()
        for descriptor in (*self._supervisors, *([] if self._owner is None else [self._owner])):
            os.close(descriptor)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()


def _supervisor(wish: dict[str, Any], files: list[int]) -> Callable[[], int]:
    (log,) = files
    state_dir = str(wish["state_dir"])

    def run() -> int:
        from model_server.__main__ import main

        _wire(log)
        return main(["model_server", state_dir])

    return run


def _worker(wish: dict[str, Any], files: list[int]) -> Callable[[], int]:
    channel, lifeline, log = files
    environment = {str(name): str(value) for name, value in wish["environment"].items()}
    artifact_dir, threads = str(wish["artifact_dir"]), int(wish["threads"])

    def run() -> int:
        from model_server.worker import become

        _wire(log)
        os.environ.clear()
        os.environ.update(environment)
        return become(channel, lifeline, Path(artifact_dir), threads)

    return run


def _wire(log: int) -> None:
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


def _myself() -> dict[str, Any]:
    myself = ProcessIdentity.of(os.getpid())
    return {} if myself is None else myself.to_json()


def _descriptor_of(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None


def _receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    files = array.array("i")
    data, ancillary, _, _ = connection.recvmsg(MESSAGE_LIMIT_BYTES, socket.CMSG_SPACE(FILES_LIMIT * files.itemsize))
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            files.frombytes(content[: len(content) - len(content) % files.itemsize])
    wish = json.loads(data)
    if not isinstance(wish, dict):
        raise TypeError(f"a wish must be an object, found {type(wish).__name__}")
    return wish, list(files)


def main(argv: list[str]) -> int:
    """Warm up and serve; in a fork, do what the fork is for."""
    found = bind(Path(argv[1]))
    if found is None:
        return 3
    lock, listener = found
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps what it becomes
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in WARM:
        try:
            importlib.import_module(name)
        except ImportError as error:
            sys.stderr.write(f"{name} is not there to be shared: {error}\n")
    gc.collect()
    gc.freeze()
    work = ForkServer(listener, int(argv[2])).run()
    with contextlib.suppress(OSError):
        os.close(lock)
    return work()


def _exit(code: int) -> None:
    """End a process as Python does, exit handlers included."""
    sys.stdout.flush()
    sys.exit(code)


if __name__ == "__main__":
    try:
        _exit(main(sys.argv))
    except Exception:  # noqa: BLE001  the last words of a fork belong into its own log
        traceback.print_exc()
        sys.exit(1)
