"""The files by which Pulumi locks stacks in a state of files: which are there, and whose process is gone."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

from model_server.process_identity import ProcessIdentity


def lock_files(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Each lock below a folder, and whether its process is gone; one that can't be read is nobody's, and left out."""
    for path in folder.rglob("*.json"):
        try:
            holder = json.loads(path.read_bytes())
            host, pid = holder["hostname"], int(holder["pid"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            continue
        yield path, is_gone(host, pid)


def is_gone(host: str, pid: int) -> bool:
    """Whether a process was one of this machine and has ended; of other machines' nothing is known."""
    return host == socket.gethostname() and ProcessIdentity.of(pid) is None
