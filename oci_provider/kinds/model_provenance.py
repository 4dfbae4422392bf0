"""oci:DataScience/modelProvenance:ModelProvenance: where a model comes from (OCI.md 3.6).

It is a part of its model: its id is `models/<model>/provenance`, and it is deleted without a call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from oci_provider.errors import OciProviderError
from oci_provider.operation import Operation
from oci_provider.resource import Kind
from oci_provider.rest import DATA_SCIENCE, Answer
from oci_provider.schema import Sent, fields, optional_computed, required

_ID = re.compile(r"models/(?P<model>[^/]+)/provenance")


class ModelProvenance(Kind):
    """The provenance of one model; another model asks for a new one."""

    pulumi_type = "oci:DataScience/modelProvenance:ModelProvenance"
    noun = "model provenance"
    schema = fields(
        required("model_id", force_new=True, sent=Sent.NEVER, kept=True),
        optional_computed("git_branch"),
        optional_computed("git_commit"),
        optional_computed("repository_url"),
        optional_computed("script_dir"),
        optional_computed("training_id"),
        optional_computed("training_script"),
    )
    service = DATA_SCIENCE
    collection = "/models/{modelId}/provenance"

    def locate(self, resource_id: str, properties: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Read the model out of the id."""
        if (match := _ID.fullmatch(resource_id)) is None:
            raise OciProviderError(
                f"a model provenance is called 'models/<model ocid>/provenance', found {resource_id!r}"
            )
        return resource_id, {**properties, "modelId": match["model"]}

    def path(self, resource_id: str, properties: Mapping[str, Any]) -> str:  # noqa: ARG002 - the id says it
        """It has no id in its path besides the model's."""
        return f"/{resource_id}"

    def created_id(self, operation: Operation, answer: Answer) -> str:  # noqa: ARG002 - the model says it
        """Its id says which model it belongs to."""
        return f"models/{operation.inputs['modelId']}/provenance"

    def update(self, operation: Operation, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """PUT."""
        answer = self.put(operation, olds, news)
        return self.outputs(operation, answer.body or self.get(operation), news)

    def delete(self, operation: Operation, olds: dict[str, Any]) -> None:
        """Nothing is sent: the service has no such operation, provenance goes with its model."""
