"""What each client was seen doing: `tests/clients/proven/<client>.json`, an operation's name to the statuses it got.

A client's test compares what it saw with the file; with PADDOCK_PROVE=1 it writes the file. The fidelity page is made
of these files (`test_local_oci_fidelity.py`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from client_environment import CLIENTS

FOLDER = CLIENTS / "proven"
Seen = dict[str, list[int]]


def seen_in(calls_file: Path, of_client: str = "") -> Seen:
    """The operations in a log of calls with their statuses; `of_client` must be in the user-agent."""
    lines = [json.loads(line) for line in calls_file.read_text().splitlines()]
    return collected(
        (f"{line['service']}.{line['operation']}", line["status"])
        for line in lines
        if line["operation"] and of_client in line["client"]
    )


def collected(calls: Iterable[tuple[str, int]]) -> Seen:
    """Each operation's statuses, sorted."""
    found: dict[str, set[int]] = {}
    for operation, status in calls:
        found.setdefault(operation, set()).add(status)
    return {operation: sorted(statuses) for operation, statuses in sorted(found.items())}


def require(client: str, seen: Seen) -> None:
    """Hold what was seen to the committed file: each operation that the page claims must have been seen to work."""
    path = FOLDER / f"{client}.json"
    if os.environ.get("PADDOCK_PROVE"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(seen, indent=1) + "\n")
    stated = json.loads(path.read_text())
    assert works(seen) == works(stated), "run the client's test with PADDOCK_PROVE=1 and commit what it writes"


def works(seen: Seen) -> set[str]:
    """The operations that were answered with success."""
    return {operation for operation, statuses in seen.items() if any(status < 300 for status in statuses)}
