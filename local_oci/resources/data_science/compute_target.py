"""Compute targets, which SINGLE_MODEL_FLEX deployments name.

Not emulated: the cluster behind one; it is kept as declared, and its deployments run on this machine as all do.
State: ACTIVE from the first moment, DELETED as a tombstone that GET still answers with 200.
"""

from __future__ import annotations

from dataclasses import replace

from local_oci import listing
from local_oci.call import Answer, Call, Route, shown
from local_oci.errors import IncorrectState, InvalidParameter
from local_oci.lifecycle import Lifecycle, Transition
from local_oci.listing import Listing
from local_oci.resources import compartment, work_request
from local_oci.resources.data_science import model_deployment_shape
from local_oci.resources.fields import common_problems, default_name, given, made, refuse, shared_json, without
from local_oci.resources.work_request import DATA_SCIENCE
from local_oci.store import Json, Record, Snapshot
from local_oci.supervised import live

KIND = "compute_target"
LIFECYCLE = Lifecycle(
    KIND,
    {
        "update": Transition(("ACTIVE", "NEEDS_ATTENTION"), "UPDATING", "ACTIVE"),
        "delete": Transition(("ACTIVE", "FAILED", "NEEDS_ATTENTION"), "DELETING", "DELETED"),
    },
)
_ENTITY = "compute-target"
_COMPUTE = "computeConfigurationDetails"
_OWN_FIELDS = ("description", "metadata")
_FIELDS = (*_OWN_FIELDS, "freeformTags", "definedTags")


def require_active(record: Record) -> None:
    """400 for one that takes no deployments now."""
    if record.state != "ACTIVE":
        raise InvalidParameter(f"computeTargetId: compute target {record.id} must be ACTIVE, found {record.state}")


def users(snapshot: Snapshot, target_id: str) -> list[str]:
    """The live deployments that name a target."""
    part = "infrastructureConfigurationDetails"
    configured = [(found.id, found.document["modelDeploymentConfigurationDetails"]) for found in live(snapshot)]
    return [one for one, configuration in configured if configuration.get(part, {}).get("computeTargetId") == target_id]


def _create(call: Call) -> Answer:
    refuse(common_problems(call.body))
    record = call.transaction.insert(
        made(
            call,
            KIND,
            "datasciencecomputetarget",
            compartment_id=compartment.require(call, call.body["compartmentId"]),
            display_name=call.body.get("displayName") or default_name("computetarget", call.now),
            document=given(call.body, *_OWN_FIELDS, _COMPUTE),
        )
    )
    request = work_request.at_once(call.transaction, DATA_SCIENCE, "COMPUTE_TARGET_CREATE", record, _ENTITY, "CREATED")
    answer = shown(record, body=to_json(record))
    return replace(answer, headers={**answer.headers, "opc-work-request-id": request.id})


def _get(call: Call) -> Answer:
    record = call.load(KIND, call.path["computeTargetId"])
    return shown(record, body=to_json(record))


def _list(call: Call) -> Answer:
    compartment.require(call, listing.compartment(call))
    return listing.answer(call, Listing(KIND, to_summary_json))


def _list_shapes(call: Call) -> Answer:
    compartment.require(call, listing.compartment(call))
    shapes = [model_deployment_shape.to_json(shape) for shape in model_deployment_shape.SHAPES.values()]
    return listing.sliced(call, shapes, "compute_target_shape")


def _update(call: Call) -> Answer:
    record = call.load(KIND, call.path["computeTargetId"], to_change=True)
    LIFECYCLE.begin(record, "update")
    refuse(common_problems(call.body))
    renamed = replace(record, display_name=call.body.get("displayName") or record.display_name)
    compute = {**record.document[_COMPUTE], **call.body.get(_COMPUTE, {})}
    stored = call.transaction.save(renamed.with_document(**given(call.body, *_FIELDS), **{_COMPUTE: compute}))
    request = work_request.at_once(call.transaction, DATA_SCIENCE, "COMPUTE_TARGET_UPDATE", stored, _ENTITY, "UPDATED")
    return Answer(status=202, headers={"opc-work-request-id": request.id, "etag": stored.etag}, resource=stored.id)


def _change_compartment(call: Call) -> Answer:
    record = call.load(KIND, call.path["computeTargetId"], to_change=True)
    stored = call.transaction.save(compartment.move(call, record))
    return Answer(status=204, headers={"etag": stored.etag}, resource=stored.id)


def _delete(call: Call) -> Answer:
    record = call.load(KIND, call.path["computeTargetId"], to_change=True)
    transition = LIFECYCLE.begin(record, "delete")
    if using := users(call.snapshot, record.id):
        raise IncorrectState(
            f"compute target {record.id} is used by {len(using)} model deployments; delete them first: "
            f"{', '.join(using)}"
        )
    deleted = call.transaction.save(record.with_state(transition.target))
    request = work_request.at_once(call.transaction, DATA_SCIENCE, "COMPUTE_TARGET_DELETE", deleted, _ENTITY, "DELETED")
    return Answer(status=202, headers={"opc-work-request-id": request.id}, resource=record.id)


def to_json(record: Record) -> Json:
    """`ComputeTarget`."""
    return {
        **shared_json(record),
        "createdBy": record.document["createdBy"],
        **{name: record.document.get(name) for name in (*_OWN_FIELDS, _COMPUTE)},
        "computeTargetSystemData": None,
        "lifecycleDetails": None,
    }


def to_summary_json(record: Record) -> Json:
    """`ComputeTargetSummary`."""
    return without(to_json(record), *_OWN_FIELDS, _COMPUTE, "computeTargetSystemData", "lifecycleDetails")


ROUTES = (
    Route(DATA_SCIENCE, "create_compute_target", _create, "CreateComputeTargetDetails"),
    Route(DATA_SCIENCE, "get_compute_target", _get),
    Route(DATA_SCIENCE, "list_compute_targets", _list),
    Route(DATA_SCIENCE, "list_compute_target_shapes", _list_shapes),
    Route(DATA_SCIENCE, "update_compute_target", _update, "UpdateComputeTargetDetails"),
    Route(
        DATA_SCIENCE, "change_compute_target_compartment", _change_compartment, "ChangeComputeTargetCompartmentDetails"
    ),
    Route(DATA_SCIENCE, "delete_compute_target", _delete),
)
