"""Artifacts of a model's custom and defined metadata: bytes that belong to one entry of the lists, kept as they came.

State: in the model's record; `hasArtifact` of the entry says whether there is one. The bytes are in the model's folder.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from local_oci.call import Answer, Call, Route, not_found
from local_oci.errors import IncorrectState
from local_oci.resources.data_science import model
from local_oci.resources.data_science.model_artifact import described, disposition
from local_oci.resources.work_request import DATA_SCIENCE
from local_oci.store import Json, Record

_LISTS = {"custom": "customMetadataList", "defined": "definedMetadataList"}


def _load(call: Call, which: str, *, to_change: bool = False) -> Record:
    """The live model that has an entry of that key."""
    record = call.load(model.KIND, call.path["modelId"], to_change=to_change)
    key = call.path["metadatumKeyName"]
    if record.state == "DELETED" or all(entry["key"] != key for entry in record.document.get(_LISTS[which], [])):
        raise not_found(f"{which} metadatum of model {record.id}:", key)
    return record


def _present(call: Call, record: Record, which: str) -> Json | None:
    found: Json | None = record.private.get("metadatumArtifacts", {}).get(f"{which}/{call.path['metadatumKeyName']}")
    return found


def _require(call: Call, record: Record, which: str) -> Json:
    found = _present(call, record, which)
    if found is None:
        raise not_found(f"artifact of the {which} metadatum of model {record.id}:", call.path["metadatumKeyName"])
    return found


def _check(call: Call, record: Record, which: str, *, is_update: bool) -> None:
    """A create wants none there, an update one."""
    if is_update:
        _require(call, record, which)
    elif _present(call, record, which) is not None:
        key = call.path["metadatumKeyName"]
        raise IncorrectState(f"the {which} metadatum {key!r} of model {record.id} has an artifact already; update it")


def _folder_for(call: Call, which: str, *, is_update: bool) -> Path:
    record = _load(call, which, to_change=True)
    _check(call, record, which, is_update=is_update)
    return call.folder.artifacts / record.id


def _put(call: Call, which: str, *, is_update: bool) -> Answer:
    record = _load(call, which, to_change=True)
    _check(call, record, which, is_update=is_update)
    if call.upload is None:
        raise TypeError("a metadatum's artifact comes with an upload")
    before = _present(call, record, which)
    name = disposition(call.headers.get("content-disposition"), record.id)
    place = call.folder.artifacts / record.id / f"{call.upload.path.name.lstrip('.')}.metadatum"
    call.upload.path.replace(place)
    artifact = described(place.name, call.upload, name, call.now)
    stored = _save(call, record, which, artifact)
    discard = (call.folder.artifacts / record.id / before["file"],) if before else ()
    return Answer(status=204, headers={"etag": stored.etag}, resource=stored.id, discard=discard)


def _save(call: Call, record: Record, which: str, artifact: Json | None) -> Record:
    key, name = call.path["metadatumKeyName"], _LISTS[which]
    kept = {k: v for k, v in record.private.get("metadatumArtifacts", {}).items() if k != f"{which}/{key}"}
    if artifact is not None:
        kept[f"{which}/{key}"] = artifact
    entries = [
        {**entry, "hasArtifact": artifact is not None} if entry["key"] == key else entry
        for entry in record.document[name]
    ]
    return call.transaction.save(record.with_private(metadatumArtifacts=kept).with_document(**{name: entries}))


def _head(call: Call, which: str) -> Answer:
    record = _load(call, which)
    return Answer(headers=_headers(record, _require(call, record, which)))


def _get(call: Call, which: str) -> Answer:
    record = _load(call, which)
    artifact = _require(call, record, which)
    return Answer(headers=_headers(record, artifact), file=call.folder.artifacts / record.id / artifact["file"])


def _delete(call: Call, which: str) -> Answer:
    record = _load(call, which, to_change=True)
    artifact = _require(call, record, which)
    stored = _save(call, record, which, None)
    path = call.folder.artifacts / record.id / artifact["file"]
    return Answer(status=204, headers={"etag": stored.etag}, resource=stored.id, discard=(path,))


def _headers(record: Record, artifact: Json) -> dict[str, str]:
    return {
        "content-length": str(artifact["sizeBytes"]),
        "content-type": "application/octet-stream",
        "content-disposition": artifact["contentDisposition"],
        "content-md5": artifact["contentMd5"],
        "last-modified": artifact["lastModified"],
        "etag": record.etag,
    }


ROUTES = tuple(
    route
    for which in _LISTS
    for route in (
        Route(
            DATA_SCIENCE,
            f"create_model_{which}_metadatum_artifact",
            partial(_put, which=which, is_update=False),
            upload=partial(_folder_for, which=which, is_update=False),
        ),
        Route(
            DATA_SCIENCE,
            f"update_model_{which}_metadatum_artifact",
            partial(_put, which=which, is_update=True),
            upload=partial(_folder_for, which=which, is_update=True),
        ),
        Route(DATA_SCIENCE, f"head_model_{which}_metadatum_artifact", partial(_head, which=which)),
        Route(DATA_SCIENCE, f"get_model_{which}_metadatum_artifact_content", partial(_get, which=which)),
        Route(DATA_SCIENCE, f"delete_model_{which}_metadatum_artifact", partial(_delete, which=which)),
    )
)
