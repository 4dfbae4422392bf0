"""oci:Identity/dynamicGroup:DynamicGroup: resources that policies speak of, by a rule (OCI.md 3.9)."""

from __future__ import annotations

from typing import Any

from oci_provider.operation import Operation
from oci_provider.resource import Kind
from oci_provider.rest import IDENTITY
from oci_provider.schema import Sent, Type, computed, fields, optional_computed, required


class DynamicGroup(Kind):
    """A dynamic group of the tenancy; another name or compartment asks for a new one."""

    pulumi_type = "oci:Identity/dynamicGroup:DynamicGroup"
    noun = "dynamic group"
    schema = fields(
        required("compartment_id", force_new=True, sent=Sent.CREATE),
        required("description"),
        required("matching_rule"),
        required("name", force_new=True, sent=Sent.CREATE, autonamed=True),
        optional_computed("defined_tags", Type.DEFINED_TAGS),
        optional_computed("freeform_tags", Type.MAP),
        computed("inactive_state", json="inactiveStatus"),
        computed("state", json="lifecycleState"),
        computed("time_created", Type.TIME),
    )
    service = IDENTITY
    collection = "/dynamicGroups"

    def update(self, operation: Operation, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """PUT."""
        answer = self.put(operation, olds, news)
        return self.outputs(operation, answer.body or self.get(operation), news)
