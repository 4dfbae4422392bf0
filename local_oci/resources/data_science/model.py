"""The model catalog's entries. The artifact is in `model_artifact`, the provenance in `model_provenance`.

Not emulated: model version sets, retention, backup, metadata artifacts, export and import through Object Storage,
models by reference; a field that asks for one is refused.
State: ACTIVE from the first moment, INACTIVE, DELETED as a tombstone that GET still answers with 200.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from local_oci import listing
from local_oci.call import Answer, Call, Route, shown
from local_oci.errors import IncorrectState, NotEmulated
from local_oci.lifecycle import Lifecycle, Transition
from local_oci.listing import Listing
from local_oci.ocid import mint
from local_oci.resources import compartment
from local_oci.resources.data_science import project
from local_oci.resources.fields import common_problems, default_name, given, refuse, shared_json
from local_oci.resources.work_request import DATA_SCIENCE
from local_oci.store import Json, Record, Snapshot
from local_oci.supervised import live

KIND = "model"
LIFECYCLE = Lifecycle(
    KIND,
    {
        "update": Transition(("ACTIVE", "INACTIVE"), "", ""),
        "activate": Transition(("INACTIVE",), "ACTIVE", "ACTIVE"),
        "deactivate": Transition(("ACTIVE",), "INACTIVE", "INACTIVE"),
        "delete": Transition(("ACTIVE", "INACTIVE", "FAILED"), "DELETED", "DELETED"),
    },
)
_FIELDS = ("description", "freeformTags", "definedTags", "customMetadataList", "definedMetadataList")
_SCHEMAS = ("inputSchema", "outputSchema")
_NOT_EMULATED = ("modelVersionSetId", "versionLabel", "retentionSetting", "backupSetting")
_LARGEST_METADATA_BYTES, _LARGEST_VALUE_BYTES = 32_000, 16_000  # oracle-ads holds to the same (OCI.md 2.1)


def problems(body: Json) -> Iterator[str]:
    """All that breaks a bound beyond types."""
    yield from common_problems(body)
    for name in ("customMetadataList", "definedMetadataList"):
        total = 0
        for index, entry in enumerate(body.get(name, [])):
            size = len(str(entry.get("value", "")).encode())
            total += size
            if size > _LARGEST_VALUE_BYTES:
                yield f"{name}[{index}].value: must have at most {_LARGEST_VALUE_BYTES} bytes, found {size}"
            if not entry.get("key"):
                yield f"{name}[{index}].key: is required, found none"
        if total > _LARGEST_METADATA_BYTES:
            yield f"{name}: its values must have at most {_LARGEST_METADATA_BYTES} bytes together, found {total}"


def users(snapshot: Snapshot, model_id: str) -> list[str]:
    """The live deployments that serve a model, or are about to."""
    return [found.id for found in live(snapshot) if model_id in found.private["models"]]


def _refuse_not_emulated(body: Json) -> None:
    if asked := [name for name in _NOT_EMULATED if name in body]:
        raise NotEmulated(f"{', '.join(asked)}: OCI has it, the local OCI does not emulate it; leave it out")


def _create(call: Call) -> Answer:
    refuse(problems(call.body))
    _refuse_not_emulated(call.body)
    record = call.transaction.insert(
        Record(
            id=mint("datasciencemodel"),
            kind=KIND,
            compartment=compartment.require(call, call.body["compartmentId"]),
            parent=call.load_live(project.KIND, call.body["projectId"]).id,
            state="ACTIVE",
            display_name=call.body.get("displayName") or default_name("datasciencemodel", call.now),
            time_created=call.now,
            time_updated=call.now,
            document={
                "createdBy": call.credentials.user_ocid,
                "category": "USER",
                **given(call.body, *_FIELDS, *_SCHEMAS),
            },
        )
    )
    return shown(record, body=to_json(record))


def _get(call: Call) -> Answer:
    record = call.load(KIND, call.path["modelId"])
    return shown(record, body=to_json(record))


def _list(call: Call) -> Answer:
    compartment.require(call, listing.compartment(call))
    return listing.answer(call, Listing(KIND, to_summary_json, columns={"projectId": "parent"}))


def _update(call: Call) -> Answer:
    record = call.load(KIND, call.path["modelId"], to_change=True)
    LIFECYCLE.begin(record, "update")
    refuse(problems(call.body))
    _refuse_not_emulated(call.body)
    renamed = replace(record, display_name=call.body.get("displayName") or record.display_name)
    stored = call.transaction.save(renamed.with_document(**given(call.body, *_FIELDS)))
    return shown(stored, body=to_json(stored))


def _change_compartment(call: Call) -> Answer:
    record = call.load(KIND, call.path["modelId"], to_change=True)
    stored = call.transaction.save(compartment.move(call, record))
    return Answer(status=204, headers={"etag": stored.etag}, resource=stored.id)


def _activate(call: Call) -> Answer:
    return _switch(call, "activate")


def _deactivate(call: Call) -> Answer:
    return _switch(call, "deactivate")


def _switch(call: Call, action: str) -> Answer:
    record = call.load(KIND, call.path["modelId"], to_change=True)
    stored = call.transaction.save(record.with_state(LIFECYCLE.begin(record, action).target))
    return shown(stored, body=to_json(stored))


def _delete(call: Call) -> Answer:
    record = call.load(KIND, call.path["modelId"], to_change=True)
    transition = LIFECYCLE.begin(record, "delete")
    if using := users(call.snapshot, record.id):
        raise IncorrectState(
            f"model {record.id} is used by {len(using)} model deployments; move them to another model or delete them "
            f"first: {', '.join(using)}"
        )
    call.transaction.save(record.with_state(transition.target))
    return Answer(status=204, resource=record.id, discard=(call.folder.artifacts / record.id,))


def to_json(record: Record) -> Json:
    """`Model`."""
    return {
        **to_summary_json(record),
        "description": record.document.get("description"),
        "customMetadataList": record.document.get("customMetadataList", []),
        "definedMetadataList": record.document.get("definedMetadataList", []),
        "inputSchema": record.document.get("inputSchema"),
        "outputSchema": record.document.get("outputSchema"),
    }


def to_summary_json(record: Record) -> Json:
    """`ModelSummary`."""
    return {
        **shared_json(record),
        "projectId": record.parent,
        "createdBy": record.document["createdBy"],
        "category": record.document["category"],
        "lifecycleDetails": None,
        "isModelByReference": False,
    }


ROUTES = (
    Route(DATA_SCIENCE, "create_model", _create, "CreateModelDetails"),
    Route(DATA_SCIENCE, "get_model", _get),
    Route(DATA_SCIENCE, "list_models", _list),
    Route(DATA_SCIENCE, "update_model", _update, "UpdateModelDetails"),
    Route(DATA_SCIENCE, "change_model_compartment", _change_compartment, "ChangeModelCompartmentDetails"),
    Route(DATA_SCIENCE, "activate_model", _activate),
    Route(DATA_SCIENCE, "deactivate_model", _deactivate),
    Route(DATA_SCIENCE, "delete_model", _delete),
)
