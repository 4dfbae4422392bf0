"""The clean process that a build or a verification runs in.

A pickle runs code and scikit-learn takes a second to import: neither happens in the process that asks. The environment
is fixed, so that hash order, time zone, locale and thread count cannot enter an artifact, and holds no credentials.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_LAST_LINES = 12
_REQUEST, _RESULT, _OUTPUT = "request.json", "result.json", "output.txt"
# What Python and shared libraries may need to start at all; everything else is ours.
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")
_FIXED = {
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
    "TZ": "UTC",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


class ChildError(Exception):
    """The child said what is wrong, or ended without a word (``kind`` is "crashed") or in time ("timeout")."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        self.message = message
        super().__init__(message)


def run_in_child(task: str, request: Mapping[str, object], *, work_dir: Path, timeout_s: float) -> dict[str, object]:
    """Run ``python -m artifact_builder.worker`` on one task and return its answer.

    ``work_dir`` is an empty folder of the caller's, where request, result and output lie; it is the child's working
    directory. The child is a session of its own and is killed with its children when this call is left early. Should
    this process die, the child sees its standard input end and goes too.
    """
    (work_dir / _REQUEST).write_text(json.dumps({"task": task, **request}), encoding="utf-8")
    with (work_dir / _OUTPUT).open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "artifact_builder.worker", _REQUEST, _RESULT],
            cwd=work_dir,
            env=_environment(work_dir),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            exit_code = child.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise ChildError("timeout", f"not done after {timeout_s:g} s{_said(work_dir)}") from error
        finally:
            _end(child)
    return _answer(work_dir, exit_code)


def _environment(work_dir: Path) -> dict[str, str]:
    inherited = {key: os.environ[key] for key in _INHERITED if key in os.environ}
    our_root = str(Path(__file__).resolve().parent.parent)
    return {**inherited, **_FIXED, "HOME": str(work_dir), "PYTHONPATH": our_root}


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the child's session and close its standard input."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    if child.stdin is not None:
        child.stdin.close()


def _answer(work_dir: Path, exit_code: int) -> dict[str, object]:
    result_path = work_dir / _RESULT
    if exit_code != 0 or not result_path.is_file():
        how = (
            f"was ended by {signal.Signals(-exit_code).name}" if exit_code < 0 else f"ended with exit code {exit_code}"
        )
        raise ChildError("crashed", f"the process that loads the estimator {how}{_said(work_dir)}")
    result: dict[str, object] = json.loads(result_path.read_text(encoding="utf-8"))
    if "error" in result:
        error = result["error"]
        assert isinstance(error, dict)  # noqa: S101  # the worker's own protocol
        raise ChildError(str(error["kind"]), str(error["message"]))
    return result


def _said(work_dir: Path) -> str:
    """The last lines that the child printed, as the end of a message."""
    lines = (work_dir / _OUTPUT).read_text(encoding="utf-8", errors="replace").rstrip().splitlines()[-_LAST_LINES:]
    return ", its last lines:\n" + "\n".join(f"  {line}" for line in lines) if lines else ""
