"""Which operations were called, by whom, with which outcome: a line each in `calls.jsonl`, if that file is there.

`touch .paddock/local/calls.jsonl` before the start switches it on: what does my program ask of OCI?
"""

from __future__ import annotations

import json
from pathlib import Path

from local_oci.clock import rfc3339
from local_oci.operations import Operation


class CallLog:
    """Appends to the file, if it was there at the start."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1) if path.exists() else None
        self.is_on = self._file is not None

    def note(self, operation: Operation | None, path: str, status: int, client: str, now: float) -> None:
        """One call; `client` is its user-agent."""
        if self._file is None:
            return
        line = {
            "time": rfc3339(now),
            "service": operation.service if operation else "",
            "operation": operation.name if operation else "",
            "path": path,
            "status": status,
            "client": client,
        }
        self._file.write(json.dumps(line) + "\n")
