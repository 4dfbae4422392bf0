"""Model version sets: a name under which models are numbered versions.

State: ACTIVE from the first moment, DELETED as a tombstone that GET still answers with 200.
"""

from __future__ import annotations

from collections.abc import Iterator

from local_oci import listing
from local_oci.call import Answer, Call, Route, shown
from local_oci.clock import rfc3339
from local_oci.errors import IncorrectState, ResourceAlreadyExists
from local_oci.lifecycle import Lifecycle, Transition
from local_oci.listing import Listing
from local_oci.resources import compartment, work_request
from local_oci.resources.data_science import project
from local_oci.resources.fields import LONGEST_NAME, common_problems, given, made, refuse, without
from local_oci.resources.work_request import DATA_SCIENCE
from local_oci.store import Json, Record, Snapshot

KIND = "model_version_set"
LIFECYCLE = Lifecycle(
    KIND,
    {
        "update": Transition(("ACTIVE",), "ACTIVE", "ACTIVE"),
        "delete": Transition(("ACTIVE",), "DELETING", "DELETED"),
    },
)
_FIELDS = ("description", "freeformTags", "definedTags")


def problems(body: Json) -> Iterator[str]:
    """What breaks a bound beyond types."""
    yield from common_problems(body)
    if not 1 <= len(body.get("name", "-")) <= LONGEST_NAME:
        yield f"name: must have 1 to {LONGEST_NAME} characters, found {len(body['name'])}"


def join(call: Call, set_id: str) -> tuple[Record, int]:
    """The live set that a model joins, and the version number that it gets there; numbers are not used twice."""
    record = call.load_live(KIND, set_id)
    version = int(record.private.get("lastVersion", 0)) + 1
    call.transaction.save(record.with_private(lastVersion=version))
    return record, version


def models(snapshot: Snapshot, record: Record) -> list[Record]:
    """The live models of a set."""
    found = snapshot.children(record.parent, "model")
    return [m for m in found if m.state != "DELETED" and m.document.get("modelVersionSetId") == record.id]


def _refuse_taken(call: Call, compartment_id: str, name: str) -> None:
    """A set's name is unique (the SDK's docstring of `name`); in which scope it does not say: the compartment, here."""
    for other in call.snapshot.named(KIND, compartment_id, name):
        if other.state != "DELETED":
            raise ResourceAlreadyExists(f"name: {name!r} is the name of model version set {other.id}; choose another")


def _create(call: Call) -> Answer:
    refuse(problems(call.body))
    compartment_id = compartment.require(call, call.body["compartmentId"])
    parent = call.load_live(project.KIND, call.body["projectId"])
    _refuse_taken(call, compartment_id, call.body["name"])
    record = call.transaction.insert(
        made(
            call,
            KIND,
            "datasciencemodelversionset",
            compartment_id=compartment_id,
            parent=parent.id,
            display_name=call.body["name"],
            document={"category": "USER", **given(call.body, "description")},
        )
    )
    return shown(record, body=to_json(record))


def _get(call: Call) -> Answer:
    record = call.load(KIND, call.path["modelVersionSetId"])
    return shown(record, body=to_json(record))


def _list(call: Call) -> Answer:
    compartment.require(call, listing.compartment(call))
    return listing.answer(call, Listing(KIND, to_summary_json, columns={"projectId": "parent", "name": "display_name"}))


def _update(call: Call) -> Answer:
    record = call.load(KIND, call.path["modelVersionSetId"], to_change=True)
    LIFECYCLE.begin(record, "update")
    refuse(problems(call.body))
    stored = call.transaction.save(record.with_document(**given(call.body, *_FIELDS)))
    return shown(stored, body=to_json(stored))


def _change_compartment(call: Call) -> Answer:
    record = call.load(KIND, call.path["modelVersionSetId"], to_change=True)
    moved = compartment.move(call, record)
    if moved.compartment != record.compartment:
        _refuse_taken(call, moved.compartment, record.display_name)
    stored = call.transaction.save(moved)
    return Answer(status=204, headers={"etag": stored.etag}, resource=stored.id)


def _delete(call: Call) -> Answer:
    from local_oci.resources.data_science import model  # it imports this module

    record = call.load(KIND, call.path["modelVersionSetId"], to_change=True)
    transition = LIFECYCLE.begin(record, "delete")
    members = models(call.snapshot, record)
    if members and call.query.get("isDeleteRelatedModels", "false").lower() != "true":
        raise IncorrectState(
            f"model version set {record.id} has {len(members)} models that are not deleted; delete them first, or ask "
            f"with isDeleteRelatedModels=true: {', '.join(found.id for found in members)}"
        )
    for member in members:
        model.require_unused(call, member)
        model.delete(call, member)
    call.transaction.save(record.with_state(transition.target))
    request = work_request.at_once(
        call.transaction, DATA_SCIENCE, "MODELVERSIONSET_DELETE", record, "modelversionset", "DELETED"
    )
    discarded = tuple(call.folder.artifacts / member.id for member in members)
    return Answer(status=202, headers={"opc-work-request-id": request.id}, resource=record.id, discard=discarded)


def to_json(record: Record) -> Json:
    """`ModelVersionSet`."""
    return {
        "id": record.id,
        "compartmentId": record.compartment,
        "projectId": record.parent,
        "name": record.display_name,
        "description": record.document.get("description", ""),  # required of an answer, not of a creation
        "lifecycleState": record.state,
        "timeCreated": rfc3339(record.time_created),
        "timeUpdated": rfc3339(record.time_updated),
        "createdBy": record.document["createdBy"],
        "category": record.document["category"],
        "freeformTags": record.document["freeformTags"],
        "definedTags": record.document["definedTags"],
        "systemTags": {},
    }


def to_summary_json(record: Record) -> Json:
    """`ModelVersionSetSummary`."""
    return without(to_json(record), "description")


ROUTES = (
    Route(DATA_SCIENCE, "create_model_version_set", _create, "CreateModelVersionSetDetails"),
    Route(DATA_SCIENCE, "get_model_version_set", _get),
    Route(DATA_SCIENCE, "list_model_version_sets", _list),
    Route(DATA_SCIENCE, "update_model_version_set", _update, "UpdateModelVersionSetDetails"),
    Route(
        DATA_SCIENCE,
        "change_model_version_set_compartment",
        _change_compartment,
        "ChangeModelVersionSetCompartmentDetails",
    ),
    Route(DATA_SCIENCE, "delete_model_version_set", _delete),
)
