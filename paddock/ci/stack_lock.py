"""A stack that another run holds: who, since when, and how long to wait.

Pulumi locks a stack while it is changed and fails at once where it is locked. Its own words are read: they are the same
for every backend of files (`file://`, `s3://`, …), and Pulumi Cloud has a sentence of its own.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from paddock.ci.ci_log import CiLog
from paddock.ci.step import StepRun
from paddock.errors import PaddockError
from paddock.lock_files import is_gone

_IS_LOCKED = "the stack is currently locked by"
_HELD_IN_CLOUD = "Another update is currently in progress"
# pkg/backend/diy: "  <url>: created by <user>@<host> (pid <pid>) at <RFC 3339>"
_HOLDER = re.compile(r"^\s+(\S+): created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)", re.MULTILINE)
_POLL_S = 5.0


@dataclass(frozen=True)
class Lock:
    """Who holds a stack; `since` None where the backend does not tell."""

    holder: str
    url: str = ""
    host: str = ""
    pid: int | None = None
    since: datetime | None = None

    @property
    def is_of_a_dead_process(self) -> bool:
        """Its process was one of this machine and is gone.

        Only a lock in a folder of this machine says so: machines of a CI system's pool may share their host's name.
        """
        return self.url.startswith("file:") and self.pid is not None and is_gone(self.host, self.pid)

    def is_older_than(self, age: timedelta, now: datetime) -> bool:
        """Whether it was taken longer ago than `age`; a lock without a date is not."""
        return self.since is not None and now - self.since > age

    def __str__(self) -> str:
        return f"{self.holder} since {self.since:%Y-%m-%d %H:%M:%S %Z}" if self.since else self.holder


@dataclass(frozen=True)
class LockPatience:
    """How long to wait for a stack, and from which age on a lock counts as left behind (None: never)."""

    wait_s: float
    stale_after: timedelta | None = None


def lock_in(output: str) -> Lock | None:
    """The lock that kept Pulumi out, from what it printed; None where it failed, or not, for another reason."""
    if _HELD_IN_CLOUD in output:
        return Lock("another update in Pulumi Cloud")
    if _IS_LOCKED not in output:
        return None
    found = _HOLDER.search(output)
    if found is None:
        return Lock("a run that Pulumi does not name")
    url, user, host, pid, since = found.groups()
    return Lock(f"{user}@{host} (pid {pid})", url, host, int(pid), _moment(since))


def run_unlocked(
    attempt: Callable[[], StepRun], release: Callable[[], None], patience: LockPatience, ci_log: CiLog
) -> StepRun:
    """Runs `attempt` until it is not kept out by a lock; raises PaddockError, naming the holder, after the wait.

    `release` is called for a lock that was left behind: its process is gone, or it is older than any run may be.
    """
    deadline_s = time.monotonic() + patience.wait_s
    while True:
        run = attempt()
        lock = None if run.is_ok else lock_in(run.output)
        if lock is None:
            return run
        if _is_left_behind(lock, patience):
            ci_log.warning(f"the stack was locked by {lock}, whose run is over: the lock is released")
            release()
        elif time.monotonic() + _POLL_S > deadline_s:
            raise PaddockError(
                f"the stack is locked by {lock}, and still was after {patience.wait_s:g} s (--lock-wait). Wait for "
                "that run to end. If it is over and left its lock behind: `paddock pulumi cancel --stack STACK`."
            )
        else:
            ci_log.line(f"the stack is locked by {lock}: trying again for {deadline_s - time.monotonic():.0f} s more")
            time.sleep(_POLL_S)


def _is_left_behind(lock: Lock, patience: LockPatience) -> bool:
    stale_after = patience.stale_after
    return lock.is_of_a_dead_process or (stale_after is not None and lock.is_older_than(stale_after, datetime.now(UTC)))


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
