"""S3's lists of objects, version 1 (marker) and 2 (continuation token)."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from local_oci.call import Answer, Call
from local_oci.clock import rfc3339
from local_oci.errors import InvalidParameter
from local_oci.resources.object_storage import bucket, object_listing
from local_oci.resources.object_storage.object_listing import Wanted, names
from local_oci.s3 import documents
from local_oci.s3.documents import Node
from local_oci.store import Record


def list_objects(call: Call) -> Answer:
    """One page."""
    owner, query = bucket.of(call), call.query
    after = query.get("start-after" if _is_second(call) else "marker", "")
    limit = query.get("max-keys", str(object_listing.LARGEST_LIMIT))
    if not (limit.isascii() and limit.isdigit() and int(limit[:9]) >= 1):
        raise InvalidParameter(f"max-keys: must be a whole number from 1, found {limit!r}")
    wanted = Wanted(
        prefix=query.get("prefix", ""),
        delimiter=query.get("delimiter", ""),
        start=query.get("continuation-token") or (f"{after}\0" if after else ""),
        limit=min(int(limit[:9]), object_listing.LARGEST_LIMIT),
    )
    found = names(lambda name, count: call.snapshot.from_name(owner.id, "object", name, count), wanted)
    return Answer(body=documents.written("ListBucketResult", _nodes(call, found, wanted)))


def _nodes(call: Call, found: object_listing.Names, wanted: Wanted) -> list[Node]:
    encode: Callable[[str], str] = quote if call.query.get("encoding-type") == "url" else str
    nodes: list[Node] = [
        ("Name", call.path["bucketName"]),
        ("Prefix", encode(wanted.prefix)),
        ("MaxKeys", str(wanted.limit)),
        ("IsTruncated", "true" if found.next_name else "false"),
    ]
    if wanted.delimiter:
        nodes.append(("Delimiter", encode(wanted.delimiter)))
    if "encoding-type" in call.query:
        nodes.append(("EncodingType", "url"))
    if _is_second(call):
        nodes.append(("KeyCount", str(len(found.objects) + len(found.prefixes))))
        if found.next_name:
            nodes.append(("NextContinuationToken", found.next_name))
    elif found.next_name:
        last = max([*(o.display_name for o in found.objects[-1:]), *found.prefixes[-1:]], default="")
        nodes.append(("NextMarker", encode(last)))
    nodes += [("Contents", _contents(record, encode(record.display_name))) for record in found.objects]
    nodes += [("CommonPrefixes", [("Prefix", encode(prefix))]) for prefix in found.prefixes]
    return nodes


def _is_second(call: Call) -> bool:
    return call.query.get("list-type") == "2"


def _contents(record: Record, key: str) -> list[Node]:
    return [
        ("Key", key),
        ("LastModified", rfc3339(record.time_updated)),
        ("ETag", f'"{record.etag}"'),
        ("Size", str(record.document["size"])),
        ("StorageClass", "STANDARD"),
    ]
