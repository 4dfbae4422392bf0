"""Where a model comes from: one record per model, without a state of its own.

Not emulated: nothing. A second POST replaces the first: the official plugin deletes a provenance without a call, so a
recreated one meets the old.
"""

from __future__ import annotations

from local_oci.call import Answer, Call, Route, not_found, shown
from local_oci.resources.data_science import model
from local_oci.resources.fields import given
from local_oci.resources.work_request import DATA_SCIENCE
from local_oci.store import Json, Record

KIND = "model_provenance"
_FIELDS = ("repositoryUrl", "gitBranch", "gitCommit", "scriptDir", "trainingScript", "trainingId")


def _create(call: Call) -> Answer:
    owner = call.load_live(model.KIND, call.path["modelId"])
    document = given(call.body, *_FIELDS)
    existing = call.snapshot.get(_id(owner))
    if existing is not None:
        stored = call.transaction.save(existing.with_document(**{**dict.fromkeys(_FIELDS), **document}))
    else:
        stored = call.transaction.insert(
            Record(
                id=_id(owner),
                kind=KIND,
                compartment=owner.compartment,
                parent=owner.id,
                state="ACTIVE",
                display_name="",
                time_created=call.now,
                time_updated=call.now,
                document=document,
            )
        )
    return shown(stored, body=to_json(stored))


def _get(call: Call) -> Answer:
    record = _load(call)
    return shown(record, body=to_json(record))


def _update(call: Call) -> Answer:
    record = _load(call)
    call.check_etag(record)
    stored = call.transaction.save(record.with_document(**given(call.body, *_FIELDS)))
    return shown(stored, body=to_json(stored))


def _load(call: Call) -> Record:
    owner = call.load_live(model.KIND, call.path["modelId"])
    record = call.snapshot.get(_id(owner))
    if record is None:
        raise not_found("provenance of model", owner.id)
    return record


def _id(owner: Record) -> str:
    return f"{owner.id}/provenance"


def to_json(record: Record) -> Json:
    """`ModelProvenance`."""
    return {name: record.document.get(name) for name in _FIELDS}


ROUTES = (
    Route(DATA_SCIENCE, "create_model_provenance", _create, "CreateModelProvenanceDetails"),
    Route(DATA_SCIENCE, "get_model_provenance", _get),
    Route(DATA_SCIENCE, "update_model_provenance", _update, "UpdateModelProvenanceDetails"),
)
