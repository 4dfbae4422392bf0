"""How much memory a task may use on this machine."""

from __future__ import annotations

import os
from pathlib import Path

# Version 2, and version 1; "max", or a number beyond all memory, where there is no limit.
_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def usable_memory_bytes() -> int:
    """The machine's memory, or what the container that this runs in may use of it."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [path.read_text(encoding="ascii").strip() for path in _CGROUP_LIMITS if path.is_file()]
    return min([machine, *(int(limit) for limit in limits if limit.isdigit())])
