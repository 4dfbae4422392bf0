"""One process, one thread: takes tasks, forks a process for each, tells how it ended.

On the control socket comes one descriptor for each task: a socket of the task's own. On that one the builder sends
``{"work_dir", "request"}`` (one line of JSON) and is told ``{"pid"}`` and, once no process of the task is left,
``{"status"}`` (``os.waitpid``'s). When the builder closes its end, the task is killed with all that it started.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import selectors
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from artifact_builder.worker.forked_task import run_forked
from artifact_builder.worker.tasks import import_for

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


class ForkLoop:
    """``serve`` returns when the control socket ends; no task is alive then."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._selector = selectors.DefaultSelector()
        self._tasks: dict[int, socket.socket] = {}  # by the pid of the task's first process
        self._is_first = True

    def serve(self) -> None:
        """Take tasks until the builder is gone."""
        _adopt_orphans()
        ended, wakeup = socket.socketpair()
        for end in (ended, wakeup):
            end.setblocking(False)
        signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # the wakeup descriptor is what is read
        for readable in (self._control, ended):
            self._selector.register(readable, selectors.EVENT_READ)
        try:
            while self._step(ended):
                pass
        finally:
            for pid in list(self._tasks):
                self._end(pid)
            _end_adopted()

    def _step(self, ended: socket.socket) -> bool:
        """Handle what has come; False: the builder is gone."""
        for key, _ in self._selector.select():
            if key.fileobj is self._control:
                if not self._take():
                    return False
            elif key.fileobj is ended:
                with suppress(BlockingIOError):
                    ended.recv(4096)
                self._reap()
            elif key.data in self._tasks:
                self._end(key.data)  # a builder that has sent its request says no more: its end was closed
        return True

    def _take(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._control, 1, 1)
        for descriptor in descriptors:
            self._start(socket.socket(fileno=descriptor))
        return bool(message)

    def _start(self, task: socket.socket) -> None:
        with task.makefile("rb") as lines:
            line = lines.readline()
        if not line.endswith(b"\n"):  # the builder left before it had said all
            task.close()
            return
        words = json.loads(line)
        import_for(words["request"], is_first=self._is_first)
        self._is_first = False
        gc.collect()
        gc.freeze()  # else the collector of each task would write to, and so copy, all that was imported
        if _has_left(task):
            task.close()
            return
        try:
            pid = os.fork()
        except OSError as error:  # no memory, or too many processes
            _tell(task, {"refused": f"no process can be started: {error}"})
            task.close()
            return
        if pid == 0:
            task.close()
            self._forget()
            run_forked(words["request"], work_dir=Path(words["work_dir"]))
        self._tasks[pid] = task
        self._selector.register(task, selectors.EVENT_READ, pid)
        _tell(task, {"pid": pid})

    def _forget(self) -> None:
        """In a task's process: give up everything that is the fork server's."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for key in list(self._selector.get_map().values()):
            os.close(key.fd)
        self._selector.close()

    def _reap(self) -> None:
        with suppress(ChildProcessError):  # there is no child
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                pid, status = ended
                if pid in self._tasks:  # else something that a task started and left
                    self._tell_end(pid, status)

    def _end(self, pid: int) -> None:
        """Kill the task. Its first process may not have come to be the leader of its session yet."""
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        self._tell_end(pid, status)

    def _tell_end(self, pid: int, status: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)  # what the task started and left
        with suppress(ChildProcessError):  # until all that has become this process's child is gone
            while True:
                os.waitpid(-pid, 0)
        task = self._tasks.pop(pid)
        self._selector.unregister(task)
        _tell(task, {"status": status})
        task.close()


def _adopt_orphans() -> None:
    """Let what a task's processes leave behind become children of this process, to be waited for (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _end_adopted() -> None:
    """Kill what fled into a session of its own."""
    while children := psutil.Process().children(recursive=True):
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        psutil.wait_procs(children)


def _has_left(task: socket.socket) -> bool:
    try:
        return not task.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False


def _tell(task: socket.socket, words: dict[str, object]) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):  # the builder has left; it wants to hear nothing
        task.sendall(json.dumps(words).encode() + b"\n")
