"""Lists of objects: names in order, by prefix, with a delimiter that folds what lies below it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from local_oci.call import Answer, Call, Route
from local_oci.clock import rfc3339
from local_oci.errors import InvalidParameter
from local_oci.resources.object_storage import bucket
from local_oci.resources.object_storage.bucket import OBJECT_STORAGE
from local_oci.store import Json, Record

LARGEST_LIMIT = 1000
_BLOCK = 500
_LAST = chr(0x10FFFF)  # sorts behind every character that a name can go on with
_FIELDS = ("name", "size", "etag", "md5", "timeCreated", "timeModified", "storageTier", "archivalState")


@dataclass(slots=True)
class Names:
    """What a list shows: objects and folded prefixes, both in order, and the name to go on from (or "")."""

    objects: list[Record] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    next_name: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. `start` is included; `end`, if there is one, is not."""

    prefix: str = ""
    delimiter: str = ""
    start: str = ""
    end: str = ""
    limit: int = LARGEST_LIMIT


Read = Callable[[str, int], list[Record]]
"""At most so many objects whose names are not before a name, in order."""


def names(read: Read, wanted: Wanted) -> Names:
    """Walk the names; a folded prefix is stepped over at once, however much lies below it."""
    found, at = Names(), max(wanted.prefix, wanted.start)
    while True:
        block = read(at, _BLOCK)
        for record in block:
            name = record.display_name
            if not name.startswith(wanted.prefix) or (wanted.end and name >= wanted.end):
                return found
            if len(found.objects) + len(found.prefixes) == wanted.limit:
                found.next_name = name
                return found
            folded = _folded(name, wanted)
            if folded is not None:
                found.prefixes.append(folded)
                at = folded + _LAST
                break
            found.objects.append(record)
            at = name + "\0"
        else:
            if len(block) < _BLOCK:
                return found


def _folded(name: str, wanted: Wanted) -> str | None:
    if not wanted.delimiter:
        return None
    cut = name.find(wanted.delimiter, len(wanted.prefix))
    return None if cut < 0 else name[: cut + len(wanted.delimiter)]


def _list(call: Call) -> Answer:
    owner, query = bucket.of(call), call.query
    fields = query.get("fields", "name").split(",")
    if unknown := set(fields) - set(_FIELDS):
        raise InvalidParameter(f"fields: must be some of {', '.join(_FIELDS)}, found {', '.join(sorted(unknown))}")
    if query.get("delimiter", "/") != "/":
        raise InvalidParameter(f"delimiter: only '/' is supported (as by OCI), found {query['delimiter']!r}")
    after = query.get("startAfter")
    wanted = Wanted(
        prefix=query.get("prefix", ""),
        delimiter=query.get("delimiter", ""),
        start=after + "\0" if after is not None else query.get("start", ""),
        end=query.get("end", ""),
        limit=_limit(query.get("limit", str(LARGEST_LIMIT))),
    )
    found = names(lambda name, count: call.snapshot.from_name(owner.id, "object", name, count), wanted)
    body: Json = {"objects": [_shown(record, fields) for record in found.objects]}
    if wanted.delimiter:
        body["prefixes"] = found.prefixes
    if found.next_name:
        body["nextStartWith"] = found.next_name
    return Answer(body=body)


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= LARGEST_LIMIT):
        raise InvalidParameter(f"limit: must be a whole number from 1 to {LARGEST_LIMIT}, found {text!r}")
    return int(text)


def _shown(record: Record, fields: list[str]) -> Json:
    shown = to_json(record)
    return {name: shown[name] for name in _FIELDS if (name in fields or name == "name") and name in shown}


def to_json(record: Record) -> Json:
    """`ObjectSummary`, with all that it can have."""
    return {
        "name": record.display_name,
        "size": record.document["size"],
        "etag": record.etag,
        "md5": record.document.get("multipartMd5") or record.document.get("md5"),
        "timeCreated": rfc3339(record.time_created),
        "timeModified": rfc3339(record.time_updated),
        "storageTier": "Standard",
    }


ROUTES = (Route(OBJECT_STORAGE, "list_objects", _list),)
