"""oci:DataScience/modelArtifactExport:ModelArtifactExport: a bucket's object becomes a model's artifact (OCI.md 3.6).

It is an action and not a thing: its id is the request's, nothing can be read of it, and its deletion does nothing.
Terraform's provider leaves a model that has an artifact already as it is (409); so does this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from oci_provider import work_request
from oci_provider.creation import begin
from oci_provider.errors import WorkRequestFailedError
from oci_provider.operation import Operation
from oci_provider.payload import create_body
from oci_provider.resource import Kind
from oci_provider.rest import DATA_SCIENCE, Answer
from oci_provider.schema import Field, Sent, fields, required

_SOURCES = ("ORACLE_OBJECT_STORAGE",)


def arguments(*names: str) -> tuple[Field, ...]:
    """The arguments of a transfer: nothing tells them but the program, and each asks for another transfer."""
    return (
        required("model_id", force_new=True, sent=Sent.NEVER, kept=True),
        required("artifact_source_type", force_new=True, ignores_case=True, kept=True, choices=_SOURCES),
        required("namespace", force_new=True, kept=True),
        *(required(name, force_new=True, kept=True) for name in names),
    )


class ModelArtifactExport(Kind):
    """One transfer from a bucket into the catalog (the word is the bucket's)."""

    pulumi_type = "oci:DataScience/modelArtifactExport:ModelArtifactExport"
    noun = "export of a model's artifact"
    schema = fields(*arguments("source_bucket", "source_object_name", "source_region"))
    service = DATA_SCIENCE
    collection = "/models/{modelId}/actions/exportArtifact"
    accepted: ClassVar[tuple[int, ...]] = (409,)
    details: ClassVar[str] = "artifactExportDetails"

    def body(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the details under their name; the type of the source is written in capitals."""
        told = create_body(self.schema, inputs)
        return {self.details: {**told, "artifactSourceType": told["artifactSourceType"].upper()}}

    def created_id(self, operation: Operation, answer: Answer) -> str:  # noqa: ARG002 - the answer has it all
        """Return the request's id."""
        return answer.headers["opc-request-id"]

    def look(self, operation: Operation, properties: Mapping[str, Any]) -> dict[str, Any] | None:  # noqa: ARG002 - nothing to ask
        """Say that it is there: no operation reads one."""
        return {}

    def create(self, operation: Operation) -> dict[str, Any]:
        """Send it and follow it; one that failed leaves nothing that could be mended."""
        begin(self, operation)
        try:
            return self.finish(operation, operation.inputs)
        except WorkRequestFailedError:
            operation.intents.forget(operation.urn)
            raise

    def finish(self, operation: Operation, inputs: dict[str, Any]) -> dict[str, Any]:
        """Follow the work request, unless the model had an artifact already."""
        if operation.begun_by is not None and operation.begun_by.status not in self.accepted:
            work_request.follow(operation, self.service, operation.begun_by)
        return self.outputs(operation, {}, inputs)

    def update(self, operation: Operation, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Nothing of it can change in place."""
        return self.outputs(operation, {}, {**olds, **news})

    def delete(self, operation: Operation, olds: dict[str, Any]) -> None:
        """Nothing is sent: the artifact goes with its model."""
