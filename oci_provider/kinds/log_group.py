"""oci:Logging/logGroup:LogGroup: a log group (OCI.md 3.7)."""

from __future__ import annotations

from typing import Any

from oci_provider import work_request
from oci_provider.operation import Operation
from oci_provider.resource import Kind
from oci_provider.rest import LOGGING, Answer
from oci_provider.schema import Sent, Type, computed, fields, optional_computed, required


class LogGroup(Kind):
    """A log group; nothing of it asks for a new one. Its creation answers with a work request and no body."""

    pulumi_type = "oci:Logging/logGroup:LogGroup"
    noun = "log group"
    schema = fields(
        required("compartment_id", sent=Sent.CREATE),
        required("display_name"),
        optional_computed("defined_tags", Type.DEFINED_TAGS),
        optional_computed("description"),
        optional_computed("freeform_tags", Type.MAP),
        computed("state", json="lifecycleState"),
        computed("time_created", Type.TIME),
        computed("time_last_modified", Type.TIME),
    )
    service = LOGGING
    collection = "/logGroups"

    def created_id(self, operation: Operation, answer: Answer) -> str:
        """Read the id from the work request."""
        return work_request.identifier(operation, self.service, answer, entity="loggroup")

    def update(self, operation: Operation, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Move it if its compartment changed, then PUT and follow the work request."""
        self.move(operation, olds, news)
        work_request.follow(operation, self.service, self.put(operation, olds, news))
        return self.outputs(operation, self.get(operation), news)
