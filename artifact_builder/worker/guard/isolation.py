"""What a process gives up before it touches a user's bytes: memory without end, core files, the network.

Children inherit it. On Linux the kernel refuses network calls (``network_filter``); everywhere Python's own audit
hooks do, and they know the address that was asked for.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from pathlib import Path
from typing import Any

from artifact_builder.worker.guard.network_filter import refuse_network_calls

_SHARE_OF_MEMORY = 0.75
# onnxruntime, pyarrow and BLAS reserve addresses that they never touch.
_RESERVED_BYTES = 32 << 30
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_EVENTS = {
    "socket.connect": "a connection to",
    "socket.bind": "a server at",
    "socket.sendto": "a message to",
    "socket.sendmsg": "a message to",
    "socket.getaddrinfo": "the address of",
    "socket.gethostbyname": "the address of",
    "socket.gethostbyaddr": "the name of",
}
_SOCKET_FIRST = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg")


class NetworkRefused(PermissionError):  # noqa: N818  # what happened, as in PermissionError's own family
    """A user's code asked for the network during a build."""


def isolate(*, memory_bytes: int, work_dir: Path) -> None:
    """Limit this process and all that it starts; there is no way back.

    ``memory_bytes`` is per process, of memory that is really written to (the limit of what an allocation may ask for
    is wider). ``work_dir`` becomes home and the place of temporary files. Where the system knows a limit not (macOS
    has none of memory), the others hold.
    """
    for variable in ("HOME", "TMPDIR", "JOBLIB_TEMP_FOLDER"):
        os.environ[variable] = str(work_dir)
    tempfile.tempdir = None
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit(resource.RLIMIT_FSIZE, memory_bytes)
    if sys.platform == "linux":
        _limit(resource.RLIMIT_DATA, memory_bytes)
        _limit(resource.RLIMIT_AS, memory_bytes + _RESERVED_BYTES)
    sys.addaudithook(_refuse_network)
    refuse_network_calls()


def memory_limit_bytes() -> int:
    """What this process may use: its own limit, or three quarters of what the machine or its container has."""
    limits = [resource.getrlimit(resource.RLIMIT_DATA)[0], resource.getrlimit(resource.RLIMIT_AS)[0] - _RESERVED_BYTES]
    own = [limit for limit in limits if limit > 0]
    return min([*own, int(_memory_there_bytes() * _SHARE_OF_MEMORY)])


def _limit(which: int, limit: int) -> None:
    _, most = resource.getrlimit(which)
    limit = limit if most == resource.RLIM_INFINITY else min(limit, most)
    resource.setrlimit(which, (limit, limit))


def _memory_there_bytes() -> int:
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name in _CGROUP_LIMITS:
        path = Path(name)
        text = path.read_text().strip() if path.is_file() else "max"
        there = min(there, int(text)) if text.isdecimal() else there
    return there


def _refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    what = _EVENTS.get(event)
    if what is None:
        return
    address = (
        arguments[1] if event in _SOCKET_FIRST else arguments[:2] if event == "socket.getaddrinfo" else arguments[0]
    )
    if address is None:  # a message along a pair of sockets that is connected already
        return
    shown = ":".join(map(str, address[:2])) if isinstance(address, tuple) else address
    raise NetworkRefused(
        f"a build has no network: {what} {shown} was asked for; "
        "put what the model or train needs into the model folder, and read it from there"
    )
