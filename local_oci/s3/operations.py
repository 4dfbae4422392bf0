"""S3's operations on what Object Storage holds: which one a request asks for, and what it does.

Not emulated: ACLs, tagging, versions, policies, presigned URLs: 501 by their query word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote

from local_oci.call import Answer, Call, Route
from local_oci.clock import rfc3339
from local_oci.errors import InvalidParameter, OperationNotImplemented
from local_oci.resources.object_storage import bucket, multipart_upload, object_copy, stored_object
from local_oci.resources.object_storage.bucket import NAMESPACE, OBJECT_STORAGE
from local_oci.s3 import documents, object_list
from local_oci.s3.documents import Node
from local_oci.store import Json, Record

_META = "x-amz-meta-"
_COPY = "x-amz-copy-source"


def chosen(method: str, raw_path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> tuple[Route, Json]:
    """The operation and its path parameters; 501 for one that is not there."""
    bucket_name, _, name = unquote(raw_path).removeprefix("/").partition("/")
    path = {"namespaceName": NAMESPACE, "bucketName": bucket_name, "objectName": name}
    level = "object" if name else "bucket" if bucket_name else "service"
    words = next((word for word in _WORDS if word in query), "")
    key = (method, level, "copy" if method == "PUT" and name and _COPY in headers and not words else words)
    if key not in _ROUTES or any(word in query for word in _ABSENT):
        asked = ", ".join(sorted(query)) or "no query"
        raise OperationNotImplemented(f"{method} of a {level} with {asked} is not emulated in the S3-compatible form")
    return _ROUTES[key], path


def _list_buckets(call: Call) -> Answer:
    found = call.snapshot.children("", bucket.KIND)
    shown: list[Node] = [
        ("Bucket", [("Name", record.display_name), ("CreationDate", rfc3339(record.time_created))]) for record in found
    ]
    owner: Node = ("Owner", [("ID", call.credentials.user_ocid), ("DisplayName", NAMESPACE)])
    return Answer(body=documents.written("ListAllMyBucketsResult", [owner, ("Buckets", shown)]))


def _create_bucket(call: Call) -> Answer:
    if reasons := list(bucket.problems({"name": call.path["bucketName"]})):
        raise InvalidParameter("; ".join(reasons))
    bucket.add(replace(call, body={}), call.path["bucketName"], call.credentials.compartment_ocid)
    return Answer(headers={"location": f"/{quote(call.path['bucketName'])}"})


def _head_bucket(call: Call) -> Answer:
    bucket.of(call)
    return Answer(headers={"x-amz-bucket-region": call.credentials.region})


def _delete_bucket(call: Call) -> Answer:
    return Answer(status=204, discard=bucket.remove(call, bucket.of(call)))


def _location(call: Call) -> Answer:
    bucket.of(call)
    return Answer(body=documents.written("LocationConstraint", []))


def _put(call: Call) -> Answer:
    owner, name = bucket.of(call), call.path["objectName"]
    if call.upload is None:
        raise TypeError("a put comes with an upload")
    stored_object.check_md5(call.upload, call.headers.get("content-md5"))
    stored_object.check_conditions(call.snapshot.get(stored_object.record_id(owner.display_name, name)), call.headers)
    stored, discard = stored_object.put(call, owner, name, call.upload, _fields_of(call))
    return Answer(headers={"etag": f'"{stored.etag}"'}, discard=discard)


def _fields_of(call: Call) -> Json:
    headers = {name.replace(_META, "opc-meta-", 1): value for name, value in call.headers.items()}
    if headers.get("content-encoding", "").startswith("aws-chunked"):
        inner = headers["content-encoding"].removeprefix("aws-chunked").strip(", ")
        headers = {name: value for name, value in headers.items() if name != "content-encoding"}
        headers |= {"content-encoding": inner} if inner else {}
    return stored_object.fields_of(headers)


def _get(call: Call) -> Answer:
    record = stored_object.find_named(call)
    if stored_object.is_unchanged(record, call.headers):
        return Answer(status=304)
    return Answer(headers=_headers(record), file=stored_object.file_of(record, call.folder.objects))


def _head(call: Call) -> Answer:
    record = stored_object.find_named(call)
    return Answer(status=304) if stored_object.is_unchanged(record, call.headers) else Answer(headers=_headers(record))


def _headers(record: Record) -> dict[str, str]:
    kept = {name.replace("opc-meta-", _META, 1): v for name, v in stored_object.headers_of(record).items()}
    kept = {name: value for name, value in kept.items() if name not in ("content-md5", "opc-multipart-md5")}
    return {**kept, "etag": f'"{record.etag}"'}


def _delete(call: Call) -> Answer:
    owner = bucket.of(call)
    record = call.snapshot.get(stored_object.record_id(owner.display_name, call.path["objectName"]))
    return Answer(status=204, discard=stored_object.remove(call, record) if record else ())


def _delete_many(call: Call) -> Answer:
    owner = bucket.of(call)
    nodes: list[Node] = []
    discard: list[Path] = []
    for entry in documents.read(call.body["xml"], "Object", "Key"):
        record = call.snapshot.get(stored_object.record_id(owner.display_name, entry["Key"]))
        discard += stored_object.remove(call, record) if record else ()
        nodes.append(("Deleted", [("Key", entry["Key"])]))
    return Answer(body=documents.written("DeleteResult", nodes), discard=tuple(discard))


def _source(call: Call) -> Record:
    source_bucket, _, name = unquote(call.headers[_COPY]).removeprefix("/").partition("/")
    return stored_object.find(call.snapshot, source_bucket, name.partition("?")[0])


def _copy(call: Call) -> Answer:
    if call.upload is None:
        raise TypeError("a copy is declared with a preparation")
    source, owner = _source(call), bucket.of(call)
    document = {name: value for name, value in source.document.items() if name not in ("md5", "multipartMd5")}
    if call.headers.get("x-amz-metadata-directive") == "REPLACE":
        document = _fields_of(call)
    stored, discard = stored_object.put(call, owner, call.path["objectName"], call.upload, document)
    nodes: list[Node] = [("LastModified", rfc3339(stored.time_updated)), ("ETag", f'"{stored.etag}"')]
    return Answer(body=documents.written("CopyObjectResult", nodes), discard=discard)


def _begin_upload(call: Call) -> Answer:
    owner, name = bucket.of(call), stored_object.require_name(call.path["objectName"])
    record = multipart_upload.begin(call, owner, name, _fields_of(call))
    nodes: list[Node] = [
        ("Bucket", owner.display_name),
        ("Key", name),
        ("UploadId", record.document["uploadId"]),
    ]
    return Answer(body=documents.written("InitiateMultipartUploadResult", nodes))


def _put_part(call: Call) -> Answer:
    if call.upload is None:
        raise TypeError("a part comes with an upload")
    part, discard = multipart_upload.add_part(
        call, multipart_upload.of(call), multipart_upload.part_number(call.query.get("partNumber", ""))
    )
    return Answer(headers={"etag": f'"{part["etag"]}"'}, discard=discard)


def _parts(call: Call, record: Record) -> list[Json]:
    entries = documents.read(call.body["xml"], "Part", "PartNumber", "ETag")
    wanted = [(multipart_upload.part_number(entry["PartNumber"]), entry["ETag"]) for entry in entries]
    return multipart_upload.chosen(record, wanted)


def _assemble(call: Call) -> Call:
    record = multipart_upload.of(call)
    return multipart_upload.assembled(call, record, _parts(call, record))


def _complete_upload(call: Call) -> Answer:
    record = multipart_upload.of(call)
    stored, discard = multipart_upload.commit(call, record, _parts(call, record))
    nodes: list[Node] = [
        ("Bucket", call.path["bucketName"]),
        ("Key", stored.display_name),
        ("ETag", f'"{stored.etag}"'),
    ]
    return Answer(body=documents.written("CompleteMultipartUploadResult", nodes), discard=discard)


def _abort_upload(call: Call) -> Answer:
    return Answer(status=204, discard=multipart_upload.abort(call, multipart_upload.of(call)))


def _folder_for_part(call: Call) -> Path:
    multipart_upload.of(call)
    return stored_object.folder_of(bucket.of(call), call.folder.objects)


def _prepare_copy(call: Call) -> Call:
    return object_copy.copied(call, _source(call))


_WORDS = ("uploadId", "uploads", "location", "delete")
_ABSENT = ("acl", "tagging", "versions", "versioning", "policy", "cors", "lifecycle", "encryption", "object-lock")


_ROUTES: dict[tuple[str, str, str], Route] = {
    ("GET", "service", ""): Route(OBJECT_STORAGE, "list_buckets", _list_buckets),
    ("PUT", "bucket", ""): Route(OBJECT_STORAGE, "create_bucket", _create_bucket),
    ("HEAD", "bucket", ""): Route(OBJECT_STORAGE, "head_bucket", _head_bucket),
    ("DELETE", "bucket", ""): Route(OBJECT_STORAGE, "delete_bucket", _delete_bucket),
    ("GET", "bucket", ""): Route(OBJECT_STORAGE, "list_objects", object_list.list_objects),
    ("GET", "bucket", "location"): Route(OBJECT_STORAGE, "get_bucket", _location),
    ("POST", "bucket", "delete"): Route(OBJECT_STORAGE, "batch_delete_objects", _delete_many),
    ("PUT", "object", ""): Route(OBJECT_STORAGE, "put_object", _put, upload=stored_object.folder_for),
    ("PUT", "object", "copy"): Route(OBJECT_STORAGE, "copy_object", _copy, prepare=_prepare_copy),
    ("GET", "object", ""): Route(OBJECT_STORAGE, "get_object", _get),
    ("HEAD", "object", ""): Route(OBJECT_STORAGE, "head_object", _head),
    ("DELETE", "object", ""): Route(OBJECT_STORAGE, "delete_object", _delete),
    ("POST", "object", "uploads"): Route(OBJECT_STORAGE, "create_multipart_upload", _begin_upload),
    ("PUT", "object", "uploadId"): Route(OBJECT_STORAGE, "upload_part", _put_part, upload=_folder_for_part),
    ("POST", "object", "uploadId"): Route(
        OBJECT_STORAGE, "commit_multipart_upload", _complete_upload, prepare=_assemble
    ),
    ("DELETE", "object", "uploadId"): Route(OBJECT_STORAGE, "abort_multipart_upload", _abort_upload),
}
