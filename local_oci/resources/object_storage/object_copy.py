"""Copies of objects, within the one namespace and region; done at once, told by a work request as OCI does.

Object Storage's work requests have words of their own (COMPLETED, READ, WRITTEN).
"""

from __future__ import annotations

from dataclasses import replace

from local_oci import listing
from local_oci.call import Answer, Call, Route
from local_oci.clock import rfc3339
from local_oci.credentials import REGION
from local_oci.errors import InvalidParameter
from local_oci.listing import Listing
from local_oci.resources import compartment
from local_oci.resources.fields import given, made
from local_oci.resources.object_storage import assembly, bucket, stored_object
from local_oci.resources.object_storage.bucket import NAMESPACE, OBJECT_STORAGE
from local_oci.store import Json, Record

KIND = "object_storage_work_request"
_FIELDS = ("contentType", "contentLanguage", "contentEncoding", "contentDisposition", "cacheControl", "metadata")


def copied(call: Call, source: Record) -> Call:
    """The call with the source's bytes as its upload; slow, before the transaction."""
    file = stored_object.file_of(source, call.folder.objects)
    return replace(call, upload=assembly.joined([file], call.folder.uploads))


def _source(call: Call) -> Record:
    bucket.require_namespace(call)
    for field, expected in (("destinationRegion", REGION), ("destinationNamespace", NAMESPACE)):
        if call.body[field] != expected:
            raise InvalidParameter(f"{field}: the local OCI has only {expected}, found {call.body[field]!r}")
    record = stored_object.find(call.snapshot, call.path["bucketName"], call.body["sourceObjectName"])
    if "sourceObjectIfMatchETag" in call.body:
        stored_object.check_conditions(record, {"if-match": call.body["sourceObjectIfMatchETag"]})
    return record


def _prepare(call: Call) -> Call:
    bucket.find(call.snapshot, call.body["destinationBucket"])
    return copied(call, _source(call))


def _copy(call: Call) -> Answer:
    source = _source(call)
    owner = bucket.find(call.snapshot, call.body["destinationBucket"])
    name = call.body["destinationObjectName"]
    present = call.snapshot.get(stored_object.record_id(owner.display_name, name))
    stated = {
        "if-match": call.body.get("destinationObjectIfMatchETag"),
        "if-none-match": call.body.get("destinationObjectIfNoneMatchETag"),
    }
    stored_object.check_conditions(present, {key: value for key, value in stated.items() if value is not None})
    if call.upload is None:
        raise TypeError("copy_object is declared with a preparation")
    document = given(source.document, *_FIELDS)
    if "destinationObjectMetadata" in call.body:
        document["metadata"] = call.body["destinationObjectMetadata"]
    stored, discard = stored_object.put(call, owner, name, call.upload, document)
    request = call.transaction.insert(
        replace(
            made(call, KIND, "coreservicesworkrequest", compartment_id=owner.compartment, display_name=""),
            state="COMPLETED",
            document={"resources": [_entity("READ", source), _entity("WRITTEN", stored)]},
        )
    )
    return Answer(status=202, headers={"opc-work-request-id": request.id}, resource=stored.id, discard=discard)


def _entity(action: str, record: Record) -> Json:
    bucket_name = record.parent.removeprefix(bucket.record_id(""))
    uri = f"/n/{NAMESPACE}/b/{bucket_name}/o/{record.display_name}"
    return {
        "actionType": action,
        "entityType": "object",
        "identifier": uri,
        "entityUri": uri,
        "metadata": {"NAMESPACE": NAMESPACE, "BUCKET": bucket_name, "OBJECT": record.display_name},
    }


def _get_work_request(call: Call) -> Answer:
    return Answer(body=to_json(call.load(KIND, call.path["workRequestId"])))


def _list_work_requests(call: Call) -> Answer:
    compartment.require(call, listing.compartment(call))
    return listing.answer(call, Listing(KIND, to_json))


def _list_nothing(call: Call) -> Answer:
    """Logs and errors: a copy is done at once or refused at once."""
    call.load(KIND, call.path["workRequestId"])
    return Answer(body=[])


def to_json(record: Record) -> Json:
    """`WorkRequest` of Object Storage."""
    time = rfc3339(record.time_created)
    return {
        "id": record.id,
        "operationType": "COPY_OBJECT",
        "status": record.state,
        "compartmentId": record.compartment,
        "percentComplete": 100.0,
        "resources": record.document["resources"],
        "timeAccepted": time,
        "timeStarted": time,
        "timeFinished": time,
    }


ROUTES = (
    Route(OBJECT_STORAGE, "copy_object", _copy, "CopyObjectDetails", prepare=_prepare),
    Route(OBJECT_STORAGE, "get_work_request", _get_work_request),
    Route(OBJECT_STORAGE, "list_work_requests", _list_work_requests),
    Route(OBJECT_STORAGE, "list_work_request_logs", _list_nothing),
    Route(OBJECT_STORAGE, "list_work_request_errors", _list_nothing),
)
