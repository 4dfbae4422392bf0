"""Data Science private endpoints, which model deployments may name.

Not emulated: the network behind one; subnets and security groups are kept as declared, a deployment that names one
answers on loopback as all do, and `fqdn` is a name under `.invalid`, which resolves nowhere (Oracle's form of it is not
in the sources). Notebook sessions, the other users of private endpoints, are not emulated.
Where the sources do not say: names, tags and description change at once, security groups by way of UPDATING.
State: CREATING → ACTIVE | FAILED; UPDATING; DELETING → DELETED, a tombstone that GET still answers with 200.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from local_oci import listing
from local_oci.call import Answer, Call, Route, shown
from local_oci.clock import rfc3339
from local_oci.errors import IncorrectState, InvalidParameter
from local_oci.lifecycle import Lifecycle, Transition
from local_oci.listing import Listing
from local_oci.resources import compartment, work_request
from local_oci.resources.fields import common_problems, default_name, given, made, refuse, shared_json, without
from local_oci.resources.work_request import DATA_SCIENCE
from local_oci.store import Json, Record, Snapshot
from local_oci.supervised import live

KIND = "data_science_private_endpoint"
LIFECYCLE = Lifecycle(
    KIND,
    {
        "create": Transition((), "CREATING", "ACTIVE", "FAILED"),
        "update": Transition(("ACTIVE", "NEEDS_ATTENTION"), "UPDATING", "ACTIVE"),
        "move": Transition(("ACTIVE", "FAILED", "NEEDS_ATTENTION"), "", ""),
        "delete": Transition(("ACTIVE", "FAILED", "NEEDS_ATTENTION"), "DELETING", "DELETED"),
    },
)
_ENTITY = "datascience-private-endpoint"  # TF looks for "datascience" in it
_PARAMETER = "dataSciencePrivateEndpointId"
_RESOURCE_TYPE = "dataScienceResourceType"
_OWN_FIELDS = ("description", "nsgIds", "subnetId", _RESOURCE_TYPE)
_FIELDS = ("description", "nsgIds", "freeformTags", "definedTags")
_OCIDS = {"subnetId": "subnet", "nsgIds": "networksecuritygroup"}
_LABEL = re.compile(r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")  # RFC 1035, which a name in the DNS keeps to


def problems(body: Json) -> Iterator[str]:
    """What breaks a rule beyond types."""
    yield from common_problems(body)
    if "subDomain" in body and not _LABEL.fullmatch(body["subDomain"]):
        yield (
            f"subDomain: must be 1 to 63 letters, digits and hyphens that begin with a letter and end with no hyphen, "
            f"found {body['subDomain'][:80]!r}"
        )
    for name, ocid_type in _OCIDS.items():
        asked = body.get(name, [])
        for found in [asked] if isinstance(asked, str) else asked:
            if not found.startswith(f"ocid1.{ocid_type}."):
                yield f"{name}: must be an OCID that begins with ocid1.{ocid_type}., found {found[:80]!r}"


def named_by(configuration: Json) -> str | None:
    """The private endpoint that a part of a deployment's configuration names."""
    found = (configuration.get("instanceConfiguration") or {}).get("privateEndpointId")
    return None if found is None else str(found)


def require_usable(call: Call, endpoint_id: str, path: str) -> None:
    """Refuse what no model deployment can be reached through: 404, or 400 naming the field."""
    record = call.load_live(KIND, endpoint_id)
    if record.document[_RESOURCE_TYPE] != "MODEL_DEPLOYMENT":
        raise InvalidParameter(
            f"{path}: private endpoint {record.id} must be of dataScienceResourceType MODEL_DEPLOYMENT, found "
            f"{record.document[_RESOURCE_TYPE]}; create another"
        )
    if record.state != "ACTIVE":
        raise InvalidParameter(f"{path}: private endpoint {record.id} must be ACTIVE, found {record.state}")


def users(snapshot: Snapshot, endpoint_id: str) -> list[str]:
    """The live deployments that name a private endpoint."""
    configured = [(found.id, found.document["modelDeploymentConfigurationDetails"]) for found in live(snapshot)]
    return [
        deployment_id
        for deployment_id, configuration in configured
        if any(named_by(part) == endpoint_id for part in configuration.values() if isinstance(part, dict))
    ]


def _create(call: Call) -> Answer:
    refuse(problems(call.body))
    record = made(
        call,
        KIND,
        "datascienceprivateendpoint",
        compartment_id=compartment.require(call, call.body["compartmentId"]),
        state=LIFECYCLE.actions["create"].during,
        display_name=call.body.get("displayName") or default_name("datascienceprivateendpoint", call.now),
        document=given(call.body, *_OWN_FIELDS),
    )
    label = call.body.get("subDomain") or f"pe-{record.id.rpartition('.')[2][-12:]}"
    stored = call.transaction.insert(record.with_document(fqdn=f"{label.lower()}.datascience.invalid"))
    request = _open(call, "PRIVATE_ENDPOINT_CREATE", stored, "CREATED", "create")
    answer = shown(stored, body=to_json(stored))
    return replace(answer, headers={**answer.headers, "opc-work-request-id": request.id}, conduct=(request.id,))


