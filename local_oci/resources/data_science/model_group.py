"""Model groups: several models under one name, deployed together; immutable in what they hold.

Their own artifact (score.py) is in `model_artifact`. Not emulated: version histories, patches while cloning.
State: ACTIVE from the first moment, INACTIVE, DELETED as a tombstone that GET still answers with 200.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from local_oci import listing
from local_oci.call import Answer, Call, Route, shown
from local_oci.clock import rfc3339
from local_oci.errors import IncorrectState, NotEmulated
from local_oci.lifecycle import Lifecycle, Transition
from local_oci.listing import Listing
from local_oci.resources import compartment, work_request
from local_oci.resources.data_science import model, project
from local_oci.resources.fields import common_problems, default_name, given, made, refuse, shared_json
from local_oci.resources.work_request import DATA_SCIENCE
from local_oci.store import Json, Record, Snapshot
from local_oci.supervised import live

KIND = "model_group"
LIFECYCLE = Lifecycle(
    KIND,
    {
        "update": Transition(("ACTIVE", "INACTIVE"), "", ""),
        "activate": Transition(("INACTIVE",), "ACTIVE", "ACTIVE"),
        "deactivate": Transition(("ACTIVE",), "INACTIVE", "INACTIVE"),
        "delete": Transition(("ACTIVE", "INACTIVE", "FAILED"), "DELETING", "DELETED"),
    },
)
_ENTITY = "model-group"
_FIELDS = ("description", "versionLabel", "freeformTags", "definedTags")
_MOST_MODELS = 500  # Oracle's page "Multimodel Serving"
_HISTORY = "modelGroupVersionHistoryId"


def members(record: Record) -> list[str]:
    """The OCIDs of a group's models."""
    return [entry["modelId"] for entry in record.document["memberModelEntries"].get("memberModelDetails", [])]


def member_summaries(snapshot: Snapshot, record: Record) -> list[Json]:
    """A group's models with their keys."""
    found = []
    for entry in record.document["memberModelEntries"].get("memberModelDetails", []):
        member = snapshot.get(entry["modelId"])
        if member is None:
            raise KeyError(entry["modelId"])
        found.append(
            {
                **model.to_summary_json(member),
                "modelId": member.id,
                "inferenceKey": entry.get("inferenceKey"),
                "timeUpdated": rfc3339(member.time_updated),
                "systemTags": {},
            }
        )
    return found


def problems(body: Json) -> Iterator[str]:
    """What breaks a rule beyond types."""
    yield from common_problems(body)
    entries = body.get("memberModelEntries", {}).get("memberModelDetails", [])
    if "memberModelEntries" in body and not 1 <= len(entries) <= _MOST_MODELS:
        yield f"memberModelEntries.memberModelDetails: must have 1 to {_MOST_MODELS} models, found {len(entries)}"
    for name in ("modelId", "inferenceKey"):
        values = [entry[name] for entry in entries if name in entry]
        if twice := sorted({value for value in values if values.count(value) > 1}):
            yield f"memberModelEntries.memberModelDetails: {name} {', '.join(twice)} is there more than once"
    base = body.get("modelGroupDetails", {}).get("baseModelId")
    if base is not None and base not in [entry["modelId"] for entry in entries]:
        yield f"modelGroupDetails.baseModelId: must be one of the group's models, found {base}"


def users(snapshot: Snapshot, group_id: str) -> list[str]:
    """The live deployments that serve a group."""
    return [found.id for found in live(snapshot) if group_id in found.private["models"]]


def _refuse_history(body: Json) -> None:
    if _HISTORY in body:
        raise NotEmulated(f"{_HISTORY}: version histories of model groups are not emulated; leave it out")


def _create(call: Call) -> Answer:
    body = call.body if call.body["createType"] == "CREATE" else _cloned(call)
    _refuse_history(body)
    refuse(problems(body))
    compartment_id = compartment.require(call, call.body["compartmentId"])
    parent = call.load_live(project.KIND, call.body["projectId"])
    for entry in body["memberModelEntries"]["memberModelDetails"]:
        call.load_live(model.KIND, entry["modelId"])
    source = body.get("sourceModelGroupId")
    record = call.transaction.insert(
        made(
            replace(call, body=body),
            KIND,
            "datasciencemodelgroup",
            compartment_id=compartment_id,
            parent=parent.id,
            display_name=body.get("displayName") or default_name("modelgroup", call.now),
            document={
                "createType": call.body["createType"],
                "sourceModelGroupId": source,
                **given(body, "description", "versionLabel", "modelGroupDetails", "memberModelEntries"),
            },
        )
    )
    request = work_request.at_once(call.transaction, DATA_SCIENCE, "MODEL_GROUP_CREATE", record, _ENTITY, "CREATED")
    answer = shown(record, body=to_json(record))
    return replace(answer, headers={**answer.headers, "opc-work-request-id": request.id})


