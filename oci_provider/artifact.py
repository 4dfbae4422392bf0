"""A model's artifact: the file on this side, the uploaded content on the other."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oci_provider.errors import ArtifactError
from oci_provider.operation import Operation
from oci_provider.rest import DATA_SCIENCE, refusal
from oci_provider.state import go_http_date

_NOT_FOUND, _CONFLICT = 404, 409


def problems(path: Path, content_length: str) -> list[tuple[str, str]]:
    """Return what is wrong with the declared artifact, as (property, sentence)."""
    if not path.is_file():
        what = "a folder" if path.is_dir() else "nothing"
        return [("modelArtifact", f"expected a zip file at {path} (seen from {Path.cwd()}), found {what}")]
    size_bytes = path.stat().st_size
    if content_length == str(size_bytes):
        return []
    return [("artifactContentLength", f"expected the size of {path}, {size_bytes}, found {content_length!r}")]


def upload(operation: Operation, inputs: Mapping[str, Any]) -> None:
    """Upload the declared artifact, unless these very bytes are there already.

    The file is checked again: the engine may have taken its time since Check. Raises ArtifactError.
    """
    path = Path(str(inputs["modelArtifact"]))
    if wrong := problems(path, str(inputs["artifactContentLength"])):
        raise ArtifactError("; ".join(f"{name}: {reason}" for name, reason in wrong))
    answer = operation.rest.upload(
        DATA_SCIENCE,
        f"/models/{operation.resource_id}/artifact",
        path,
        operation=operation,
        content_disposition=inputs.get("artifactContentDisposition"),
        accept=(_CONFLICT,),
    )
    # A model takes one artifact. Where an answer was lost, the upload that is refused now has been taken before.
    if answer.status == _CONFLICT and facts(operation, inputs)["artifactContentMd5"] != _md5_base64(path):
        raise refusal(answer)


def facts(operation: Operation, kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties that the uploaded artifact's headers tell; a model without one is an empty model."""
    path = f"/models/{operation.resource_id}/artifact/content"
    answer = operation.rest.call(DATA_SCIENCE, "HEAD", path, operation=operation, accept=(_NOT_FOUND,))
    if answer.status == _NOT_FOUND:
        return {"emptyModel": True, "artifactContentMd5": None, "artifactLastModified": None}
    told = answer.headers
    return {
        "emptyModel": False,
        "artifactContentMd5": told.get("content-md5"),
        "artifactLastModified": go_http_date(told["last-modified"]) if "last-modified" in told else None,
        "artifactContentLength": told.get("content-length", kept.get("artifactContentLength")),
        "artifactContentDisposition": told.get("content-disposition", kept.get("artifactContentDisposition")),
    }


def _md5_base64(path: Path) -> str:
    with path.open("rb") as file:
        return base64.b64encode(hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).digest()).decode()
