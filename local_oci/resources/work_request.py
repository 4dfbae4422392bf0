"""Work requests of Data Science and of Logging: what became of an operation that answered before it was done.

Not emulated: cancelling what is done to a model deployment (refused with a 400: the official plugin cancels what
failed, and would try a 409 again for two minutes); the generic work requests of `iaas` (no client of these kinds asks).
State: ACCEPTED → IN_PROGRESS → SUCCEEDED or FAILED. One that is not finished is also the conductor's memory: after
`kill -9` it is taken up again from here.
"""

from __future__ import annotations

from dataclasses import replace

from local_oci import listing
from local_oci.call import Answer, Call, Route, shown
from local_oci.clock import rfc3339
from local_oci.errors import InvalidParameter, NotEmulated
from local_oci.listing import Listing
from local_oci.ocid import mint
from local_oci.resources import compartment
from local_oci.store import Json, Record, Transaction

DATA_SCIENCE, LOGGING = "data_science", "logging"
UNFINISHED = ("ACCEPTED", "IN_PROGRESS")
_KINDS = {DATA_SCIENCE: "data_science_work_request", LOGGING: "logging_work_request"}
_CANCELLABLE = ("EXPORT_MODEL_ARTIFACT", "IMPORT_MODEL_ARTIFACT")
_OCID_TYPES = {DATA_SCIENCE: "datascienceworkrequest", LOGGING: "logworkrequest"}


def kind(service: str) -> str:
    """The store's kind of a service's work requests."""
    return _KINDS[service]


def accept(
    transaction: Transaction,
    service: str,
    operation_type: str,
    resource: Record,
    entity_type: str,
    action_type: str,
    job: Json | None = None,
) -> Record:
    """Open a work request; its resource is listed at once (TF reads it). `job` is the conductor's."""
    now = transaction.now
    return transaction.insert(
        Record(
            id=mint(_OCID_TYPES[service]),
            kind=_KINDS[service],
            compartment=resource.compartment,
            parent=resource.id,
            state="ACCEPTED",
            display_name="",
            time_created=now,
            time_updated=now,
            document={
                "operationType": operation_type,
                "percentComplete": 0.0,
                "resources": [
                    {
                        "entityType": entity_type,
                        "actionType": action_type,
                        "identifier": resource.id,
                        "entityUri": _entity_uri(service, resource),
                    }
                ],
            },
            private={"service": service, "logs": [], "errors": [], "job": job},
        )
    )


def at_once(
    transaction: Transaction, service: str, operation_type: str, resource: Record, entity_type: str, action_type: str
) -> Record:
    """A work request whose work was done in this very transaction."""
    opened = accept(transaction, service, operation_type, resource, entity_type, action_type)
    started = progressed(opened, transaction.now, f"{operation_type}: accepted", 0)
    return transaction.save(succeeded(started, transaction.now, f"{operation_type}: done"))


def progressed(record: Record, now: float, message: str, percent: float) -> Record:
    """Under way: a line more in its log, newest last."""
    started = record.document.get("timeStarted", rfc3339(now))
    line = {"message": message, "timestamp": rfc3339(now)}
    return (
        replace(record, state="IN_PROGRESS")
        .with_document(percentComplete=float(percent), timeStarted=started)
        .with_private(logs=[*record.private["logs"], line])
    )


def succeeded(record: Record, now: float, message: str) -> Record:
    """Done."""
    return _finished(progressed(record, now, message, 100.0), "SUCCEEDED", now)


def failed(record: Record, now: float, code: str, message: str) -> Record:
    """Ended without success; the message is its error."""
    error = {"code": code, "message": message, "timestamp": rfc3339(now)}
    last = progressed(record, now, message.splitlines()[0] if message else code, 100.0)
    return _finished(last.with_private(errors=[*record.private["errors"], error]), "FAILED", now)


def _finished(record: Record, state: str, now: float) -> Record:
    return replace(record, state=state).with_document(timeFinished=rfc3339(now))


def _get(call: Call) -> Answer:
    record = call.load(_KINDS[call.operation.service], call.path["workRequestId"])
    return shown(record, body=to_json(record))


def _list(call: Call) -> Answer:
    compartment.require(call, listing.compartment(call))
    return listing.answer(
        call,
        Listing(
            _KINDS[call.operation.service], to_json, columns={"resourceId": "parent"}, default_order="timeAccepted"
        ),
    )


def _list_logs(call: Call) -> Answer:
    return _lines(call, "logs")


def _list_errors(call: Call) -> Answer:
    return _lines(call, "errors")


def _lines(call: Call, name: str) -> Answer:
    """Logs or errors, oldest first, in pages by position."""
    record = call.load(_KINDS[call.operation.service], call.path["workRequestId"])
    return listing.sliced(call, record.private[name], f"{record.id}/{name}")


def _cancel(call: Call) -> Answer:
    record = call.load(_KINDS[call.operation.service], call.path["workRequestId"], to_change=True)
    if record.state not in UNFINISHED:
        raise InvalidParameter(
            f"work request {record.id}: only one that is not finished can be cancelled, found {record.state}"
        )
    if record.document["operationType"] not in _CANCELLABLE:
        raise NotEmulated(
            f"work request {record.id}: the local OCI cancels {' and '.join(_CANCELLABLE)}, found "
            f"{record.document['operationType']}; wait for its end"
        )
    call.transaction.save(_finished(progressed(record, call.now, "Cancelled", 100.0), "CANCELED", call.now))
    return Answer(status=202)


def to_json(record: Record) -> Json:
    """`WorkRequest` of both services."""
    return {
        "id": record.id,
        "compartmentId": record.compartment,
        "status": record.state,
        "timeAccepted": rfc3339(record.time_created),
        "timeStarted": None,
        "timeFinished": None,
        **record.document,
    }


def _entity_uri(service: str, resource: Record) -> str:
    if resource.kind == "log":
        return f"/20200531/logGroups/{resource.parent}/logs/{resource.id}"
    base = "/20200531" if service == LOGGING else "/20190101"
    first, *rest = resource.kind.split("_")
    return f"{base}/{''.join([first, *(word.capitalize() for word in rest)])}s/{resource.id}"


ROUTES = tuple(
    route
    for service, cancel in ((DATA_SCIENCE, "cancel_work_request"), (LOGGING, "delete_work_request"))
    for route in (
        Route(service, "get_work_request", _get),
        Route(service, "list_work_requests", _list),
        Route(service, "list_work_request_logs", _list_logs),
        Route(service, "list_work_request_errors", _list_errors),
        Route(service, cancel, _cancel),
    )
)
