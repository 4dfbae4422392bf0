"""The state: one SQLite table of JSON documents for all kinds, with columns for what is looked up.

`Snapshot` reads what is committed; `Transaction` also writes and is only handed out by `writer.Writer`, the one writer.
WAL with synchronous=NORMAL: a commit that returned survives `kill -9`. A loss of power may take the last commits with
it, never the store: waiting for the disk at each commit would cost three quarters of the writes per second.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

Json = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    kind         TEXT NOT NULL,
    compartment  TEXT NOT NULL,
    parent       TEXT NOT NULL,
    state        TEXT NOT NULL,
    display_name TEXT NOT NULL,
    etag         TEXT NOT NULL,
    time_created REAL NOT NULL,
    time_updated REAL NOT NULL,
    document     TEXT NOT NULL,
    private      TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_time ON resources (kind, compartment, time_created, seq);
CREATE INDEX IF NOT EXISTS by_name ON resources (kind, compartment, display_name, seq);
DROP INDEX IF EXISTS by_parent;
CREATE INDEX IF NOT EXISTS by_parent_and_time ON resources (parent, kind, time_created, seq);
CREATE INDEX IF NOT EXISTS by_own_name ON resources (parent, kind, display_name);
CREATE INDEX IF NOT EXISTS by_state ON resources (kind, state);
CREATE TABLE IF NOT EXISTS points (
    compartment    TEXT NOT NULL,
    namespace      TEXT NOT NULL,
    resource_group TEXT NOT NULL,
    name           TEXT NOT NULL,
    dimensions     TEXT NOT NULL,
    time_s         REAL NOT NULL,
    value          REAL NOT NULL,
    count          INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS by_metric ON points (compartment, namespace, name, time_s);
CREATE TABLE IF NOT EXISTS retry_tokens (
    token        TEXT NOT NULL,
    operation    TEXT NOT NULL,
    body_sha256  TEXT NOT NULL,
    answer       TEXT NOT NULL,
    resource     TEXT NOT NULL,
    time_created REAL NOT NULL,
    PRIMARY KEY (token, operation)
) WITHOUT ROWID;
"""
_JSON = json.JSONEncoder(separators=(",", ":"))
_COLUMNS = "id, kind, compartment, parent, state, display_name, etag, time_created, time_updated, document, private"


@dataclass(frozen=True, slots=True)
class Record:
    """One resource. `document` holds its own fields in Oracle's words; `private` is never shown."""

    id: str
    kind: str
    compartment: str
    parent: str
    state: str
    display_name: str
    time_created: float
    time_updated: float
    document: Json
    private: Json = field(default_factory=dict)
    etag: str = ""

    def with_state(self, state: str) -> Record:
        """The same resource in another state."""
        return replace(self, state=state)

    def with_document(self, **fields: Any) -> Record:
        """The same resource with some fields of its document replaced."""
        return replace(self, document={**self.document, **fields})

    def with_private(self, **fields: Any) -> Record:
        """The same resource with some private fields replaced."""
        return replace(self, private={**self.private, **fields})


@dataclass(frozen=True, slots=True)
class RetryToken:
    """A request that was done: the digest of its body, its whole answer, and the resource it made (or "")."""

    token: str
    operation: str
    body_sha256: str
    answer: Json
    resource: str


class PointRow(NamedTuple):
    """One data point of Monitoring; `dimensions` is JSON of sorted pairs."""

    compartment: str
    namespace: str
    resource_group: str
    name: str
    dimensions: str
    time_s: float
    value: float
    values_counted: int


@dataclass(frozen=True, slots=True)
class Page:
    """What one page of a list shows: equality filters on columns or document fields, one order, where to go on."""

    kind: str
    columns: Mapping[str, str]
    fields: Mapping[str, str]
    hidden_states: tuple[str, ...]
    order_by: str
    descending: bool
    limit: int
    after: tuple[Any, int] | None = None


