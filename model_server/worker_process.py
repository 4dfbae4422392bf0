"""How a worker process begins and ends: a fork of the fork server where there is one, else a new interpreter."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from model_server import fork_server
from model_server.fork_server import INHERITED, ForkServerAbsent

_ROOT = Path(__file__).resolve().parent.parent  # where `-m model_server.worker` is found
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
)
# Our score.py gives it to joblib.load: like models share the pages of big arrays, and a write copies the page.
MMAP_VARIABLE, MMAP_MODE = "PADDOCK_MMAP_MODE", "c"


def threads_of(instances: int, cpus: int) -> int:
    """Give each worker's share of the cores, so that workers do not fight over them."""
    return max(1, cpus // max(1, instances))


def worker_environment(
    base: Mapping[str, str], environment: Mapping[str, str], instances: int, cpus: int
) -> dict[str, str]:
    """Plan a worker's environment: what Python needs of ours, a share of the cores, the deployment's own."""
    threads = str(threads_of(instances, cpus))
    inherited = {name: base[name] for name in INHERITED if name in base}
    return inherited | dict.fromkeys(_THREAD_VARIABLES, threads) | {MMAP_VARIABLE: MMAP_MODE} | dict(environment)


def usable_cpus() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class WorkerProcess(Protocol):
    """A process that was begun."""

    pid: int

    def kill(self) -> None:
        """End it at once; nothing where it has ended."""

    async def wait(self) -> None:
        """Return when it has ended."""


class ForkedProcess:
    """A child of the fork server: known by a descriptor, which no other process will ever have."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._descriptor = os.pidfd_open(pid)

    def kill(self) -> None:
        """End it at once."""
        if self._descriptor >= 0:
            with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile, which is what we want
                signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)

    async def wait(self) -> None:
        """Return when it has ended."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        loop.add_reader(self._descriptor, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1


class SpawnedProcess:
    """A child of our own."""

    def __init__(self, process: Process) -> None:
        self.pid = process.pid
        self._process = process

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile, which is what we want
            self._process.send_signal(signal.SIGKILL)

    async def wait(self) -> None:
        """Return when it has ended."""
        await self._process.wait()


class WorkerOrigin:
    """Begins the workers of one supervisor. Its lifeline closes with this process, which ends the forks."""

    def __init__(self, fork_folder: Path) -> None:
        self._fork_folder = fork_folder
        self._lifeline, self._held = os.pipe()

    async def begin(
        self, artifact_dir: Path, own: Mapping[str, str], instances: int
    ) -> tuple[WorkerProcess, socket.socket]:
        """Begin a worker, for a deployment with these variables of its own; gives our end of its socket pair too."""
        environment = worker_environment(os.environ, own, instances, usable_cpus())
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                if fork_server.can_become(own):
                    with contextlib.suppress(ForkServerAbsent, ProcessLookupError):
                        threads = threads_of(instances, usable_cpus())
                        return await self._fork(artifact_dir, environment, threads, theirs), ours
                return await _spawn(artifact_dir, environment, theirs), ours
            except BaseException:
                ours.close()
                raise

    async def _fork(
        self, artifact_dir: Path, environment: Mapping[str, str], threads: int, channel: socket.socket
    ) -> WorkerProcess:
        wish = {"want": "worker", "artifact_dir": str(artifact_dir), "environment": environment, "threads": threads}
        files = (channel.fileno(), self._lifeline, 2)
        told = await asyncio.shield(asyncio.to_thread(fork_server.ask, self._fork_folder, wish, files))
        return ForkedProcess(told["pid"])


async def _spawn(artifact_dir: Path, environment: Mapping[str, str], channel: socket.socket) -> WorkerProcess:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "model_server.worker", str(channel.fileno()), str(artifact_dir)),
        stdin=DEVNULL,
        pass_fds=[channel.fileno()],
        env=environment,
        cwd=_ROOT,
    )
    return SpawnedProcess(process)
