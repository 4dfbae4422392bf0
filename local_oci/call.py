"""What a kind's functions take and give: one request that is already authenticated and checked, and its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_oci.credentials import Credentials
from local_oci.data_folder import DataFolder
from local_oci.errors import NoEtagMatch, NotAuthorizedOrNotFound
from local_oci.operations import Operation
from local_oci.store import Json, Record, Snapshot, Transaction


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes that a request brought, already on disk; renamed into place by the one who takes them."""

    path: Path
    size_bytes: int
    md5_base64: str
    sha256_hex: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. `file` is sent as the body.

    Once it is committed, `conduct` names the work requests to begin, `discard` the paths that nobody needs any more.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    resource: str = ""
    conduct: tuple[str, ...] = ()
    discard: tuple[Path, ...] = ()
    file: Path | None = None

    def to_json(self) -> Json:
        """The form in which a retry token remembers it."""
        return {"body": self.body, "status": self.status, "headers": dict(self.headers)}


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `body` is the JSON object without its nulls; header names are lower-case."""

    operation: Operation
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Json
    folder: DataFolder
    credentials: Credentials
    snapshot: Snapshot
    now: float
    upload: Upload | None = None

    @property
    def transaction(self) -> Transaction:
        """Where a writing operation writes; TypeError in a reading one."""
        if not isinstance(self.snapshot, Transaction):
            raise TypeError(f"{self.operation.name} is declared as a reading operation")
        return self.snapshot

    def load(self, kind: str, resource_id: str, *, to_change: bool = False) -> Record:
        """The resource, deleted ones too; with `to_change`, deleted ones are not found and `if-match` is obeyed."""
        record = self.snapshot.get(resource_id)
        if record is None or record.kind != kind or (to_change and record.state == "DELETED"):
            raise not_found(kind, resource_id)
        if to_change:
            self.check_etag(record)
        return record

    def load_live(self, kind: str, resource_id: str) -> Record:
        """The resource that another one wants to refer to; deleted ones are not found."""
        record = self.load(kind, resource_id)
        if record.state == "DELETED":
            raise not_found(kind, resource_id)
        return record

    def check_etag(self, record: Record) -> None:
        """Refuse with 412 where the client's `if-match` names another etag."""
        wanted = self.headers.get("if-match")
        if wanted is not None and wanted.strip('"') not in ("*", record.etag):
            raise NoEtagMatch(
                f"{record.id}: if-match {wanted} is not its current etag {record.etag}; read it again and decide anew"
            )


Act = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation that is emulated. `details` is the SDK model that its body must fit.

    `only_reads`: no transaction, whatever its method is; such a one may take long and runs in a thread.
    `upload`: the body are bytes for a new file in the folder that it names, once it has checked that they may come.
    `prepare`: slow work before the transaction, in a thread over a snapshot; it gives the call that is then written.
    """

    service: str
    operation: str
    act: Act
    details: str | None = None
    upload: Callable[[Call], Path] | None = None
    largest_upload_bytes: int = 50 * 1024**3  # Object Storage's bound for one put
    prepare: Callable[[Call], Call] | None = None
    only_reads: bool = False


def not_found(kind: str, resource_id: str) -> NotAuthorizedOrNotFound:
    """OCI's answer to an identifier that is not there."""
    words = kind.replace("_", " ")
    return NotAuthorizedOrNotFound(f"Authorization failed or requested resource not found: no {words} {resource_id}")


def shown(record: Record, status: int = 200, body: Any = None) -> Answer:
    """The answer that carries a resource's JSON and its etag."""
    return Answer(body=body, status=status, headers={"etag": record.etag}, resource=record.id)
