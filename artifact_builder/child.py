"""Running a task of the worker in a clean process of its own.

A pickle runs code and scikit-learn takes a second to import: neither happens in the process that asks.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path

from artifact_builder import fork_server
from artifact_builder.fork_server import ForkServerGoneError, TaskNotDoneError
from artifact_builder.worker.guard.isolation import memory_limit_bytes

_LAST_LINES = 12
_RESULT, _OUTPUT = "result.json", "output.txt"


class ChildError(Exception):
    """What came of the task instead of an answer.

    ``kind`` is the task's own word for what is wrong, or "crashed" (it ended without a word), "timeout", "memory".
    """

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        self.message = message
        super().__init__(message)


def run_in_child(task: str, request: Mapping[str, object], *, work_dir: Path, timeout_s: float) -> dict[str, object]:
    """Run one task and return its answer.

    ``work_dir`` is an empty folder of the caller's: the task's working directory and home, where result and output
    lie. The task's process is a session of its own and is killed with its children when this call is left early, or
    when this process dies. Calls after each other, or side by side in threads, share one import of scikit-learn as
    long as the caller holds ``fork_server.shared()``.
    """
    memory_bytes = memory_limit_bytes()
    whole = {"task": task, "memory_bytes": memory_bytes, **request}
    try:
        with fork_server.shared() as server:
            status = server.run(whole, work_dir=work_dir, timeout_s=timeout_s)
    except TaskNotDoneError as error:
        raise ChildError("timeout", f"not done after {timeout_s:g} s{_said(work_dir)}") from error
    except ForkServerGoneError as error:
        why = f":\n{_last_lines(str(error))}" if str(error) else ""
        raise ChildError("crashed", f"the process that starts the builds was ended{why}") from error
    return _answer(work_dir, status, memory_bytes)


def _answer(work_dir: Path, status: int, memory_bytes: int) -> dict[str, object]:
    result_path = work_dir / _RESULT
    if status != 0 or not result_path.is_file():
        how = _how(os.waitstatus_to_exitcode(status), memory_bytes)
        raise ChildError("crashed", f"the process that loads the estimator {how}{_said(work_dir)}")
    result: dict[str, object] = json.loads(result_path.read_text(encoding="utf-8"))
    if "error" in result:
        error = result["error"]
        assert isinstance(error, dict)  # noqa: S101  # the worker's own protocol
        raise ChildError(str(error["kind"]), str(error["message"]))
    return result


def _how(exit_code: int, memory_bytes: int) -> str:
    if exit_code >= 0:
        return f"ended with exit code {exit_code}"
    how = f"was ended by {signal.Signals(-exit_code).name}"
    if exit_code == -signal.SIGKILL:  # nobody but a person and the kernel sends it
        how += f" (the system does that when memory runs out; a task may use {memory_bytes / 1e9:.1f} GB here)"
    return how


def _said(work_dir: Path) -> str:
    """The last lines that the task printed, as the end of a message."""
    path = work_dir / _OUTPUT  # absent where the task did not come to begin
    lines = _last_lines(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else ""
    return f", its last lines:\n{lines}" if lines else ""


def _last_lines(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.rstrip().splitlines()[-_LAST_LINES:])
