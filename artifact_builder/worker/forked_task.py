"""The life of a task's own process: isolated, one task, one answer, gone."""

from __future__ import annotations

import atexit
import ctypes
import io
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import NoReturn

from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.guard.isolation import isolate
from artifact_builder.worker.tasks import task_named

RESULT, OUTPUT = "result.json", "output.txt"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def run_forked(request: dict[str, object], *, work_dir: Path) -> NoReturn:
    """Answer the request in ``work_dir`` and end this process; it never returns into the fork server."""
    exit_code = 1
    try:
        _settle(work_dir)
        memory_bytes = int(str(request.pop("memory_bytes")))
        isolate(memory_bytes=memory_bytes, work_dir=work_dir)
        (work_dir / RESULT).write_text(json.dumps(_answer(request, memory_bytes), allow_nan=False), encoding="utf-8")
        exit_code = 0
    except SystemExit as left:  # the user's code may call sys.exit
        exit_code = left.code if isinstance(left.code, int) else 1
        sys.stderr.write(f"sys.exit({left.code!r}) was called\n")
    except BaseException:  # noqa: BLE001  # the last frame of this process: told in its output, as Python would
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()  # noqa: SLF001  # temporary folders of joblib's go by it
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_code)


def _settle(work_dir: Path) -> None:
    """A session, a folder, an output and random numbers of its own."""
    os.setsid()
    if sys.platform == "linux":
        # Should fork server and builder be killed at once, the kernel ends this process too.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.chdir(work_dir)
    nothing, output = os.open(os.devnull, os.O_RDONLY), os.open(OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(nothing, 0)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    for opened in (nothing, output):
        os.close(opened)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # a crash must not swallow the last lines
    if "numpy" in sys.modules:  # Python's own generator is seeded anew in each fork, numpy's would go on as a copy
        sys.modules["numpy"].random.seed()


def _answer(request: dict[str, object], memory_bytes: int) -> dict[str, object]:
    """The task's result, or ``{"error": {"kind", "message"}}``."""
    task = str(request.pop("task"))
    try:
        return task_named(task)(**request)
    except (WorkerError, MemoryError) as error:
        if isinstance(error, WorkerError) and (error.kind == "memory" or not _lacks_memory(error)):
            return {"error": {"kind": error.kind, "message": str(error)}}
        why = f"needs more than the {memory_bytes / 1e9:.1f} GB of memory that a task may use here. {error}"
        return {"error": {"kind": "memory", "message": why.rstrip()}}


def _lacks_memory(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, MemoryError):
        error = error.__cause__ or error.__context__
    return error is not None
