"""What a worker process arranges for itself: its memory, and its end with its supervisor."""

from __future__ import annotations

import ctypes
import fcntl
import gc
import importlib
import os
import select
import signal
import sys

GC_THRESHOLD = 100_000  # objects more than there were; some ten megabytes of lists
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def settle_memory() -> None:
    """Spare the collector the model and the libraries, which stay, and most rounds over bodies, which hold no cycles.

    Every parsed row is a list, and at the default threshold of 700 a batch would be walked again and again.
    """
    gc.collect(1)  # a full one empties the interpreter's free lists, which dirties megabytes that forks share
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 100)


def end_with_the_parent() -> None:
    """Have the kernel end this process with its parent, also in the middle of a predict (Linux).

    Elsewhere a worker notices at its next read, which is after the predict that runs.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def end_with_the_lifeline(lifeline: int) -> None:
    """Have the kernel end this process when the supervisor, the only writer of this pipe, has ended.

    The signal is SIGIO, whose default is to end a process, also in the middle of a predict. It belongs to an open file,
    not to a descriptor: each worker opens the pipe anew, or the last one alone would get it.
    """
    own = os.open(f"/proc/self/fd/{lifeline}", os.O_RDONLY | os.O_NONBLOCK)
    os.close(lifeline)
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(own, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(own, fcntl.F_SETFL, fcntl.fcntl(own, fcntl.F_GETFL) | os.O_ASYNC)
    poller = select.poll()
    poller.register(own, select.POLLIN)
    if poller.poll(0):  # it ended before we asked for the signal
        sys.exit(0)


def share_cores(threads: int) -> None:
    """Let the libraries of a fork use so many threads. They came with one: a process with threads must not fork."""
    if threads > 1:
        importlib.import_module("threadpoolctl").threadpool_limits(threads)


def seed_anew() -> None:
    """Give a fork random numbers of its own: numpy's global state is copied (Python's own is not)."""
    import numpy as np

    np.random.seed()  # noqa: NPY002  the legacy state is the one that forks share