def _cloned(call: Call) -> Json:
    """The body of a CREATE that makes the same group, changed as asked."""
    details = call.body["modelGroupCloneSourceDetails"]
    if details["modelGroupCloneSourceType"] != "MODEL_GROUP" or "patchModelGroupMemberModelDetails" in details:
        raise NotEmulated(
            "modelGroupCloneSourceDetails: the local OCI clones a MODEL_GROUP with its models as they are; version "
            "histories and patches are not emulated"
        )
    source = call.load_live(KIND, details["sourceId"])
    own = given(source.document, "description", "modelGroupDetails", "memberModelEntries", "freeformTags")
    changed = details.get("modifyModelGroupDetails", {})
    return {"displayName": source.display_name, **own, **changed, "sourceModelGroupId": source.id}


def _get(call: Call) -> Answer:
    record = call.load(KIND, call.path["modelGroupId"])
    return shown(record, body=to_json(record))


def _list(call: Call) -> Answer:
    compartment.require(call, listing.compartment(call))
    return listing.answer(call, Listing(KIND, to_summary_json, columns={"projectId": "parent"}))


def _list_models(call: Call) -> Answer:
    record = call.load(KIND, call.path["modelGroupId"])
    names = ("id", "displayName", "lifecycleState", "createdBy")
    filters = {name: call.query[name] for name in names if name in call.query}
    found = [one for one in member_summaries(call.snapshot, record) if all(one[n] == v for n, v in filters.items())]
    return listing.sliced(call, found, f"{record.id} models")


def _update(call: Call) -> Answer:
    record = call.load(KIND, call.path["modelGroupId"], to_change=True)
    LIFECYCLE.begin(record, "update")
    _refuse_history(call.body)
    refuse(problems(call.body))
    renamed = replace(record, display_name=call.body.get("displayName") or record.display_name)
    stored = call.transaction.save(renamed.with_document(**given(call.body, *_FIELDS)))
    return _accepted(call, stored, "MODEL_GROUP_UPDATE", "UPDATED")


def _accepted(call: Call, record: Record, operation_type: str, action_type: str) -> Answer:
    request = work_request.at_once(call.transaction, DATA_SCIENCE, operation_type, record, _ENTITY, action_type)
    answer = shown(record, body=to_json(record))
    return replace(answer, headers={**answer.headers, "opc-work-request-id": request.id})


def _activate(call: Call) -> Answer:
    return _switch(call, "activate")


def _deactivate(call: Call) -> Answer:
    return _switch(call, "deactivate")


def _switch(call: Call, action: str) -> Answer:
    record = call.load(KIND, call.path["modelGroupId"], to_change=True)
    stored = call.transaction.save(record.with_state(LIFECYCLE.begin(record, action).target))
    return shown(stored, body=to_json(stored))


def _change_compartment(call: Call) -> Answer:
    record = call.load(KIND, call.path["modelGroupId"], to_change=True)
    stored = call.transaction.save(compartment.move(call, record))
    return Answer(status=204, headers={"etag": stored.etag}, resource=stored.id)


def _delete(call: Call) -> Answer:
    record = call.load(KIND, call.path["modelGroupId"], to_change=True)
    transition = LIFECYCLE.begin(record, "delete")
    if using := users(call.snapshot, record.id):
        raise IncorrectState(
            f"model group {record.id} is used by {len(using)} model deployments; delete them first: {', '.join(using)}"
        )
    deleted = call.transaction.save(record.with_state(transition.target))
    request = work_request.at_once(call.transaction, DATA_SCIENCE, "MODEL_GROUP_DELETE", deleted, _ENTITY, "DELETED")
    return Answer(
        status=202,
        headers={"opc-work-request-id": request.id},
        resource=record.id,
        discard=(call.folder.artifacts / record.id,),
    )


def to_json(record: Record) -> Json:
    """`ModelGroup`."""
    return {
        **to_summary_json(record),
        "description": record.document.get("description"),
        "memberModelEntries": record.document["memberModelEntries"],
        "createType": record.document["createType"],
        "sourceModelGroupId": record.document["sourceModelGroupId"],
    }


def to_summary_json(record: Record) -> Json:
    """`ModelGroupSummary`."""
    return {
        **shared_json(record),
        "projectId": record.parent,
        "createdBy": record.document["createdBy"],
        "timeUpdated": rfc3339(record.time_updated),
        "lifecycleDetails": None,
        "versionLabel": record.document.get("versionLabel"),
        "modelGroupDetails": record.document["modelGroupDetails"],
        "systemTags": {},
    }


ROUTES = (
    Route(DATA_SCIENCE, "create_model_group", _create, "CreateBaseModelGroupDetails"),
    Route(DATA_SCIENCE, "get_model_group", _get),
    Route(DATA_SCIENCE, "list_model_groups", _list),
    Route(DATA_SCIENCE, "list_model_group_models", _list_models),
    Route(DATA_SCIENCE, "update_model_group", _update, "UpdateModelGroupDetails"),
    Route(DATA_SCIENCE, "activate_model_group", _activate),
    Route(DATA_SCIENCE, "deactivate_model_group", _deactivate),
    Route(DATA_SCIENCE, "change_model_group_compartment", _change_compartment, "ChangeModelGroupCompartmentDetails"),
    Route(DATA_SCIENCE, "delete_model_group", _delete),
)
