"""One step of a pipeline: a command of its own, and why it failed."""

from __future__ import annotations

import io
import os

import pytest

from paddock.ci.cancellation import Cancellation, CancelledError
from paddock.ci.ci_log import CiLog
from paddock.ci.step import StepRun, Steps


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("building\nerror: no such model\n  add it\n", "no such model\nadd it"),
        ("error: first\nerror: second\n", "second"),
        ("building\nkilled\n", "killed"),
        ("", "it printed nothing"),
    ],
)
def test_why_it_failed_is_told_in_its_own_words(output, reason):
    assert StepRun("up", 1, "", output, 1.0).reason == reason


def steps(log: io.StringIO, cancellation: Cancellation) -> Steps:
    return Steps(CiLog("github", log), cancellation, dict(os.environ))


def test_a_step_is_a_group_and_what_it_prints_gives_no_commands(tmp_path):
    log = io.StringIO()
    with Cancellation() as cancellation:
        run = steps(log, cancellation).run("say the version", ["--version"], tmp_path)

    lines = log.getvalue().splitlines()
    assert run.is_ok
    assert run.stdout == run.output
    assert lines[0] == "::group::say the version"
    assert lines[1].startswith("::stop-commands::")
    assert lines[2] in run.stdout
    assert lines[-1] == "::endgroup::"


def test_wrong_words_are_a_failure_with_their_reason(tmp_path):
    with Cancellation() as cancellation:
        run = steps(io.StringIO(), cancellation).run("nonsense", ["nonsense"], tmp_path)

    assert run.exit_code == 2
    assert "No such command 'nonsense'" in run.reason


def test_after_a_cancellation_no_step_is_begun(tmp_path):
    with Cancellation() as cancellation:
        cancellation.is_asked = True
        with pytest.raises(CancelledError, match="the next run goes on from there"):
            steps(io.StringIO(), cancellation).run("say the version", ["--version"], tmp_path)
