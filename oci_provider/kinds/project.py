"""oci:DataScience/project:Project: a Data Science project (OCI.md 3.3)."""

from __future__ import annotations

from typing import Any

from oci_provider.operation import Operation
from oci_provider.resource import Kind
from oci_provider.rest import DATA_SCIENCE
from oci_provider.schema import Sent, Type, computed, fields, optional_computed, required


class Project(Kind):
    """A project; nothing of it asks for a new one."""

    pulumi_type = "oci:DataScience/project:Project"
    noun = "project"
    schema = fields(
        required("compartment_id", sent=Sent.CREATE),
        optional_computed("defined_tags", Type.DEFINED_TAGS),
        optional_computed("description"),
        optional_computed("display_name"),
        optional_computed("freeform_tags", Type.MAP),
        computed("created_by"),
        computed("state", json="lifecycleState"),
        computed("system_tags", Type.DEFINED_TAGS),
        computed("time_created", Type.TIME),
    )
    service = DATA_SCIENCE
    collection = "/projects"

    def update(self, operation: Operation, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Move it if its compartment changed, then PUT."""
        self.move(operation, olds, news)
        answer = self.put(operation, olds, news)
        return self.outputs(operation, answer.body or self.get(operation), news)
