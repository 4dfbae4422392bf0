"""Which process is meant: a pid alone may by now belong to somebody else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_STATE, _START_TIME = 0, 19  # words of /proc/<pid>/stat after the name's closing bracket: fields 3 and 22 in proc(5)


@dataclass(frozen=True)
class ProcessIdentity:
    """A pid and the moment its process began, as the kernel words it (compared, never read)."""

    pid: int
    started: str

    def to_json(self) -> dict[str, Any]:
        """Give a JSON-ready object."""
        return {"pid": self.pid, "started": self.started}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> ProcessIdentity:
        """Read `to_json`'s object."""
        return cls(pid=plain["pid"], started=plain["started"])

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity | None:
        """Find the living process with this pid; None where there is none or only a zombie."""
        started = _started_on_linux(pid) if sys.platform == "linux" else _started_by_ps(pid)
        return None if started is None else cls(pid, started)

    def is_alive(self) -> bool:
        """Tell whether this very process still runs."""
        return ProcessIdentity.of(self.pid) == self

    def send(self, signal_number: int) -> bool:
        """Signal this very process; False where it is gone."""
        if not self.is_alive():
            return False
        try:
            os.kill(self.pid, signal_number)
        except ProcessLookupError:
            return False
        return True


def _started_on_linux(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    words = stat.rpartition(")")[2].split()
    return None if words[_STATE] in "ZX" else f"{boot} {words[_START_TIME]}"


def _started_by_ps(pid: int) -> str | None:
    asked = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    words = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()
    return None if not words or words[0].startswith("Z") else " ".join(words[1:])
