"""The artifact of a model, or of a model group: the uploaded bytes, kept and given back as they came.

Artifacts over 2 GiB come and go through Object Storage (export, import: `artifact_transfer`). Not emulated: replacing
an artifact (what a client should do instead, make a new model, is what OCI's catalog is for; the sources do not say how
OCI refuses it: 409 here).
State: in the model's record: file name, size, MD5, disposition, time. HEAD goes on answering for a deleted model: a 404
would make the official plugin wait where it could see the tombstone (OCI.md 3.2); GET answers 404 then.
"""

from __future__ import annotations

import re
from pathlib import Path

from local_oci import warm_start
from local_oci.call import Answer, Call, Route, Upload, not_found
from local_oci.clock import rfc1123
from local_oci.errors import IncorrectState, InvalidParameter
from local_oci.resources import work_request
from local_oci.resources.data_science import model
from local_oci.resources.work_request import DATA_SCIENCE
from local_oci.store import Json, Record

LARGEST_BYTES = 2 * 1024**3  # above it OCI takes artifacts through Object Storage only (OCI.md 2.1)
MODEL_GROUP = "model_group"
_PLAIN_DISPOSITION = re.compile(r"[\x20-\x7e]{1,1024}")


def folder_for(call: Call) -> Path:
    """Where the bytes of an artifact go; refused before they are read where there is one."""
    return call.folder.artifacts / require_none(_load(call, to_change=True)).id


def require_none(record: Record) -> Record:
    """409 where there is an artifact already."""
    if "artifact" in record.private:
        words = record.kind.replace("_", " ")
        raise IncorrectState(
            f"{words} {record.id} has an artifact already; it cannot be replaced: create another {words}"
        )
    return record


def _load(call: Call, *, to_change: bool = False) -> Record:
    """The model or the model group that the path names."""
    kind, parameter = (MODEL_GROUP, "modelGroupId") if "modelGroupId" in call.path else (model.KIND, "modelId")
    return call.load(kind, call.path[parameter], to_change=to_change)


def disposition(header: str | None, model_id: str) -> str:
    """The Content-Disposition to give back: unquoted (oracle-ads takes the quotes for a part of the name)."""
    if header is None:
        return f"attachment; filename={model_id}.zip"
    if not _PLAIN_DISPOSITION.fullmatch(header):
        raise InvalidParameter("content-disposition: must be printable ASCII, such as attachment; filename=model.zip")
    return header.replace('"', "")


def file_of(record: Record, artifacts: Path) -> Path | None:
    """Where a model's bytes lie; None where it has none."""
    artifact = record.private.get("artifact")
    return artifacts / record.id / artifact["file"] if artifact else None


def described(file_name: str, upload: Upload, content_disposition: str, now: float) -> Json:
    """What the record keeps of an artifact."""
    return {
        "file": file_name,
        "sizeBytes": upload.size_bytes,
        "contentMd5": upload.md5_base64,
        "contentDisposition": content_disposition,
        "lastModified": rfc1123(now),
    }


def _create(call: Call) -> Answer:
    record = require_none(_load(call, to_change=True))
    if call.upload is None:
        raise TypeError("create_model_artifact is declared with an upload")
    name = disposition(call.headers.get("content-disposition"), record.id)
    place = call.folder.artifacts / record.id / f"{call.upload.path.name.lstrip('.')}.zip"
    call.upload.path.replace(place)
    artifact = described(place.name, call.upload, name, call.now)
    stored = call.transaction.save(record.with_private(artifact=artifact))
    warm_start.begin(call.folder.deployments)
    return Answer(status=204, headers={"etag": stored.etag}, resource=stored.id)


def _head(call: Call) -> Answer:
    return Answer(headers=_headers(_load(call)))


def _get(call: Call) -> Answer:
    record = _load(call)
    if record.state == "DELETED":
        raise not_found(record.kind, record.id)
    headers = _headers(record)
    return Answer(headers=headers, file=file_of(record, call.folder.artifacts))


def _export(call: Call) -> Answer:
    """The bucket's object becomes the artifact (the word is the bucket's)."""
    record = require_none(_load(call, to_change=True))
    return _transfer(call, record, "export", "EXPORT_MODEL_ARTIFACT", call.body["artifactExportDetails"])


def _import(call: Call) -> Answer:
    record = _load(call, to_change=True)
    if "artifact" not in record.private:
        raise not_found(f"artifact of {record.kind}", record.id)
    return _transfer(call, record, "import", "IMPORT_MODEL_ARTIFACT", call.body["artifactImportDetails"])


def _transfer(call: Call, record: Record, action: str, operation_type: str, details: Json) -> Answer:
    """202; the conductor copies. Terraform's provider looks for a `model-artifact` that was CREATED, both ways."""
    job = {"action": action, "details": details}
    request = work_request.accept(
        call.transaction, DATA_SCIENCE, operation_type, record, "model-artifact", "CREATED", job
    )
    headers = {"opc-work-request-id": request.id, "etag": record.etag}
    return Answer(status=202, headers=headers, resource=record.id, conduct=(request.id,))


def _headers(record: Record) -> dict[str, str]:
    artifact = record.private.get("artifact")
    if artifact is None:
        raise not_found(f"artifact of {record.kind}", record.id)
    return {
        "content-length": str(artifact["sizeBytes"]),
        "content-type": "application/octet-stream",
        "content-disposition": artifact["contentDisposition"],
        "content-md5": artifact["contentMd5"],
        "last-modified": artifact["lastModified"],
        "etag": record.etag,
    }


ROUTES = (
    Route(DATA_SCIENCE, "create_model_artifact", _create, upload=folder_for, largest_upload_bytes=LARGEST_BYTES),
    Route(DATA_SCIENCE, "head_model_artifact", _head),
    Route(DATA_SCIENCE, "get_model_artifact_content", _get),
    Route(DATA_SCIENCE, "export_model_artifact", _export, "ExportModelArtifactDetails"),
    Route(DATA_SCIENCE, "import_model_artifact", _import, "ImportModelArtifactDetails"),
    Route(DATA_SCIENCE, "create_model_group_artifact", _create, upload=folder_for, largest_upload_bytes=LARGEST_BYTES),
    Route(DATA_SCIENCE, "head_model_group_artifact", _head),
    Route(DATA_SCIENCE, "get_model_group_artifact_content", _get),
)
