"""One process at a time brings what is missing; the others wait and then find it."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(lock_file: Path, report: Callable[[str], None], what: str = "the Pulumi CLI") -> Iterator[None]:
    """Hold the lock; says so once if it must wait. The kernel lets go of it when the process ends, however it ends."""
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(f"another process is bringing {what}; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
