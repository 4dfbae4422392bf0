"""oci:DataScience/modelVersionSet:ModelVersionSet: a name under which models are numbered versions (OCI.md 3.6)."""

from __future__ import annotations

from typing import Any

from oci_provider.operation import Operation
from oci_provider.resource import Kind
from oci_provider.rest import DATA_SCIENCE
from oci_provider.schema import Sent, Type, computed, fields, optional_computed, required


class ModelVersionSet(Kind):
    """A version set; another name or project asks for a new one."""

    pulumi_type = "oci:DataScience/modelVersionSet:ModelVersionSet"
    noun = "model version set"
    schema = fields(
        required("compartment_id", sent=Sent.CREATE),
        required("name", force_new=True, sent=Sent.CREATE, autonamed=True),
        required("project_id", force_new=True, sent=Sent.CREATE),
        optional_computed("defined_tags", Type.DEFINED_TAGS),
        optional_computed("description"),
        optional_computed("freeform_tags", Type.MAP),
        computed("category", empty_is_text=True),
        computed("created_by"),
        computed("state", json="lifecycleState"),
        computed("system_tags", Type.DEFINED_TAGS),
        computed("time_created", Type.TIME),
        computed("time_updated", Type.TIME),
    )
    service = DATA_SCIENCE
    collection = "/modelVersionSets"
    deletion_has_work_request = True

    def update(self, operation: Operation, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Move it if its compartment changed, then PUT."""
        self.move(operation, olds, news)
        answer = self.put(operation, olds, news)
        return self.outputs(operation, answer.body or self.get(operation), news)
