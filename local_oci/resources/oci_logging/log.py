"""Logging's logs. A log that a model deployment names gets its lines in `logs/<log ocid>.jsonl`.

Not emulated: archiving, retention (lines stay until the log is deleted), ingestion, service logs of other services: any
SERVICE log is kept as declared, and lines only come from model deployments.
State: ACTIVE from the first moment; deleted ones answer 404 (the code `NotFound`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from local_oci import listing
from local_oci.call import Answer, Call, Route, not_found, shown
from local_oci.clock import rfc3339
from local_oci.errors import NotFound, ResourceAlreadyExists
from local_oci.lifecycle import Lifecycle, Transition
from local_oci.listing import Listing
from local_oci.resources import work_request
from local_oci.resources.fields import common_problems, given, made, refuse, shared_json, without
from local_oci.resources.oci_logging import log_group
from local_oci.resources.work_request import LOGGING
from local_oci.store import Json, Record

KIND = "log"
LIFECYCLE = Lifecycle(
    KIND,
    {
        "update": Transition(("ACTIVE",), "UPDATING", "ACTIVE"),
        "move": Transition(("ACTIVE",), "UPDATING", "ACTIVE"),
        "delete": Transition(("ACTIVE",), "DELETING", "DELETED"),
    },
)
_OWN_FIELDS = ("isEnabled", "retentionDuration")
_FIELDS = (*_OWN_FIELDS, "freeformTags", "definedTags")
_DEFAULT_RETENTION_DAYS = 30
_RETENTIONS_DAYS = range(30, 181, 30)


def problems(body: Json) -> Iterator[str]:
    """All that breaks a rule of CreateLogDetails or UpdateLogDetails beyond types."""
    yield from common_problems(body)
    yield from log_group.name_problem(body)
    days = body.get("retentionDuration", _DEFAULT_RETENTION_DAYS)
    if days not in _RETENTIONS_DAYS:
        yield f"retentionDuration: must be 30, 60, 90, 120, 150 or 180, found {days}"
    if body.get("logType") == "SERVICE" and "configuration" not in body:
        yield "configuration: is required for a log of logType SERVICE, found none"


def _load(call: Call, *, to_change: bool = False) -> Record:
    group_id, log_id = call.path["logGroupId"], call.path["logId"]
    record = call.snapshot.get(log_id)
    if record is None or record.kind != KIND or record.parent != group_id:
        raise not_found(f"log in log group {group_id}:", log_id)
    if record.state == "DELETED":
        raise NotFound(f"log {log_id} is deleted")
    if to_change:
        call.check_etag(record)
    return record


def _refuse_taken(call: Call, group_id: str, display_name: str, own_id: str = "") -> None:
    """A log's name is unique in its group (the SDK's docstring of displayName)."""
    for other in call.snapshot.children(group_id, KIND):
        if other.display_name == display_name and other.state != "DELETED" and other.id != own_id:
            raise ResourceAlreadyExists(f"displayName: {display_name!r} is the name of log {other.id}; choose another")


def _create(call: Call) -> Answer:
    group = log_group.load(call, call.path["logGroupId"])
    refuse(problems(call.body))
    _refuse_taken(call, group.id, call.body["displayName"])
    record = call.transaction.insert(
        made(
            call,
            KIND,
            "log",
            compartment_id=group.compartment,
            parent=group.id,
            display_name=call.body["displayName"],
            document={
                "isEnabled": True,
                "retentionDuration": _DEFAULT_RETENTION_DAYS,
                "tenancyId": call.credentials.tenancy_ocid,
                **given(call.body, *_OWN_FIELDS, "logType", "configuration"),
            },
        )
    )
    return _accepted(call, "CREATE_LOG", record, "CREATED")


def _get(call: Call) -> Answer:
    record = _load(call)
    return shown(record, body=to_json(record))


def _list(call: Call) -> Answer:
    group = log_group.load(call, call.path["logGroupId"])
    sources = {
        name: f"configuration.source.{name[len('source') :].lower()}" for name in ("sourceService", "sourceResource")
    }
    query = {sources.get(name, name): value for name, value in call.query.items()}
    return listing.answer(replace(call, query=query), Listing(KIND, to_summary_json), parent=group.id)


def _update(call: Call) -> Answer:
    record = _load(call, to_change=True)
    LIFECYCLE.begin(record, "update")
    refuse(problems(call.body))
    name = call.body.get("displayName", record.display_name)
    _refuse_taken(call, record.parent, name, record.id)
    changed = replace(record, display_name=name).with_document(**given(call.body, *_FIELDS))
    if "configuration" in call.body:
        changed = changed.with_document(configuration=_merged(record.document.get("configuration", {}), call.body))
    return _accepted(call, "UPDATE_LOG", call.transaction.save(changed), "UPDATED")


def _merged(configuration: Json, body: Json) -> Json:
    """Only the source's parameters and the archiving can change (`UpdateConfigurationDetails`)."""
    wanted = body["configuration"]
    return {**configuration, **wanted, "source": {**configuration.get("source", {}), **wanted["source"]}}


def _change_log_group(call: Call) -> Answer:
    record = _load(call, to_change=True)
    LIFECYCLE.begin(record, "move")
    if "targetLogGroupId" not in call.body:
        refuse(["targetLogGroupId: is required, found none"])
    group = log_group.load(call, call.body["targetLogGroupId"])
    _refuse_taken(call, group.id, record.display_name, record.id)
    moved = call.transaction.save(replace(record, parent=group.id, compartment=group.compartment))
    return _accepted(call, "MOVE_LOG", moved, "RELATED")


def _delete(call: Call) -> Answer:
    record = _load(call, to_change=True)
    transition = LIFECYCLE.begin(record, "delete")
    deleted = call.transaction.save(record.with_state(transition.target))
    return replace(_accepted(call, "DELETE_LOG", deleted, "DELETED"), discard=(call.folder.log_file(record.id),))


def _accepted(call: Call, operation_type: str, record: Record, action_type: str) -> Answer:
    """202 without a body; the work request lists the log only (`loggroup` contains `log`, OCI.md 3.2)."""
    request = work_request.at_once(call.transaction, LOGGING, operation_type, record, "log", action_type)
    return Answer(status=202, headers={"opc-work-request-id": request.id, "etag": record.etag}, resource=record.id)


def to_json(record: Record) -> Json:
    """`Log`."""
    return {
        **shared_json(record),
        "logGroupId": record.parent,
        "systemTags": {},
        "timeLastModified": rfc3339(record.time_updated),
        **given(record.document, *_FIELDS, "logType", "configuration", "tenancyId"),
    }


def to_summary_json(record: Record) -> Json:
    """`LogSummary`."""
    return without(to_json(record), "tenancyId")


ROUTES = (
    Route(LOGGING, "create_log", _create, "CreateLogDetails"),
    Route(LOGGING, "get_log", _get),
    Route(LOGGING, "list_logs", _list),
    Route(LOGGING, "update_log", _update, "UpdateLogDetails"),
    Route(LOGGING, "change_log_log_group", _change_log_group, "ChangeLogLogGroupDetails"),
    Route(LOGGING, "delete_log", _delete),
)
