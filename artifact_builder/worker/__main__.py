"""``python -m artifact_builder.worker REQUEST.json RESULT.json``: one task, one answer, then gone."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from artifact_builder.worker.errors import WorkerError

_PARENT_IS_GONE = 70


def main(arguments: list[str]) -> int:
    """Answer the request: the task's result, or ``{"error": {"kind", "message"}}``."""
    request_path, result_path = (Path(argument).absolute() for argument in arguments)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    request = json.loads(request_path.read_text(encoding="utf-8"))
    try:
        result = _task(request.pop("task"))(**request)
    except WorkerError as error:
        result = {"error": {"kind": error.kind, "message": str(error)}}
    result_path.write_text(json.dumps(result, allow_nan=False), encoding="utf-8")
    return 0


def _task(name: str) -> Callable[..., dict[str, object]]:
    if name == "build":
        from artifact_builder.worker.members import write_members

        return write_members
    if name == "train":
        from artifact_builder.worker.training import train

        return train
    if name == "verify":
        from artifact_builder.worker.verification import verify

        return verify
    raise ValueError(f"no task is called {name}")


def _leave_with_parent() -> None:
    """Wait for the end of standard input, which the parent holds open as long as it lives."""
    os.read(0, 1)
    os._exit(_PARENT_IS_GONE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
