"""Model deployments: a catalog entry's artifact, served by real processes behind `modelDeploymentUrl`.

Not emulated: containers and signed artifacts (refused); automatic scaling (the initial number of instances runs);
what a compute target is made of; networks, capacity reservations and what a shape allows (kept as declared, without
effect).
Where the sources do not say: an update to a model that does not load leaves the deployment ACTIVE with what it served;
one that is FAILED takes a PUT, which loads anew; the address stays the same until the deployment is deleted.
State: CREATING → ACTIVE | FAILED; UPDATING while the conductor works; INACTIVE; DELETING → DELETED, a tombstone.
"""

from __future__ import annotations

from dataclasses import replace

from local_oci import listing, ports
from local_oci.call import Answer, Call, Route, shown
from local_oci.errors import NotEmulated
from local_oci.lifecycle import Lifecycle, Transition
from local_oci.listing import Listing
from local_oci.resources import compartment, work_request
from local_oci.resources.data_science import project
from local_oci.resources.data_science.model_deployment_checks import CONFIGURATION, create_problems, not_emulated
from local_oci.resources.data_science.model_deployment_plan import (
    Settings,
    changed_groups,
    created,
    require_one_group,
    updated,
)
from local_oci.resources.data_science.model_deployment_references import (
    require_logs,
    require_private_endpoint,
    require_source,
)
from local_oci.resources.fields import common_problems, default_name, given, made, refuse, shared_json, without
from local_oci.resources.work_request import DATA_SCIENCE
from local_oci.store import Json, Record
from local_oci.supervised import KIND, live

LIFECYCLE = Lifecycle(
    KIND,
    {
        "create": Transition((), "CREATING", "ACTIVE", "FAILED"),
        "update": Transition(("ACTIVE", "INACTIVE", "FAILED", "NEEDS_ATTENTION"), "UPDATING", "ACTIVE"),
        "activate": Transition(("INACTIVE",), "UPDATING", "ACTIVE", "FAILED"),
        "deactivate": Transition(("ACTIVE", "NEEDS_ATTENTION"), "UPDATING", "INACTIVE"),
        "move": Transition(("ACTIVE", "INACTIVE", "FAILED", "NEEDS_ATTENTION"), "", ""),
        "delete": Transition(("ACTIVE", "INACTIVE", "FAILED", "NEEDS_ATTENTION"), "DELETING", "DELETED"),
    },
)
_FIELDS = ("description", "freeformTags", "definedTags")
_ENTITY = "model-deployment"
_INFRASTRUCTURES = {"SINGLE_MODEL_FLEX": "MANAGED_COMPUTE_CLUSTER"}
_RUNNING = ("ACTIVE", "UPDATING", "NEEDS_ATTENTION")


def _refuse_not_emulated(configuration: Json) -> None:
    if found := list(not_emulated(configuration)):
        raise NotEmulated("; ".join(found))


def _create(call: Call) -> Answer:
    _refuse_not_emulated(call.body[CONFIGURATION])
    refuse(create_problems(call.body))
    settings = created(call.body)
    compartment_id = compartment.require(call, call.body["compartmentId"])
    parent = call.load_live(project.KIND, call.body["projectId"])
    require_source(call, settings)
    require_private_endpoint(call, settings)
    require_logs(call, settings)
    record = call.transaction.insert(
        made(
            call,
            KIND,
            "datasciencemodeldeployment",
            compartment_id=compartment_id,
            parent=parent.id,
            state=LIFECYCLE.actions["create"].during,
            display_name=call.body.get("displayName") or default_name("modeldeployment", call.now),
            document={**given(call.body, "description"), **settings.to_json()},
            private={
                "port": ports.choose(_taken_ports(call)),
                "generation": 1,
                "models": [settings.source_id],
            },
        )
    )
    request = _open(call, "MODEL_DEPLOYMENT_CREATE", record, "CREATED", {"action": "create"})
    answer = shown(record, body=to_json(record))
    return replace(answer, headers={**answer.headers, "opc-work-request-id": request.id}, conduct=(request.id,))


def _taken_ports(call: Call) -> set[int]:
    return {found.private["port"] for found in live(call.snapshot)}


def _get(call: Call) -> Answer:
    record = call.load(KIND, call.path["modelDeploymentId"])
    return shown(record, body=to_json(record))


def _list(call: Call) -> Answer:
    compartment.require(call, listing.compartment(call))
    return listing.answer(call, Listing(KIND, to_summary_json, columns={"projectId": "parent"}))


def _update(call: Call) -> Answer:
    record = call.load(KIND, call.path["modelDeploymentId"], to_change=True)
    transition = LIFECYCLE.begin(record, "update")
    refuse(common_problems(call.body))
    _refuse_not_emulated(call.body.get(CONFIGURATION, {}))
    present = Settings.from_json(record.document)
    wanted = updated(present, call.body)
    changed = changed_groups(present, wanted)
    if record.state in ("ACTIVE", "NEEDS_ATTENTION"):
        require_one_group(changed)
    if record.state == "FAILED" or present.source_id != wanted.source_id:
        require_source(call, wanted)
    if present.infrastructure != wanted.infrastructure:
        require_private_endpoint(call, wanted)
    if present.logs != wanted.logs:
        require_logs(call, wanted)
    renamed = replace(record, display_name=call.body.get("displayName") or record.display_name)
    renamed = renamed.with_document(**given(call.body, *_FIELDS))
    if record.state == "INACTIVE" or (record.state != "FAILED" and not _moves_processes(record, present, wanted)):
        settled = renamed.with_document(**wanted.to_json()).with_private(models=[wanted.source_id])
        return _settled(call, settled)
    moving = replace(renamed, state=transition.during).with_private(
        generation=record.private["generation"] + 1,
        models=sorted({present.source_id, wanted.source_id}),
    )
    job = {"action": "update", "from": record.state, "wanted": wanted.to_json()}
    return _accepted(call, "MODEL_DEPLOYMENT_UPDATE", call.transaction.save(moving), "UPDATED", job)


