"""Lists as OCI gives them: filters, one order, pages with opaque tokens, a bare array.

Deleted resources are only listed when `lifecycleState=DELETED` is asked for (the sources do not say for how long OCI
lists them). A page token carries where to go on and a digest of the question, so that it fits that question only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local_oci.call import Answer, Call
from local_oci.errors import InvalidParameter, MissingParameter
from local_oci.store import Page, Record

DEFAULT_LIMIT = 100
LARGEST_LIMIT = 1000
_ORDERS = {
    "timeCreated": "time_created",
    "timeAccepted": "time_created",
    "displayName": "display_name",
    "name": "display_name",
    "lifecycleState": "state",
    "status": "state",
    "TIMECREATED": "time_created",
    "DISPLAYNAME": "display_name",
    "NAME": "display_name",
}
_COLUMNS = {"id": "id", "displayName": "display_name", "lifecycleState": "state", "status": "state"}
_NOT_FILTERS = {"limit", "page", "sortBy", "sortOrder"}


@dataclass(frozen=True, slots=True)
class Listing:
    """How one kind is listed: `columns` adds query names that are columns (such as `projectId` → `parent`)."""

    kind: str
    to_json: Callable[[Record], Any]
    columns: Mapping[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    hidden_states: tuple[str, ...] = ("DELETED",)
    default_order: str = "timeCreated"


def answer(call: Call, listing: Listing, **fixed: str) -> Answer:
    """One page; `fixed` are further equality filters on columns."""
    page, question = plan(call.query, listing, fixed)
    rows = call.snapshot.page(page)
    headers = {}
    if len(rows) == page.limit:
        rows = rows[:-1]
        headers["opc-next-page"] = encode_token((rows[-1][0], rows[-1][1]), question)
    return Answer(body=[listing.to_json(record) for _, _, record in rows], headers=headers)


def plan(query: Mapping[str, str], listing: Listing, fixed: Mapping[str, str]) -> tuple[Page, str]:
    """What to read (one row more than shown, to know whether there is a next page) and the digest of the question."""
    columns = {**_COLUMNS, "compartmentId": "compartment", **listing.columns}
    equal, fields = dict(fixed), {}
    for name, value in query.items():
        if name in columns:
            equal[columns[name]] = value
        elif name not in _NOT_FILTERS and name not in listing.ignored:
            fields[name] = value
    sort_by = query.get("sortBy", listing.default_order)
    if sort_by not in _ORDERS:
        raise InvalidParameter(f"sortBy: must be one of {', '.join(_ORDERS)}, found {sort_by!r}")
    sort_order = query.get("sortOrder", "ASC" if _ORDERS[sort_by] == "display_name" else "DESC")
    if sort_order not in ("ASC", "DESC"):
        raise InvalidParameter(f"sortOrder: must be ASC or DESC, found {sort_order!r}")
    question = _digest([listing.kind, sorted(equal.items()), sorted(fields.items()), sort_by, sort_order])
    hidden = () if "state" in equal else listing.hidden_states
    page = Page(
        kind=listing.kind,
        columns=equal,
        fields=fields,
        hidden_states=hidden,
        order_by=_ORDERS[sort_by],
        descending=sort_order == "DESC",
        limit=limit(query) + 1,
        after=decode_token(query["page"], question) if "page" in query else None,
    )
    return page, question


def sliced(call: Call, entries: Sequence[Any], question: str) -> Answer:
    """One page, by position, of a list that is all in memory."""
    start = decode_token(call.query["page"], question)[1] if "page" in call.query else 0
    if not 0 <= start <= len(entries):
        raise InvalidParameter("page: is no opc-next-page value of this list")
    end = start + limit(call.query)
    headers = {"opc-next-page": encode_token(("", end), question)} if end < len(entries) else {}
    return Answer(body=list(entries[start:end]), headers=headers)


def compartment(call: Call) -> str:
    """The compartment that a list is asked for; 400 without, 404 where there is none such."""
    if "compartmentId" not in call.query:
        raise MissingParameter(f"compartmentId: is required by {call.operation.name}, found none")
    return call.query["compartmentId"]


def limit(query: Mapping[str, str]) -> int:
    """How many entries a page may have."""
    text = query.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= LARGEST_LIMIT):
        raise InvalidParameter(f"limit: must be a whole number from 1 to {LARGEST_LIMIT}, found {text!r}")
    return int(text)


def encode_token(after: tuple[Any, int], question: str) -> str:
    """An opaque token: where the page ended, and for which question."""
    content = json.dumps([*after, question], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def decode_token(token: str, question: str) -> tuple[Any, int]:
    """Where to go on; 400 for a token that was not given out for this question."""
    refusal = InvalidParameter(f"page: {token[:80]!r} is no opc-next-page value of this list with these filters")
    try:
        content = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise refusal from error
    match content:
        case [str() | int() | float() as value, int(sequence), str(asked)] if asked == question:
            return value, sequence
    raise refusal


def _digest(question: Any) -> str:
    return hashlib.sha256(json.dumps(question).encode()).hexdigest()[:16]