class Snapshot:
    """Reads over one connection; used by one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, resource_id: str) -> Record | None:
        """The resource with that identifier, deleted ones too."""
        row = self._connection.execute(f"SELECT {_COLUMNS} FROM resources WHERE id = ?", (resource_id,)).fetchone()  # noqa: S608 - a constant
        return _record(row) if row else None

    def children(self, parent: str, kind: str) -> list[Record]:
        """All resources of a kind below `parent`, oldest first."""
        return self._select("parent = ? AND kind = ? ORDER BY seq", (parent, kind))

    def of_kind(self, kind: str) -> list[Record]:
        """All resources of a kind, deleted ones too, oldest first."""
        return self._select("kind = ? ORDER BY seq", (kind,))

    def in_states(self, kind: str, *states: str) -> list[Record]:
        """All resources of a kind in one of the states, oldest first."""
        marks = ",".join("?" * len(states))
        return self._select(f"kind = ? AND state IN ({marks}) ORDER BY seq", (kind, *states))

    def named(self, kind: str, compartment: str, display_name: str) -> list[Record]:
        """All resources of a kind and compartment with that display name."""
        return self._select("kind = ? AND compartment = ? AND display_name = ?", (kind, compartment, display_name))

    def from_name(self, parent: str, kind: str, name: str, count: int) -> list[Record]:
        """At most `count` resources of a kind below `parent` whose names are not before `name`, by name."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM resources WHERE parent = ? AND kind = ? AND display_name >= ? "  # noqa: S608 - a constant
            "ORDER BY display_name LIMIT ?",
            (parent, kind, name, count),
        )
        return [_record(row) for row in rows]

    def page(self, page: Page) -> list[tuple[Any, int, Record]]:
        """At most `limit` resources as (value of the order column, sequence number, resource)."""
        where, values = ["kind = ?"], [page.kind]
        for column, value in page.columns.items():
            where.append(f"{column} = ?")
            values.append(value)
        for name, value in page.fields.items():
            where.append("json_extract(document, ?) = ?")
            values += [f"$.{name}", value]
        where += ["state != ?"] * len(page.hidden_states)
        values += page.hidden_states
        arguments: list[Any] = list(values)
        sign, direction = ("<", "DESC") if page.descending else (">", "ASC")
        if page.after is not None:
            where.append(f"({page.order_by}, seq) {sign} (?, ?)")
            arguments += page.after
        statement = (
            f"SELECT {page.order_by}, seq, {_COLUMNS} FROM resources WHERE {' AND '.join(where)} "  # noqa: S608 - column names are ours
            f"ORDER BY {page.order_by} {direction}, seq {direction} LIMIT ?"
        )
        rows = self._connection.execute(statement, (*arguments, page.limit)).fetchall()
        return [(row[0], row[1], _record(row[2:])) for row in rows]

    def retry_token(self, token: str, operation: str) -> RetryToken | None:
        """What was done under that token, if anything."""
        row = self._connection.execute(
            "SELECT token, operation, body_sha256, answer, resource FROM retry_tokens "
            "WHERE token = ? AND operation = ?",
            (token, operation),
        ).fetchone()
        return RetryToken(row[0], row[1], row[2], json.loads(row[3]), row[4]) if row else None

    def points(self, compartment: str, namespace: str, name: str, start_s: float, end_s: float) -> list[PointRow]:
        """The data points of a metric with `start_s <= time < end_s`, oldest first."""
        rows = self._connection.execute(
            "SELECT * FROM points WHERE compartment = ? AND namespace = ? AND name = ? AND time_s >= ? AND time_s < ? "
            "ORDER BY time_s",
            (compartment, namespace, name, start_s, end_s),
        )
        return [PointRow(*row) for row in rows]

    def metrics(self, compartment: str) -> list[tuple[str, str, str, str]]:
        """Namespace, resource group, name and dimensions of all series."""
        return self._connection.execute(
            "SELECT DISTINCT namespace, resource_group, name, dimensions FROM points WHERE compartment = ? "
            "ORDER BY namespace, name, dimensions",
            (compartment,),
        ).fetchall()

    def _select(self, where: str, values: tuple[str, ...]) -> list[Record]:
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM resources WHERE {where}", values)  # noqa: S608 - clauses are ours
        return [_record(row) for row in rows]


class Transaction(Snapshot):
    """Reads and writes that are committed together or not at all."""

    def __init__(self, connection: sqlite3.Connection, now: float) -> None:
        super().__init__(connection)
        self.now = now

    def insert(self, record: Record) -> Record:
        """Add a resource; it gets its etag here."""
        stored = replace(record, etag=secrets.token_hex(16))
        self._connection.execute(
            f"INSERT INTO resources ({_COLUMNS}) VALUES ({','.join('?' * 11)})",  # noqa: S608 - a constant
            tuple(_row(stored)),
        )
        return stored

    def save(self, record: Record) -> Record:
        """Replace a resource; it gets a new etag and the transaction's time."""
        stored = replace(record, etag=secrets.token_hex(16), time_updated=self.now)
        assignments = ", ".join(f"{column} = ?" for column in _COLUMNS.split(", "))
        cursor = self._connection.execute(
            f"UPDATE resources SET {assignments} WHERE id = ?",  # noqa: S608 - a constant
            (*_row(stored), stored.id),
        )
        if cursor.rowcount != 1:
            raise KeyError(stored.id)
        return stored

    def remove(self, resource_id: str) -> None:
        """Take a resource away without a trace."""
        self._connection.execute("DELETE FROM resources WHERE id = ?", (resource_id,))

    def remember(self, token: RetryToken) -> None:
        """Keep what a retry token stands for."""
        self._connection.execute(
            "INSERT INTO retry_tokens VALUES (?, ?, ?, ?, ?, ?)",
            (token.token, token.operation, token.body_sha256, json.dumps(token.answer), token.resource, self.now),
        )

    def add_points(self, rows: Iterable[PointRow]) -> None:
        """Keep data points."""
        self._connection.executemany("INSERT INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def forget_points(self, before_s: float) -> None:
        """Drop the data points that are older."""
        self._connection.execute("DELETE FROM points WHERE time_s < ?", (before_s,))

    def forget_tokens(self, before: float) -> None:
        """Drop the retry tokens that are older."""
        self._connection.execute("DELETE FROM retry_tokens WHERE time_created < ?", (before,))


def connect(database: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open the store; made where it is missing, except when only read."""
    if read_only:
        connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        connection.isolation_level = None
        return connection
    connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA busy_timeout = 10000")
    connection.executescript(_SCHEMA)
    return connection


def _row(record: Record) -> Iterator[Any]:
    for column in _COLUMNS.split(", "):
        value = getattr(record, column)
        yield _JSON.encode(value) if isinstance(value, dict) else value


def _record(row: tuple[Any, ...]) -> Record:
    fields = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return Record(**{**fields, "document": json.loads(fields["document"]), "private": json.loads(fields["private"])})
