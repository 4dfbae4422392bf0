"""`docs/fidelity.md`: operation by client, from Oracle's operations, our routes and what each client was seen doing.

`PADDOCK_PROVE=1 pytest tests/local_oci` rewrites it with the files that it is made of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import oci
import proven
from client_environment import CLIENTS as REQUIREMENTS
from client_environment import REPOSITORY

from local_oci.operations import read_table
from local_oci.routes import ROUTES

PAGE = REPOSITORY / "docs" / "fidelity.md"
RECORDINGS = Path(__file__).with_name("recordings")
CLIENTS = {
    "oci-sdk": "oci SDK",
    "oci-cli": "oci CLI",
    "oracle-ads": "oracle-ads",
    "official-plugin": "official plugin",
}
_HEAD = """# What the local OCI can do, and who has seen it

This page is made by a test (`tests/local_oci/test_local_oci_fidelity.py`), from what unmodified clients did against a
running local OCI; it cannot say more than they saw. The clients: the `oci` SDK ({sdk}), the `oci` CLI ({cli}, which
calls the SDK's own methods) and oracle-ads ({ads}). For the official Pulumi plugin (Terraform's provider inside) its
recorded requests are sent again and must be answered as they were. How to use it: `docs/local-oci.md`.

- **works**: answered with success to that client.
- **refused**: answered with the error that OCI answers with in that case, and nothing else was tried.
- not tried: the operation is there; that client did not call it in the tests.
- Operations below "501" are OCI's, and are answered with 501 `NotImplemented` by their name.

`pulumi login 's3://<bucket>?endpoint=…'`: a stack is made, changed, exported and removed in the S3-compatible form of
Object Storage by the real CLI (`tests/local_oci/test_local_oci_s3.py`).
"""


def page() -> str:
    """The whole page."""
    seen = {client: _seen(client) for client in CLIENTS}
    services = read_table_by_service()
    parts = [_HEAD.format(sdk=oci.__version__, cli=_pin("oci-cli"), ads=_pin("oracle-ads"))]
    for service, names in services.items():
        emulated = [name for name in names if (service, name) in ROUTES or service == "model_deployment"]
        if emulated:
            parts.append(_table(service, emulated, seen))
        absent = [f"`{name}`" for name in names if name not in emulated]
        if absent:
            parts.append(f"501 in `{service}` ({len(absent)}): {', '.join(absent)}\n")
    return "\n".join(parts)


def read_table_by_service() -> dict[str, list[str]]:
    """The names of all operations, those of the generic work requests left out (Identity has their paths)."""
    found = json.loads((REPOSITORY / "local_oci" / "operations.json").read_text())
    return {
        service: list(described["operations"]) for service, described in found.items() if service != "work_requests"
    }


def _table(service: str, names: list[str], seen: Mapping[str, proven.Seen]) -> str:
    rows = [f"## {service}", "", f"| operation | {' | '.join(CLIENTS.values())} |", f"|---|{'---|' * len(CLIENTS)}"]
    for name in names:
        cells = [_cell(seen[client].get(f"{service}.{name}", [])) for client in CLIENTS]
        rows.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join([*rows, ""])


def _cell(statuses: list[int]) -> str:
    if not statuses:
        return "not tried"
    return "works" if any(status < 300 for status in statuses) else "refused"


def _seen(client: str) -> proven.Seen:
    if client == "official-plugin":
        return recorded()
    path = proven.FOLDER / f"{client}.json"
    found: proven.Seen = json.loads(path.read_text())
    return found


def recorded() -> proven.Seen:
    """The operations of the official plugin's recordings with the statuses that it got."""
    table = read_table()
    calls = []
    for path in sorted(RECORDINGS.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            found = table.match(entry["request"]["path"].partition("?")[0])
            named = found.operation(entry["request"]["method"]) if found else None
            assert named is not None, entry["request"]
            calls.append((f"{named[0].service}.{named[0].name}", entry["answer"]["status"]))
    return proven.collected(calls)


def _pin(name: str) -> str:
    return (REQUIREMENTS / f"requirements-{name}.txt").read_text().splitlines()[0].partition("==")[2]
