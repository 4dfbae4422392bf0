"""Logging's log groups.

Not emulated: groups in sub-compartments (`isCompartmentIdInSubtree` finds what the compartment itself has).
State: ACTIVE from the first moment; deleted ones answer 404 (the code `NotFound`, which clients do not wait for).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from local_oci import listing
from local_oci.call import Answer, Call, Route, not_found, shown
from local_oci.clock import rfc3339
from local_oci.errors import IncorrectState, NotFound, ResourceAlreadyExists
from local_oci.lifecycle import Lifecycle, Transition
from local_oci.listing import Listing
from local_oci.resources import compartment, work_request
from local_oci.resources.fields import common_problems, given, made, refuse, shared_json
from local_oci.resources.work_request import LOGGING
from local_oci.store import Json, Record

KIND = "log_group"
LIFECYCLE = Lifecycle(
    KIND,
    {
        "update": Transition(("ACTIVE",), "UPDATING", "ACTIVE"),
        "delete": Transition(("ACTIVE",), "DELETING", "DELETED"),
    },
)
_FIELDS = ("description", "freeformTags", "definedTags")


def load(call: Call, group_id: str, *, to_change: bool = False) -> Record:
    """The live group; 404 `NotFound` where it was deleted, `NotAuthorizedOrNotFound` where it never was."""
    record = call.snapshot.get(group_id)
    if record is None or record.kind != KIND:
        raise not_found(KIND, group_id)
    if record.state == "DELETED":
        raise NotFound(f"log group {group_id} is deleted")
    if to_change:
        call.check_etag(record)
    return record


def name_problem(body: Json) -> Iterator[str]:
    """Logging wants a name."""
    if body.get("displayName") == "":
        yield "displayName: must have 1 to 255 characters, found none"


def _refuse_taken(call: Call, compartment_id: str, display_name: str, own_id: str = "") -> None:
    """A group's name is unique in its compartment (the SDK's docstring of displayName)."""
    for other in call.snapshot.named(KIND, compartment_id, display_name):
        if other.state != "DELETED" and other.id != own_id:
            raise ResourceAlreadyExists(
                f"displayName: {display_name!r} is the name of log group {other.id}; choose another"
            )


def _create(call: Call) -> Answer:
    refuse([*common_problems(call.body), *name_problem(call.body)])
    compartment_id = compartment.require(call, call.body["compartmentId"])
    _refuse_taken(call, compartment_id, call.body["displayName"])
    record = call.transaction.insert(
        made(
            call,
            KIND,
            "loggroup",
            compartment_id=compartment_id,
            display_name=call.body["displayName"],
            document=given(call.body, "description"),
        )
    )
    return _accepted(call, "CREATE_LOG_GROUP", record, "CREATED")


def _get(call: Call) -> Answer:
    record = load(call, call.path["logGroupId"])
    return shown(record, body=to_json(record))


def _list(call: Call) -> Answer:
    compartment.require(call, listing.compartment(call))
    return listing.answer(call, Listing(KIND, to_json, ignored=frozenset({"isCompartmentIdInSubtree"})))


def _update(call: Call) -> Answer:
    record = load(call, call.path["logGroupId"], to_change=True)
    LIFECYCLE.begin(record, "update")
    refuse([*common_problems(call.body), *name_problem(call.body)])
    name = call.body.get("displayName", record.display_name)
    _refuse_taken(call, record.compartment, name, record.id)
    stored = call.transaction.save(replace(record, display_name=name).with_document(**given(call.body, *_FIELDS)))
    return _accepted(call, "UPDATE_LOG_GROUP", stored, "UPDATED")


def _change_compartment(call: Call) -> Answer:
    record = load(call, call.path["logGroupId"], to_change=True)
    moved = compartment.move(call, record)
    _refuse_taken(call, moved.compartment, moved.display_name, moved.id)
    for child in call.snapshot.children(record.id, "log"):
        call.transaction.save(replace(child, compartment=moved.compartment))
    return _accepted(call, "MOVE_LOG_GROUP", call.transaction.save(moved), "RELATED")


def _delete(call: Call) -> Answer:
    record = load(call, call.path["logGroupId"], to_change=True)
    transition = LIFECYCLE.begin(record, "delete")
    logs = [log.id for log in call.snapshot.children(record.id, "log") if log.state != "DELETED"]
    if logs:
        raise IncorrectState(f"log group {record.id} still has {len(logs)} logs; delete first: {', '.join(logs)}")
    return _accepted(call, "DELETE_LOG_GROUP", call.transaction.save(record.with_state(transition.target)), "DELETED")


def _accepted(call: Call, operation_type: str, record: Record, action_type: str) -> Answer:
    """202 without a body, the work request in a header."""
    request = work_request.at_once(call.transaction, LOGGING, operation_type, record, "loggroup", action_type)
    return Answer(status=202, headers={"opc-work-request-id": request.id, "etag": record.etag}, resource=record.id)


def to_json(record: Record) -> Json:
    """`LogGroup`, which is `LogGroupSummary` too."""
    return {
        **shared_json(record),
        "description": record.document.get("description"),
        "systemTags": {},
        "timeLastModified": rfc3339(record.time_updated),
    }


ROUTES = (
    Route(LOGGING, "create_log_group", _create, "CreateLogGroupDetails"),
    Route(LOGGING, "get_log_group", _get),
    Route(LOGGING, "list_log_groups", _list),
    Route(LOGGING, "update_log_group", _update, "UpdateLogGroupDetails"),
    Route(LOGGING, "change_log_group_compartment", _change_compartment, "ChangeLogGroupCompartmentDetails"),
    Route(LOGGING, "delete_log_group", _delete),
)
