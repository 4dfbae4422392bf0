"""Multipart uploads: parts that come in any order and become one object when they are committed.

State: there until it is committed or aborted. Its parts' bytes lie beside the bucket's objects; they are listed in the
record's private fields by part number.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from local_oci import listing
from local_oci.call import Answer, Call, Route, not_found
from local_oci.clock import rfc1123, rfc3339
from local_oci.errors import InvalidParameter
from local_oci.listing import Listing
from local_oci.resources.fields import given, made
from local_oci.resources.object_storage import assembly, bucket, stored_object
from local_oci.resources.object_storage.bucket import OBJECT_STORAGE
from local_oci.store import Json, Record, Snapshot

KIND = "multipart_upload"
_LAST_PART = 10_000
_FIELDS = ("contentType", "contentLanguage", "contentEncoding", "contentDisposition", "cacheControl", "metadata")


def record_id(bucket_name: str, upload_id: str) -> str:
    """The store's key of a multipart upload."""
    return f"{KIND}/{bucket_name}/{upload_id}"


def find(snapshot: Snapshot, bucket_name: str, name: str, upload_id: str) -> Record:
    """The upload of that identifier to that object; 404 where there is none."""
    owner = bucket.find(snapshot, bucket_name)
    record = snapshot.get(record_id(owner.display_name, upload_id))
    if record is None or record.display_name != name:
        raise not_found(f"multipart upload of object {name!r} in bucket {bucket_name!r}:", upload_id)
    return record


def of(call: Call) -> Record:
    """The upload that path and query name."""
    bucket.require_namespace(call)
    return find(call.snapshot, call.path["bucketName"], call.path["objectName"], call.query["uploadId"])


def begin(call: Call, owner: Record, name: str, document: Json) -> Record:
    """A new upload without parts."""
    new = made(call, KIND, KIND, compartment_id=owner.compartment, parent=owner.id, display_name=name)
    upload_id = secrets.token_hex(16)
    return call.transaction.insert(
        replace(
            new,
            id=record_id(owner.display_name, upload_id),
            document={**document, "uploadId": upload_id},
            private={"parts": {}},
        )
    )


def part_number(text: str) -> int:
    """A part's number; 400 outside of 1 to 10,000."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _LAST_PART):
        raise InvalidParameter(f"uploadPartNum: must be a whole number from 1 to {_LAST_PART}, found {text!r}")
    return int(text)


def add_part(call: Call, record: Record, number: int) -> tuple[Json, tuple[Path, ...]]:
    """Take the call's bytes as a part, in the place of an earlier one of that number."""
    if call.upload is None:
        raise TypeError("a part comes with an upload")
    folder = stored_object.folder_of(bucket.find(call.snapshot, _bucket_name(record)), call.folder.objects)
    place = folder / call.upload.path.name.lstrip(".")
    call.upload.path.replace(place)
    part = {
        "file": place.name,
        "size": call.upload.size_bytes,
        "md5": call.upload.md5_base64,
        "etag": secrets.token_hex(16),
    }
    parts = record.private["parts"]
    replaced = parts.get(str(number))
    call.transaction.save(record.with_private(parts={**parts, str(number): part}))
    return part, ((folder / replaced["file"],) if replaced else ())


def chosen(record: Record, wanted: list[tuple[int, str]]) -> list[Json]:
    """The parts to commit, in the order of their numbers; 400 for one that is not there or has another etag."""
    parts = record.private["parts"]
    if not wanted:
        raise InvalidParameter("partsToCommit: must have a part, found none")
    if sorted({number for number, _ in wanted}) != [number for number, _ in wanted]:
        raise InvalidParameter("partsToCommit: part numbers must rise and be there once each")
    for number, etag in wanted:
        if str(number) not in parts or parts[str(number)]["etag"] != etag.strip('"'):
            raise InvalidParameter(f"partsToCommit: part {number} with etag {etag} was not uploaded; list the parts")
    return [parts[str(number)] for number, _ in wanted]


def assembled(call: Call, record: Record, parts: list[Json]) -> Call:
    """The call with the parts' bytes as one upload; slow, before the transaction."""
    folder = stored_object.folder_of(bucket.find(call.snapshot, _bucket_name(record)), call.folder.objects)
    return replace(call, upload=assembly.joined([folder / part["file"] for part in parts], folder))


