"""Objects: bytes under a name in a bucket, kept and given back as they came.

Not emulated: versions, storage tiers (all are Standard), encryption with the client's keys, checksums other than MD5.
State: there or not. The record has what the headers say; the bytes are in `objects/<bucket's ocid>/<random name>`.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from local_oci.call import Answer, Call, Route, Upload
from local_oci.clock import rfc1123
from local_oci.errors import (
    IfMatchFailed,
    IfNoneMatchFailed,
    InvalidParameter,
    ObjectNotFound,
    UnmatchedContentMD5,
)
from local_oci.resources.fields import made
from local_oci.resources.object_storage import bucket
from local_oci.resources.object_storage.bucket import OBJECT_STORAGE
from local_oci.store import Json, Record, Snapshot

KIND = "object"
LONGEST_NAME_BYTES = 1024
_HEADERS = {
    "content-type": "contentType",
    "content-language": "contentLanguage",
    "content-encoding": "contentEncoding",
    "content-disposition": "contentDisposition",
    "cache-control": "cacheControl",
}
_META = "opc-meta-"


def record_id(bucket_name: str, name: str) -> str:
    """The store's key of an object."""
    return f"{KIND}/{bucket_name}/{name}"


def find(snapshot: Snapshot, bucket_name: str, name: str) -> Record:
    """The object of that name; 404 where there is none."""
    owner = bucket.find(snapshot, bucket_name)
    record = snapshot.get(record_id(owner.display_name, name))
    if record is None:
        raise ObjectNotFound(
            f"The object '{name}' was not found in the bucket '{bucket_name}' of the namespace '{bucket.NAMESPACE}'"
        )
    return record


def file_of(record: Record, objects: Path) -> Path:
    """Where an object's bytes lie."""
    return objects / str(record.private["folder"]) / str(record.private["file"])


def folder_of(owner: Record, objects: Path) -> Path:
    """Where a bucket's bytes lie."""
    return objects / str(owner.document["ocid"])


def require_name(name: str) -> str:
    """Refuse a name that OCI refuses (docs: Object/Tasks/managingobjects, "Object Names")."""
    size = len(name.encode(errors="replace"))
    if not 1 <= size <= LONGEST_NAME_BYTES or any(char in name for char in "\0\n\r"):
        raise InvalidParameter(
            f"objectName: must have 1 to {LONGEST_NAME_BYTES} bytes without NUL, CR and LF, found {size} bytes"
        )
    return name


def check_conditions(record: Record | None, headers: Mapping[str, str]) -> None:
    """`if-match` and `if-none-match: *` of a request that writes."""
    wanted = headers.get("if-match")
    if wanted is not None and (record is None or wanted.strip('"') not in ("*", record.etag)):
        found = f"its etag is {record.etag}" if record else "there is no such object"
        raise IfMatchFailed(f"if-match: {wanted} does not match: {found}")
    if headers.get("if-none-match") == "*" and record is not None:
        raise IfNoneMatchFailed(f"if-none-match: the object '{record.display_name}' already exists")


def fields_of(headers: Mapping[str, str]) -> Json:
    """What an upload's headers say of the object."""
    document: Json = {field: headers[name] for name, field in _HEADERS.items() if name in headers}
    meta = {name.removeprefix(_META): value for name, value in headers.items() if name.startswith(_META)}
    return {"contentType": "application/octet-stream", **document, "metadata": meta}


