"""Object Storage's buckets, in the one namespace of the local tenancy.

Not emulated: versioning, lifecycle policies, replication, retention rules, public access, encryption keys: fields that
say how bytes are kept are kept as declared.
State: there or not; a deleted bucket is gone at once (404 `BucketNotFound`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from local_oci import listing
from local_oci.call import Answer, Call, Route, shown
from local_oci.clock import rfc3339
from local_oci.errors import BucketAlreadyExists, BucketNotEmpty, BucketNotFound, NamespaceNotFound
from local_oci.listing import Listing
from local_oci.ocid import mint
from local_oci.resources import compartment
from local_oci.resources.fields import common_problems, given, made, refuse
from local_oci.store import Json, Record, Snapshot

OBJECT_STORAGE = "object_storage"
NAMESPACE = "paddock"
KIND = "bucket"
CHILDREN = ("object", "multipart_upload")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,256}")
_OWN_FIELDS = ("metadata", "publicAccessType", "storageTier", "objectEventsEnabled", "kmsKeyId", "versioning")
_FIELDS = (*_OWN_FIELDS, "freeformTags", "definedTags")
_DEFAULTS: Json = {
    "metadata": {},
    "publicAccessType": "NoPublicAccess",
    "storageTier": "Standard",
    "objectEventsEnabled": False,
    "versioning": "Disabled",
}


def record_id(name: str) -> str:
    """The store's key of a bucket: its name is unique in the namespace; the OCID is a field."""
    return f"{KIND}/{name}"


def find(snapshot: Snapshot, name: str) -> Record:
    """The bucket of that name; 404 where there is none."""
    record = snapshot.get(record_id(name))
    if record is None:
        raise BucketNotFound(
            f"Either the bucket named '{name}' does not exist in the namespace '{NAMESPACE}' or you are not authorized "
            "to access it"
        )
    return record


def of(call: Call) -> Record:
    """The bucket that the path names."""
    require_namespace(call)
    return find(call.snapshot, call.path["bucketName"])


def require_namespace(call: Call) -> None:
    """404 for any namespace but the tenancy's."""
    if call.path["namespaceName"] != NAMESPACE:
        raise NamespaceNotFound(f"namespaceName: the tenancy's is {NAMESPACE!r}, found {call.path['namespaceName']!r}")


def problems(body: Json) -> Iterator[str]:
    """What breaks a bound beyond types."""
    yield from common_problems(body)
    if not _NAME.fullmatch(body.get("name", "-")):
        yield f"name: must have 1 to 256 letters, digits, hyphens, underscores and periods, found {body['name']!r}"


def _get_namespace(call: Call) -> Answer:
    if "compartmentId" in call.query:
        compartment.require(call, call.query["compartmentId"])
    return Answer(body=NAMESPACE)


def _get_namespace_metadata(call: Call) -> Answer:
    require_namespace(call)
    own = call.credentials.compartment_ocid
    return Answer(
        body={"namespace": NAMESPACE, "defaultS3CompartmentId": own, "defaultSwiftCompartmentId": own},
    )


def _create(call: Call) -> Answer:
    require_namespace(call)
    refuse(problems(call.body))
    compartment_id = compartment.require(call, call.body["compartmentId"])
    return shown_bucket(add(call, call.body["name"], compartment_id))


def add(call: Call, name: str, compartment_id: str) -> Record:
    """A new bucket; 409 where the name is taken."""
    if call.snapshot.get(record_id(name)) is not None:
        raise BucketAlreadyExists(
            f"Either the bucket '{name}' in namespace '{NAMESPACE}' already exists or you are not authorized to create "
            "it"
        )
    document = {**_DEFAULTS, **given(call.body, *_OWN_FIELDS), "ocid": mint("bucket")}
    new = made(call, KIND, "bucket", compartment_id=compartment_id, display_name=name, document=document)
    return call.transaction.insert(replace(new, id=record_id(name)))


def _get(call: Call) -> Answer:
    return shown_bucket(of(call))


def _head(call: Call) -> Answer:
    return Answer(headers={"etag": of(call).etag})


def _list(call: Call) -> Answer:
    require_namespace(call)
    compartment.require(call, listing.compartment(call))
    return listing.answer(call, Listing(KIND, to_summary_json, ignored=frozenset({"fields"}), default_order="name"))


def _update(call: Call) -> Answer:
    record = of(call)
    call.check_etag(record)
    refuse(problems(call.body))
    if "compartmentId" in call.body:
        record = compartment.move(call, record)
    changed = record.with_document(**given(call.body, *_FIELDS))
    name = call.body.get("name", record.display_name)
    if name == record.display_name:
        return shown_bucket(call.transaction.save(changed))
    return shown_bucket(_rename(call, changed, name))


def _rename(call: Call, record: Record, name: str) -> Record:
    """The bucket and all that is in it under another name."""
    if call.snapshot.get(record_id(name)) is not None:
        raise BucketAlreadyExists(f"name: {name!r} is taken by another bucket; choose another")
    for kind in CHILDREN:
        for child in call.snapshot.children(record.id, kind):
            call.transaction.remove(child.id)
            own_id = child.id.replace(f"{kind}/{record.display_name}/", f"{kind}/{name}/", 1)
            call.transaction.insert(replace(child, id=own_id, parent=record_id(name)))
    call.transaction.remove(record.id)
    return call.transaction.insert(replace(record, id=record_id(name), display_name=name))


def _delete(call: Call) -> Answer:
    record = of(call)
    call.check_etag(record)
    return Answer(status=204, resource=record.id, discard=remove(call, record))


def remove(call: Call, record: Record) -> tuple[Path, ...]:
    """Take an empty bucket away; 409 where something is in it. The path is not needed any more."""
    for kind in CHILDREN:
        if call.snapshot.from_name(record.id, kind, "", 1):
            what = "an object" if kind == "object" else "a multipart upload that is not committed"
            raise BucketNotEmpty(f"Bucket named '{record.display_name}' is not empty: it has {what}. Delete it first.")
    call.transaction.remove(record.id)
    return (call.folder.objects / str(record.document["ocid"]),)


def shown_bucket(record: Record) -> Answer:
    """The answer with a bucket's JSON."""
    return shown(record, body=to_json(record))


def to_json(record: Record) -> Json:
    """`Bucket`."""
    return {
        **to_summary_json(record),
        "id": record.document["ocid"],
        **given(record.document, *_OWN_FIELDS),
        "autoTiering": "Disabled",
        "replicationEnabled": False,
        "isReadOnly": False,
    }


def to_summary_json(record: Record) -> Json:
    """`BucketSummary`."""
    return {
        "namespace": NAMESPACE,
        "name": record.display_name,
        "compartmentId": record.compartment,
        "createdBy": record.document["createdBy"],
        "timeCreated": rfc3339(record.time_created),
        "etag": record.etag,
        "freeformTags": record.document["freeformTags"],
        "definedTags": record.document["definedTags"],
    }


ROUTES = (
    Route(OBJECT_STORAGE, "get_namespace", _get_namespace),
    Route(OBJECT_STORAGE, "get_namespace_metadata", _get_namespace_metadata),
    Route(OBJECT_STORAGE, "create_bucket", _create, "CreateBucketDetails"),
    Route(OBJECT_STORAGE, "get_bucket", _get),
    Route(OBJECT_STORAGE, "head_bucket", _head),
    Route(OBJECT_STORAGE, "list_buckets", _list),
    Route(OBJECT_STORAGE, "update_bucket", _update, "UpdateBucketDetails"),
    Route(OBJECT_STORAGE, "delete_bucket", _delete),
)
