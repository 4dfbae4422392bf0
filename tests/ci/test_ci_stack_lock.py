"""A stack that another run holds."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from paddock.ci.ci_log import CiLog
from paddock.ci.stack_lock import Lock, LockPatience, lock_in, run_unlocked
from paddock.ci.step import StepRun
from paddock.errors import PaddockError

LOCKED = (
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the "
    "lock file with `pulumi cancel`.\n"
    "  {url}/.pulumi/locks/organization/kept/prod/abc.json?no_tmp_dir=true: created by ci@{host} (pid {pid}) "
    "at 2026-01-29T23:00:00Z\n"
)


def failed(output):
    return StepRun("up", 1, "", output, 1.0)


def locked(*, url="file:///state", host="elsewhere", pid=1):
    return failed(LOCKED.format(url=url, host=host, pid=pid))


DONE = StepRun("up", 0, "", "", 1.0)


def attempts(*runs):
    left = list(runs)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def dead_pid():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_pulumis_words_tell_who_holds_a_stack_and_since_when():
    lock = lock_in(locked(pid=71).output)

    assert str(lock) == "ci@elsewhere (pid 71) since 2026-01-29 23:00:00 UTC"


def test_pulumi_clouds_words_are_a_lock_too():
    lock = lock_in("error: [409] Conflict: Another update is currently in progress.\n")

    assert lock == Lock("another update in Pulumi Cloud")


def test_another_failure_is_no_lock():
    assert lock_in("error: update failed") is None


def test_a_failure_that_is_no_lock_is_not_tried_again():
    run = run_unlocked(
        attempts(failed("error: no"), DONE), pytest.fail, LockPatience(60), CiLog("plain", io.StringIO())
    )

    assert not run.is_ok


def test_after_the_wait_the_holder_is_named():
    with pytest.raises(PaddockError) as refused:
        run_unlocked(attempts(locked(pid=71)), pytest.fail, LockPatience(0), CiLog("plain", io.StringIO()))

    assert "ci@elsewhere (pid 71) since 2026-01-29 23:00:00 UTC" in str(refused.value)
    assert "pulumi cancel" in str(refused.value)


def released(run, patience):
    released_locks = []
    ended = run_unlocked(attempts(run, DONE), lambda: released_locks.append(1), patience, CiLog("plain", io.StringIO()))
    assert ended.is_ok
    return len(released_locks)


def test_the_lock_of_a_dead_process_of_this_machine_is_released():
    assert released(locked(host=socket.gethostname(), pid=dead_pid()), LockPatience(0)) == 1


@pytest.mark.parametrize(
    ("url", "host", "pid"),
    [
        ("file:///state", socket.gethostname(), os.getpid()),
        ("file:///state", "elsewhere", None),
        ("s3://bucket", socket.gethostname(), None),
    ],
    ids=["it lives", "another machine", "a bucket: machines may share a name"],
)
def test_a_lock_that_may_be_held_is_not_released(url, host, pid):
    run = locked(url=url, host=host, pid=pid or dead_pid())

    with pytest.raises(PaddockError, match="is locked by"):
        run_unlocked(attempts(run), pytest.fail, LockPatience(0), CiLog("plain", io.StringIO()))


def test_a_lock_older_than_any_run_is_released():
    assert released(locked(), LockPatience(0, timedelta(minutes=60))) == 1


def test_a_lock_without_a_date_is_never_too_old():
    assert not Lock("somebody").is_older_than(timedelta(0), datetime.now(UTC))