def check_md5(upload: Upload, header: str | None) -> None:
    """Refuse bytes that are not those of `content-md5`."""
    if header is None:
        return
    try:
        stated = base64.b64decode(header, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidParameter(f"content-md5: must be base64 of 16 bytes, found {header[:60]!r}") from error
    if stated != base64.b64decode(upload.md5_base64):
        raise UnmatchedContentMD5(f"content-md5: says {header}, the bytes that came have {upload.md5_base64}")


def put(call: Call, owner: Record, name: str, upload: Upload, document: Json) -> tuple[Record, tuple[Path, ...]]:
    """Store an object under a name, in the place of what was there; the paths are not needed any more."""
    present = call.snapshot.get(record_id(owner.display_name, require_name(name)))
    place = folder_of(owner, call.folder.objects) / upload.path.name.lstrip(".")
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    upload.path.replace(place)
    document = {"md5": upload.md5_base64, **document, "size": upload.size_bytes}
    private = {"folder": place.parent.name, "file": place.name}
    if present is not None:
        kept = replace(present, document={**document, "timeModified": call.now}, private=private)
        return call.transaction.save(kept), (file_of(present, call.folder.objects),)
    new = made(call, KIND, "object", compartment_id=owner.compartment, parent=owner.id, display_name=name)
    new = replace(new, id=record_id(owner.display_name, name), document=document, private=private)
    return call.transaction.insert(new), ()


def remove(call: Call, record: Record) -> tuple[Path, ...]:
    """Take an object away; the paths are not needed any more."""
    call.transaction.remove(record.id)
    return (file_of(record, call.folder.objects),)


def folder_for(call: Call) -> Path:
    """Where a put's bytes go; refused before they are read where they may not come."""
    owner = bucket.of(call)
    name = require_name(call.path["objectName"])
    check_conditions(call.snapshot.get(record_id(owner.display_name, name)), call.headers)
    return folder_of(owner, call.folder.objects)


def _put(call: Call) -> Answer:
    owner, name = bucket.of(call), call.path["objectName"]
    if call.upload is None:
        raise TypeError("put_object is declared with an upload")
    check_md5(call.upload, call.headers.get("content-md5"))
    check_conditions(call.snapshot.get(record_id(owner.display_name, name)), call.headers)
    stored, discard = put(call, owner, name, call.upload, fields_of(call.headers))
    headers = {
        "etag": stored.etag,
        "opc-content-md5": stored.document["md5"],
        "last-modified": rfc1123(stored.time_updated),
        "version-id": version_id(stored),
    }
    return Answer(headers=headers, resource=stored.id, discard=discard)


def _get(call: Call) -> Answer:
    record = find_named(call)
    if is_unchanged(record, call.headers):
        return Answer(status=304, headers={"etag": record.etag})
    return Answer(headers=headers_of(record, call.query), file=file_of(record, call.folder.objects))


def _head(call: Call) -> Answer:
    record = find_named(call)
    if is_unchanged(record, call.headers):
        return Answer(status=304, headers={"etag": record.etag})
    return Answer(headers=headers_of(record, call.query))


def find_named(call: Call) -> Record:
    """The object that the path names, if it is the one of `if-match`."""
    bucket.require_namespace(call)
    record = find(call.snapshot, call.path["bucketName"], call.path["objectName"])
    check_conditions(record, {name: call.headers[name] for name in ("if-match",) if name in call.headers})
    return record


def is_unchanged(record: Record, headers: Mapping[str, str]) -> bool:
    """Whether the reader has it already (`if-none-match`)."""
    return headers.get("if-none-match", "").strip('"') in ("*", record.etag)


def _delete(call: Call) -> Answer:
    record = find_named(call)
    return Answer(status=204, resource=record.id, discard=remove(call, record))


def _rename(call: Call) -> Answer:
    bucket.require_namespace(call)
    body = call.body
    record = find(call.snapshot, call.path["bucketName"], body["sourceName"])
    if "srcObjIfMatchETag" in body:
        check_conditions(record, {"if-match": body["srcObjIfMatchETag"]})
    owner = bucket.of(call)
    target = call.snapshot.get(record_id(owner.display_name, require_name(body["newName"])))
    stated = {"if-match": body.get("newObjIfMatchETag"), "if-none-match": body.get("newObjIfNoneMatchETag")}
    check_conditions(target, {name: value for name, value in stated.items() if value is not None})
    discard: tuple[Path, ...] = remove(call, target) if target is not None and target.id != record.id else ()
    call.transaction.remove(record.id)
    new_id = record_id(owner.display_name, body["newName"])
    stored = call.transaction.insert(replace(record, id=new_id, display_name=body["newName"]))
    headers = {"etag": stored.etag, "last-modified": rfc1123(stored.time_updated)}
    return Answer(headers=headers, resource=stored.id, discard=discard)


def version_id(record: Record) -> str:
    """Each content has its own, also in a bucket that keeps no versions (ocifs reads it)."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, record.private["file"]))


def headers_of(record: Record, overrides: Mapping[str, str] | None = None) -> dict[str, str]:
    """The headers that come with an object's bytes."""
    document = record.document
    headers = {name: str(document[field]) for name, field in _HEADERS.items() if field in document}
    for query, name in _OVERRIDES.items():
        if overrides and query in overrides:
            headers[name] = overrides[query]
    headers |= {f"{_META}{name}": value for name, value in document.get("metadata", {}).items()}
    if "multipartMd5" in document:
        headers["opc-multipart-md5"] = document["multipartMd5"]
    else:
        headers["content-md5"] = document["md5"]
    return {
        **headers,
        "content-length": str(document["size"]),
        "etag": record.etag,
        "last-modified": rfc1123(record.time_updated),
        "storage-tier": "Standard",
        "version-id": version_id(record),
        "accept-ranges": "bytes",
    }


_OVERRIDES = {
    "httpResponseContentType": "content-type",
    "httpResponseContentLanguage": "content-language",
    "httpResponseContentEncoding": "content-encoding",
    "httpResponseContentDisposition": "content-disposition",
    "httpResponseCacheControl": "cache-control",
    "httpResponseExpires": "expires",
}

ROUTES = (
    Route(OBJECT_STORAGE, "put_object", _put, upload=folder_for),
    Route(OBJECT_STORAGE, "get_object", _get),
    Route(OBJECT_STORAGE, "head_object", _head),
    Route(OBJECT_STORAGE, "delete_object", _delete),
    Route(OBJECT_STORAGE, "rename_object", _rename, "RenameObjectDetails"),
)
