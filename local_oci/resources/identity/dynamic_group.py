"""Identity's dynamic groups: kept as declared; nothing becomes a member of one.

State: ACTIVE from the first moment, DELETED as a tombstone that GET still answers with 200 (OCI.md 3.9).
"""

from __future__ import annotations

from collections.abc import Iterator

from local_oci import listing
from local_oci.call import Answer, Call, Route, shown
from local_oci.clock import rfc3339
from local_oci.errors import ResourceAlreadyExists
from local_oci.lifecycle import Lifecycle, Transition
from local_oci.listing import Listing
from local_oci.resources import compartment
from local_oci.resources.fields import common_problems, given, made, refuse
from local_oci.resources.identity.tenancy import IDENTITY
from local_oci.store import Json, Record

KIND = "dynamic_group"
LIFECYCLE = Lifecycle(
    KIND,
    {
        "update": Transition(("ACTIVE",), "ACTIVE", "ACTIVE"),
        "delete": Transition(("ACTIVE",), "DELETED", "DELETED"),
    },
)
_OWN_FIELDS = ("description", "matchingRule")
_FIELDS = (*_OWN_FIELDS, "freeformTags", "definedTags")
_LONGEST_NAME = 100


def problems(body: Json) -> Iterator[str]:
    """What breaks a bound beyond types."""
    yield from common_problems(body)
    if not 1 <= len(body.get("name", "-")) <= _LONGEST_NAME:
        yield f"name: must have 1 to {_LONGEST_NAME} characters, found {len(body['name'])}"


def _refuse_taken(call: Call, compartment_id: str, name: str) -> None:
    """A name is unique in its compartment (the SDK's docstring of `name`)."""
    for other in call.snapshot.named(KIND, compartment_id, name):
        if other.state != "DELETED":
            raise ResourceAlreadyExists(f"name: {name!r} is the name of dynamic group {other.id}; choose another")


def _create(call: Call) -> Answer:
    refuse(problems(call.body))
    compartment_id = compartment.require(call, call.body["compartmentId"])
    _refuse_taken(call, compartment_id, call.body["name"])
    record = call.transaction.insert(
        made(
            call,
            KIND,
            "dynamicgroup",
            compartment_id=compartment_id,
            display_name=call.body["name"],
            document=given(call.body, *_OWN_FIELDS),
        )
    )
    return shown(record, body=to_json(record))


def _get(call: Call) -> Answer:
    record = call.load(KIND, call.path["dynamicGroupId"])
    return shown(record, body=to_json(record))


def _list(call: Call) -> Answer:
    compartment.require(call, listing.compartment(call))
    return listing.answer(call, Listing(KIND, to_json, columns={"name": "display_name"}))


def _update(call: Call) -> Answer:
    record = call.load(KIND, call.path["dynamicGroupId"], to_change=True)
    LIFECYCLE.begin(record, "update")
    refuse(problems(call.body))
    stored = call.transaction.save(record.with_document(**given(call.body, *_FIELDS)))
    return shown(stored, body=to_json(stored))


def _delete(call: Call) -> Answer:
    record = call.load(KIND, call.path["dynamicGroupId"], to_change=True)
    call.transaction.save(record.with_state(LIFECYCLE.begin(record, "delete").target))
    return Answer(status=204, resource=record.id)


def to_json(record: Record) -> Json:
    """`DynamicGroup`."""
    return {
        "id": record.id,
        "compartmentId": record.compartment,
        "name": record.display_name,
        **{name: record.document.get(name) for name in _OWN_FIELDS},
        "timeCreated": rfc3339(record.time_created),
        "lifecycleState": record.state,
        "freeformTags": record.document["freeformTags"],
        "definedTags": record.document["definedTags"],
    }


ROUTES = (
    Route(IDENTITY, "create_dynamic_group", _create, "CreateDynamicGroupDetails"),
    Route(IDENTITY, "get_dynamic_group", _get),
    Route(IDENTITY, "list_dynamic_groups", _list),
    Route(IDENTITY, "update_dynamic_group", _update, "UpdateDynamicGroupDetails"),
    Route(IDENTITY, "delete_dynamic_group", _delete),
)