def commit(call: Call, record: Record, parts: list[Json]) -> tuple[Record, tuple[Path, ...]]:
    """Make the object of the assembled bytes and forget the upload."""
    if call.upload is None:
        raise TypeError("a commit comes with the assembled bytes")
    owner = bucket.find(call.snapshot, _bucket_name(record))
    document = {**given(record.document, *_FIELDS), "multipartMd5": assembly.multipart_md5([p["md5"] for p in parts])}
    stored, discard = stored_object.put(call, owner, record.display_name, call.upload, document)
    return stored, (*discard, *abort(call, record))


def abort(call: Call, record: Record) -> tuple[Path, ...]:
    """Forget an upload; the paths are not needed any more."""
    folder = stored_object.folder_of(bucket.find(call.snapshot, _bucket_name(record)), call.folder.objects)
    call.transaction.remove(record.id)
    return tuple(folder / part["file"] for part in record.private["parts"].values())


def _bucket_name(record: Record) -> str:
    return record.parent.removeprefix(bucket.record_id(""))


def _create(call: Call) -> Answer:
    owner = bucket.of(call)
    name = stored_object.require_name(call.body["object"])
    present = call.snapshot.get(stored_object.record_id(owner.display_name, name))
    stored_object.check_conditions(present, call.headers)
    record = begin(call, owner, name, {"contentType": "application/octet-stream", **given(call.body, *_FIELDS)})
    return Answer(body=to_json(record), resource=record.id)


def _folder_for(call: Call) -> Path:
    record = of(call)
    part_number(call.query["uploadPartNum"])
    return stored_object.folder_of(bucket.find(call.snapshot, _bucket_name(record)), call.folder.objects)


def _upload_part(call: Call) -> Answer:
    record = of(call)
    if call.upload is None:
        raise TypeError("upload_part is declared with an upload")
    stored_object.check_md5(call.upload, call.headers.get("content-md5"))
    part, discard = add_part(call, record, part_number(call.query["uploadPartNum"]))
    return Answer(headers={"etag": part["etag"], "opc-content-md5": part["md5"]}, discard=discard)


def _wanted(body: Mapping[str, Any]) -> list[tuple[int, str]]:
    return [(part["partNum"], part["etag"]) for part in body["partsToCommit"]]


def _assemble(call: Call) -> Call:
    record = of(call)
    return assembled(call, record, chosen(record, _wanted(call.body)))


def _commit(call: Call) -> Answer:
    record = of(call)
    present = call.snapshot.get(stored_object.record_id(_bucket_name(record), record.display_name))
    stored_object.check_conditions(present, call.headers)
    stored, discard = commit(call, record, chosen(record, _wanted(call.body)))
    headers = {
        "etag": stored.etag,
        "opc-multipart-md5": stored.document["multipartMd5"],
        "last-modified": rfc1123(stored.time_updated),
    }
    return Answer(headers=headers, resource=stored.id, discard=discard)


def _abort(call: Call) -> Answer:
    return Answer(status=204, discard=abort(call, of(call)))


def _list(call: Call) -> Answer:
    owner = bucket.of(call)
    return listing.answer(call, Listing(KIND, to_json, default_order="name"), parent=owner.id)


def _list_parts(call: Call) -> Answer:
    record = of(call)
    parts = [
        {"partNumber": int(number), "etag": part["etag"], "md5": part["md5"], "size": part["size"]}
        for number, part in sorted(record.private["parts"].items(), key=lambda item: int(item[0]))
    ]
    return listing.sliced(call, parts, record.id)


def to_json(record: Record) -> Json:
    """`MultipartUpload`."""
    return {
        "namespace": bucket.NAMESPACE,
        "bucket": _bucket_name(record),
        "object": record.display_name,
        "uploadId": record.document["uploadId"],
        "timeCreated": rfc3339(record.time_created),
        "storageTier": "Standard",
    }


ROUTES = (
    Route(OBJECT_STORAGE, "create_multipart_upload", _create, "CreateMultipartUploadDetails"),
    Route(OBJECT_STORAGE, "upload_part", _upload_part, upload=_folder_for),
    Route(OBJECT_STORAGE, "commit_multipart_upload", _commit, "CommitMultipartUploadDetails", prepare=_assemble),
    Route(OBJECT_STORAGE, "abort_multipart_upload", _abort),
    Route(OBJECT_STORAGE, "list_multipart_uploads", _list),
    Route(OBJECT_STORAGE, "list_multipart_upload_parts", _list_parts),
)
