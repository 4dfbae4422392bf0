"""The model catalog's entries. The artifact is in `model_artifact`, the provenance in `model_provenance`.

Metadata artifacts are in `model_metadatum_artifact`, version sets in `model_version_set`.
Not emulated: archiving, backup (the settings are kept as declared, nothing is done), models by reference.
State: ACTIVE from the first moment, INACTIVE, DELETED as a tombstone that GET still answers with 200.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from local_oci import listing
from local_oci.call import Answer, Call, Route, shown
from local_oci.errors import IncorrectState
from local_oci.lifecycle import Lifecycle, Transition
from local_oci.listing import Listing
from local_oci.resources import compartment
from local_oci.resources.data_science import model_version_set, project
from local_oci.resources.fields import common_problems, default_name, given, made, refuse, shared_json
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
_METADATA = ("customMetadataList", "definedMetadataList")
_OWN_FIELDS = ("description", *_METADATA, "retentionSetting", "backupSetting")
_FIELDS = (*_OWN_FIELDS, "freeformTags", "definedTags")
_VERSION_FIELDS = ("modelVersionSetId", "modelVersionSetName", "versionId", "versionLabel")
_SCHEMAS = ("inputSchema", "outputSchema")
_LARGEST_METADATA_BYTES, _LARGEST_VALUE_BYTES = 32_000, 16_000  # oracle-ads holds to the same (OCI.md 2.1)


def problems(body: Json) -> Iterator[str]:
    """All that breaks a bound beyond types."""
    yield from common_problems(body)
    for name in _METADATA:
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
    """The live model groups with a model, and the live deployments that serve it, or are about to."""
    groups = [
        group.id
        for group in snapshot.of_kind("model_group")
        if group.state != "DELETED"
        and any(entry["modelId"] == model_id for entry in group.document["memberModelEntries"]["memberModelDetails"])
    ]
    return [*groups, *(found.id for found in live(snapshot) if model_id in found.private["models"])]


def _membership(call: Call, record: Record | None) -> Json:
    """What the body says of the model's version set: each model that joins one gets the set's next number."""
    label = given(call.body, "versionLabel")
    set_id = call.body.get("modelVersionSetId")
    if set_id is None or (record is not None and record.document.get("modelVersionSetId") == set_id):
        return label
    joined, version = model_version_set.join(call, set_id)
    names = {"modelVersionSetId": joined.id, "modelVersionSetName": joined.display_name}
    return {**names, "versionId": version, **label}


def _create(call: Call) -> Answer:
    refuse(problems(call.body))
    metadata = {name: _without_artifacts(call.body[name]) for name in _METADATA if name in call.body}
    record = call.transaction.insert(
        made(
            call,
            KIND,
            "datasciencemodel",
            compartment_id=compartment.require(call, call.body["compartmentId"]),
            parent=call.load_live(project.KIND, call.body["projectId"]).id,
            display_name=call.body.get("displayName") or default_name("datasciencemodel", call.now),
            document={
                "category": "USER",
                **given(call.body, *_OWN_FIELDS, *_SCHEMAS),
                **metadata,
                **_membership(call, None),
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
    renamed = replace(record, display_name=call.body.get("displayName") or record.display_name)
    fields = {**given(call.body, *_FIELDS), **_membership(call, record)}
    for name in _METADATA:
        if name in fields:
            fields[name] = _with_artifacts(fields[name], record.document.get(name, []))
    stored = call.transaction.save(renamed.with_document(**fields))
    return shown(stored, body=to_json(stored))


def _without_artifacts(wanted: list[Json]) -> list[Json]:
    """A new model's metadata have no artifacts yet, whatever the body says."""
    return [{**entry, "hasArtifact": False} if "hasArtifact" in entry else entry for entry in wanted]


def _with_artifacts(wanted: list[Json], present: list[Json]) -> list[Json]:
    """Whether an entry has an artifact is not the body's to say: it stays what it is."""
    have = {entry.get("key") for entry in present if entry.get("hasArtifact")}
    return [{**entry, "hasArtifact": entry.get("key") in have} for entry in wanted]


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
    LIFECYCLE.begin(record, "delete")
    require_unused(call, record)
    delete(call, record)
    return Answer(status=204, resource=record.id, discard=(call.folder.artifacts / record.id,))


def require_unused(call: Call, record: Record) -> None:
    """Refuse with 409 what live deployments or model groups hold."""
    if using := users(call.snapshot, record.id):
        raise IncorrectState(
            f"model {record.id} is used by {len(using)} model deployments or groups; move them to another model or "
            f"delete them first: {', '.join(using)}"
        )


def delete(call: Call, record: Record) -> None:
    """Make a model a tombstone; the caller has its files discarded."""
    call.transaction.save(record.with_state(LIFECYCLE.actions["delete"].target))


def to_json(record: Record) -> Json:
    """`Model`."""
    return {
        **to_summary_json(record),
        "description": record.document.get("description"),
        "customMetadataList": record.document.get("customMetadataList", []),
        "definedMetadataList": record.document.get("definedMetadataList", []),
        "inputSchema": record.document.get("inputSchema"),
        "outputSchema": record.document.get("outputSchema"),
        "retentionSetting": record.document.get("retentionSetting"),
        "backupSetting": record.document.get("backupSetting"),
        "retentionOperationDetails": None,
        "backupOperationDetails": None,
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
        **{name: record.document.get(name) for name in _VERSION_FIELDS},
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
