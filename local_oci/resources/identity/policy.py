"""Identity's policies: kept as declared; the local OCI has one user, who may do everything, and enforces none.

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

KIND = "policy"
LIFECYCLE = Lifecycle(
    KIND,
    {
        "update": Transition(("ACTIVE",), "ACTIVE", "ACTIVE"),
        "delete": Transition(("ACTIVE",), "DELETED", "DELETED"),
    },
)
_OWN_FIELDS = ("description", "statements", "versionDate")
_FIELDS = (*_OWN_FIELDS, "freeformTags", "definedTags")
_LONGEST_NAME = 100


def problems(body: Json) -> Iterator[str]:
    """What breaks a bound beyond types."""
    yield from common_problems(body)
    if not 1 <= len(body.get("name", "-")) <= _LONGEST_NAME:
        yield f"name: must have 1 to {_LONGEST_NAME} characters, found {len(body['name'])}"
    if body.get("statements") == []:
        yield "statements: must have a statement, found none"


def _refuse_taken(call: Call, compartment_id: str, name: str) -> None:
    """A name is unique in its compartment (the SDK's docstring of `name`)."""
    for other in call.snapshot.named(KIND, compartment_id, name):
        if other.state != "DELETED":
            raise ResourceAlreadyExists(f"name: {name!r} is the name of policy {other.id}; choose another")


def _create(call: Call) -> Answer:
    refuse(problems(call.body))
    compartment_id = compartment.require(call, call.body["compartmentId"])
    _refuse_taken(call, compartment_id, call.body["name"])
    record = call.transaction.insert(
        made(
            call,
            KIND,
            "policy",
            compartment_id=compartment_id,
            display_name=call.body["name"],
            document=given(call.body, *_OWN_FIELDS),
        )
    )
    return shown(record, body=to_json(record))


def _get(call: Call) -> Answer:
    record = call.load(KIND, call.path["policyId"])
    return shown(record, body=to_json(record))


def _list(call: Call) -> Answer:
    compartment.require(call, listing.compartment(call))
    return listing.answer(call, Listing(KIND, to_json, columns={"name": "display_name"}))


def _update(call: Call) -> Answer:
    record = call.load(KIND, call.path["policyId"], to_change=True)
    LIFECYCLE.begin(record, "update")
    refuse(problems(call.body))
    stored = call.transaction.save(record.with_document(**given(call.body, *_FIELDS)))
    return shown(stored, body=to_json(stored))


def _delete(call: Call) -> Answer:
    record = call.load(KIND, call.path["policyId"], to_change=True)
    call.transaction.save(record.with_state(LIFECYCLE.begin(record, "delete").target))
    return Answer(status=204, resource=record.id)


def to_json(record: Record) -> Json:
    """`Policy`."""
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
    Route(IDENTITY, "create_policy", _create, "CreatePolicyDetails"),
    Route(IDENTITY, "get_policy", _get),
    Route(IDENTITY, "list_policies", _list),
    Route(IDENTITY, "update_policy", _update, "UpdatePolicyDetails"),
    Route(IDENTITY, "delete_policy", _delete),
)
