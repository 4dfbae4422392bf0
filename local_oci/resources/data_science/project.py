"""Data Science projects.

`systemTags` is there and empty: the official plugin sees a drift where it is missing.
State: ACTIVE from the first moment, DELETED as a tombstone that GET still answers with 200.
"""

from __future__ import annotations

from dataclasses import replace

from local_oci import listing
from local_oci.call import Answer, Call, Route, shown
from local_oci.errors import IncorrectState
from local_oci.lifecycle import Lifecycle, Transition
from local_oci.listing import Listing
from local_oci.resources import compartment, work_request
from local_oci.resources.fields import common_problems, default_name, given, made, refuse, shared_json
from local_oci.resources.work_request import DATA_SCIENCE
from local_oci.store import Json, Record, Snapshot

KIND = "project"
LIFECYCLE = Lifecycle(
    KIND,
    {
        "update": Transition(("ACTIVE",), "ACTIVE", "ACTIVE"),
        "delete": Transition(("ACTIVE",), "DELETING", "DELETED"),
    },
)
_CHILDREN = ("model", "model_version_set", "model_group", "model_deployment")
_FIELDS = ("description", "freeformTags", "definedTags")


def users(snapshot: Snapshot, project_id: str) -> list[str]:
    """The live resources that keep a project from being deleted."""
    children = [child for kind in _CHILDREN for child in snapshot.children(project_id, kind)]
    return [child.id for child in children if child.state != "DELETED"]


def _create(call: Call) -> Answer:
    refuse(common_problems(call.body))
    record = call.transaction.insert(
        made(
            call,
            KIND,
            "datascienceproject",
            compartment_id=compartment.require(call, call.body["compartmentId"]),
            display_name=call.body.get("displayName") or default_name("datascienceproject", call.now),
            document=given(call.body, "description"),
        )
    )
    return shown(record, body=to_json(record))


def _get(call: Call) -> Answer:
    record = call.load(KIND, call.path["projectId"])
    return shown(record, body=to_json(record))


def _list(call: Call) -> Answer:
    compartment.require(call, listing.compartment(call))
    return listing.answer(call, Listing(KIND, to_json))


def _update(call: Call) -> Answer:
    record = call.load(KIND, call.path["projectId"], to_change=True)
    LIFECYCLE.begin(record, "update")
    refuse(common_problems(call.body))
    renamed = replace(record, display_name=call.body.get("displayName") or record.display_name)
    stored = call.transaction.save(renamed.with_document(**given(call.body, *_FIELDS)))
    return shown(stored, body=to_json(stored))


def _change_compartment(call: Call) -> Answer:
    record = call.load(KIND, call.path["projectId"], to_change=True)
    stored = call.transaction.save(compartment.move(call, record))
    return Answer(status=204, headers={"etag": stored.etag}, resource=stored.id)


def _delete(call: Call) -> Answer:
    record = call.load(KIND, call.path["projectId"], to_change=True)
    transition = LIFECYCLE.begin(record, "delete")
    if using := users(call.snapshot, record.id):
        raise IncorrectState(
            f"project {record.id} still has {len(using)} live resources; delete first: {', '.join(using)}"
        )
    call.transaction.save(record.with_state(transition.target))
    request = work_request.at_once(call.transaction, DATA_SCIENCE, "PROJECT_DELETE", record, "project", "DELETED")
    return Answer(status=202, headers={"opc-work-request-id": request.id}, resource=record.id)


def to_json(record: Record) -> Json:
    """`Project`, which is `ProjectSummary` too."""
    return {
        **shared_json(record),
        "description": record.document.get("description"),
        "createdBy": record.document["createdBy"],
        "systemTags": {},
    }


ROUTES = (
    Route(DATA_SCIENCE, "create_project", _create, "CreateProjectDetails"),
    Route(DATA_SCIENCE, "get_project", _get),
    Route(DATA_SCIENCE, "list_projects", _list),
    Route(DATA_SCIENCE, "update_project", _update, "UpdateProjectDetails"),
    Route(DATA_SCIENCE, "change_project_compartment", _change_compartment, "ChangeProjectCompartmentDetails"),
    Route(DATA_SCIENCE, "delete_project", _delete),
)