def _open(call: Call, operation_type: str, record: Record, action_type: str, action: str) -> Record:
    """The conductor has the state move on to the action's target."""
    job = {"action": "settle", "target": LIFECYCLE.actions[action].target}
    return work_request.accept(call.transaction, DATA_SCIENCE, operation_type, record, _ENTITY, action_type, job)


def _get(call: Call) -> Answer:
    record = call.load(KIND, call.path[_PARAMETER])
    return shown(record, body=to_json(record))


def _list(call: Call) -> Answer:
    compartment.require(call, listing.compartment(call))
    return listing.answer(call, Listing(KIND, to_summary_json))


def _update(call: Call) -> Answer:
    record = call.load(KIND, call.path[_PARAMETER], to_change=True)
    transition = LIFECYCLE.begin(record, "update")
    refuse(problems(call.body))
    renamed = replace(record, display_name=call.body.get("displayName") or record.display_name)
    changed = renamed.with_document(**given(call.body, *_FIELDS))
    operation_type = "PRIVATE_ENDPOINT_UPDATE"
    if changed.document.get("nsgIds") == record.document.get("nsgIds"):
        stored = call.transaction.save(changed)
        request = work_request.at_once(call.transaction, DATA_SCIENCE, operation_type, stored, _ENTITY, "UPDATED")
        conduct: tuple[str, ...] = ()
    else:
        stored = call.transaction.save(replace(changed, state=transition.during))
        request = _open(call, operation_type, stored, "UPDATED", "update")
        conduct = (request.id,)
    answer = shown(stored, body=to_json(stored))
    return replace(answer, headers={**answer.headers, "opc-work-request-id": request.id}, conduct=conduct)


def _change_compartment(call: Call) -> Answer:
    record = call.load(KIND, call.path[_PARAMETER], to_change=True)
    LIFECYCLE.begin(record, "move")
    stored = call.transaction.save(compartment.move(call, record))
    request = work_request.at_once(call.transaction, DATA_SCIENCE, "PRIVATE_ENDPOINT_MOVE", stored, _ENTITY, "UPDATED")
    return Answer(status=202, headers={"opc-work-request-id": request.id, "etag": stored.etag}, resource=stored.id)


def _delete(call: Call) -> Answer:
    record = call.load(KIND, call.path[_PARAMETER], to_change=True)
    transition = LIFECYCLE.begin(record, "delete")
    if using := users(call.snapshot, record.id):
        raise IncorrectState(
            f"private endpoint {record.id} is used by {len(using)} model deployments; delete them first: "
            f"{', '.join(using)}"
        )
    stored = call.transaction.save(record.with_state(transition.during))
    request = _open(call, "PRIVATE_ENDPOINT_DELETE", stored, "DELETED", "delete")
    headers = {"opc-work-request-id": request.id, "etag": stored.etag}
    return Answer(status=202, headers=headers, resource=record.id, conduct=(request.id,))


def to_json(record: Record) -> Json:
    """`DataSciencePrivateEndpoint`."""
    return {
        **shared_json(record),
        "createdBy": record.document["createdBy"],
        "timeUpdated": rfc3339(record.time_updated),
        **{name: record.document.get(name) for name in _OWN_FIELDS},
        "nsgIds": record.document.get("nsgIds", []),
        "fqdn": record.document["fqdn"],
        "lifecycleDetails": record.document.get("lifecycleDetails"),
        "systemTags": {},
    }


def to_summary_json(record: Record) -> Json:
    """`DataSciencePrivateEndpointSummary`, whose lifecycleDetails is required."""
    return {
        **without(to_json(record), "description"),
        "lifecycleDetails": record.document.get("lifecycleDetails") or "",
    }


ROUTES = (
    Route(
        DATA_SCIENCE,
        "create_data_science_private_endpoint",
        _create,
        "CreateDataSciencePrivateEndpointDetails",
    ),
    Route(DATA_SCIENCE, "get_data_science_private_endpoint", _get),
    Route(DATA_SCIENCE, "list_data_science_private_endpoints", _list),
    Route(
        DATA_SCIENCE,
        "update_data_science_private_endpoint",
        _update,
        "UpdateDataSciencePrivateEndpointDetails",
    ),
    Route(
        DATA_SCIENCE,
        "change_data_science_private_endpoint_compartment",
        _change_compartment,
        "ChangeDataSciencePrivateEndpointCompartmentDetails",
    ),
    Route(DATA_SCIENCE, "delete_data_science_private_endpoint", _delete),
)