def _moves_processes(record: Record, present: Settings, wanted: Settings) -> bool:
    """Whether what runs has to follow; the bandwidth is its affair where it enforces one."""
    is_enforced = (record.private.get("spec") or {}).get("bandwidth_mbps") is not None
    return bool(present.process(is_bandwidth_enforced=is_enforced) != wanted.process(is_bandwidth_enforced=is_enforced))


def _settled(call: Call, record: Record) -> Answer:
    """An update that no process has to follow is done at once."""
    stored = call.transaction.save(record)
    request = work_request.at_once(
        call.transaction, DATA_SCIENCE, "MODEL_DEPLOYMENT_UPDATE", stored, _ENTITY, "UPDATED"
    )
    return Answer(status=202, headers={"opc-work-request-id": request.id, "etag": stored.etag}, resource=stored.id)


def _activate(call: Call) -> Answer:
    record = call.load(KIND, call.path["modelDeploymentId"], to_change=True)
    transition = LIFECYCLE.begin(record, "activate")
    settings = Settings.from_json(record.document)
    require_source(call, settings)
    require_private_endpoint(call, settings)
    moving = record.with_state(transition.during).with_private(generation=record.private["generation"] + 1)
    stored = call.transaction.save(moving)
    return _accepted(call, "MODEL_DEPLOYMENT_ACTIVATE", stored, "UPDATED", {"action": "activate"})


def _deactivate(call: Call) -> Answer:
    return _begin(call, "deactivate", "MODEL_DEPLOYMENT_DEACTIVATE", "UPDATED")


def _delete(call: Call) -> Answer:
    return _begin(call, "delete", "MODEL_DEPLOYMENT_DELETE", "DELETED")


def _begin(call: Call, action: str, operation_type: str, action_type: str) -> Answer:
    record = call.load(KIND, call.path["modelDeploymentId"], to_change=True)
    stored = call.transaction.save(record.with_state(LIFECYCLE.begin(record, action).during))
    return _accepted(call, operation_type, stored, action_type, {"action": action})


def _change_compartment(call: Call) -> Answer:
    record = call.load(KIND, call.path["modelDeploymentId"], to_change=True)
    LIFECYCLE.begin(record, "move")
    stored = call.transaction.save(compartment.move(call, record))
    return Answer(status=204, headers={"etag": stored.etag}, resource=stored.id)


def _accepted(call: Call, operation_type: str, record: Record, action_type: str, job: Json) -> Answer:
    """202 without a body; the conductor does the work."""
    request = _open(call, operation_type, record, action_type, job)
    headers = {"opc-work-request-id": request.id, "etag": record.etag}
    return Answer(status=202, headers=headers, resource=record.id, conduct=(request.id,))


def _open(call: Call, operation_type: str, record: Record, action_type: str, job: Json) -> Record:
    return work_request.accept(call.transaction, DATA_SCIENCE, operation_type, record, _ENTITY, action_type, job)


def url(record: Record) -> str:
    """Where it answers; clients append `/predict`."""
    return f"http://127.0.0.1:{record.private['port']}/{record.id}"


def to_json(record: Record) -> Json:
    """`ModelDeployment`."""
    settings = Settings.from_json(record.document)
    return {
        **shared_json(record),
        "description": record.document.get("description"),
        "projectId": record.parent,
        "createdBy": record.document["createdBy"],
        CONFIGURATION: settings.configuration,
        "categoryLogDetails": settings.logs or None,
        "modelDeploymentUrl": url(record),
        "modelDeploymentSystemData": {
            "systemInfraType": _INFRASTRUCTURES.get(settings.deployment_type, "INSTANCE_POOL"),
            "modelType": "MANAGED_MODEL",
            "currentInstanceCount": settings.instances if record.state in _RUNNING else 0,
        },
        "lifecycleDetails": record.document.get("lifecycleDetails"),
    }


def to_summary_json(record: Record) -> Json:
    """`ModelDeploymentSummary`."""
    return without(to_json(record), "lifecycleDetails")


ROUTES = (
    Route(DATA_SCIENCE, "create_model_deployment", _create, "CreateModelDeploymentDetails"),
    Route(DATA_SCIENCE, "get_model_deployment", _get),
    Route(DATA_SCIENCE, "list_model_deployments", _list),
    Route(DATA_SCIENCE, "update_model_deployment", _update, "UpdateModelDeploymentDetails"),
    Route(DATA_SCIENCE, "activate_model_deployment", _activate),
    Route(DATA_SCIENCE, "deactivate_model_deployment", _deactivate),
    Route(
        DATA_SCIENCE,
        "change_model_deployment_compartment",
        _change_compartment,
        "ChangeModelDeploymentCompartmentDetails",
    ),
    Route(DATA_SCIENCE, "delete_model_deployment", _delete),
)
