"""What the worker processes use, read from the process table."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from model_server.metrics import Usage

_USER_TIME, _SYSTEM_TIME = (
    11,
    12,
)  # words of /proc/<pid>/stat after the name's closing bracket: fields 14, 15 in proc(5)
_RESIDENT_PAGES = 1  # word of /proc/<pid>/statm


class UsageMeter:
    """Turns the kernel's counters into percentages, from one reading to the next; on Linux, else it knows nothing."""

    def __init__(self, memory_limit_bytes: int | None) -> None:
        self._memory_limit_bytes = memory_limit_bytes or os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        self._last: dict[int, tuple[float, float]] = {}

    def read(self, pids: Iterable[int], now_s: float) -> dict[int, Usage]:
        """Give what each process has used since it was read last; those that are read first are left out."""
        found: dict[int, Usage] = {}
        seen: dict[int, tuple[float, float]] = {}
        for pid in pids if sys.platform == "linux" else ():
            try:
                cpu_s, resident_bytes = _counters(pid)
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended meanwhile
            seen[pid] = (now_s, cpu_s)
            last = self._last.get(pid)
            if last is not None and now_s > last[0]:
                percent = 100 * (cpu_s - last[1]) / (now_s - last[0])
                found[pid] = Usage(min(100.0, percent), 100 * resident_bytes / self._memory_limit_bytes)
        self._last = seen
        return found


def _counters(pid: int) -> tuple[float, int]:
    words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    ticks = int(words[_USER_TIME]) + int(words[_SYSTEM_TIME])
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[_RESIDENT_PAGES])
    return ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE")
