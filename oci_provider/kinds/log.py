"""oci:Logging/log:Log: a log of a log group (OCI.md 3.7).

Its id is the log's OCID; it is imported as `logGroupId/<group>/logId/<log>`, since its path holds both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from oci_provider import work_request
from oci_provider.errors import OciProviderError
from oci_provider.operation import Operation
from oci_provider.resource import Kind
from oci_provider.rest import LOGGING, Answer
from oci_provider.schema import Sent, Type, computed, fields, optional_computed, required

_IMPORT_ID = re.compile(r"logGroupId/(?P<group>[^/]+)/logId/(?P<log>[^/]+)")


class Log(Kind):
    """A log. Its type and its source ask for a new one; its group can be changed in place."""

    pulumi_type = "oci:Logging/log:Log"
    noun = "log"
    schema = fields(
        required("display_name"),
        required("log_group_id", sent=Sent.NEVER),
        required("log_type", force_new=True, sent=Sent.CREATE),
        optional_computed(
            "configuration",
            Type.OBJECT,
            force_new=True,
            fields=fields(
                required(
                    "source",
                    Type.OBJECT,
                    force_new=True,
                    fields=fields(
                        required("category", force_new=True, sent=Sent.CREATE),
                        required("resource", force_new=True, sent=Sent.CREATE),
                        required("service", force_new=True, sent=Sent.CREATE),
                        required("source_type", force_new=True, ignores_case=True, sent=Sent.CREATE),
                        optional_computed("parameters", Type.MAP),
                    ),
                ),
                optional_computed("compartment_id", force_new=True, sent=Sent.CREATE),
            ),
        ),
        optional_computed("defined_tags", Type.DEFINED_TAGS),
        optional_computed("freeform_tags", Type.MAP),
        optional_computed("is_enabled", Type.BOOL),
        optional_computed("retention_duration", Type.INT),
        computed("compartment_id"),
        computed("state", json="lifecycleState"),
        computed("tenancy_id"),
        computed("time_created", Type.TIME),
        computed("time_last_modified", Type.TIME),
    )
    service = LOGGING
    collection = "/logGroups/{logGroupId}/logs"

    def locate(self, resource_id: str, properties: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Take an import id apart."""
        if match := _IMPORT_ID.fullmatch(resource_id):
            return match["log"], {**properties, "logGroupId": match["group"]}
        if not properties.get("logGroupId"):
            raise OciProviderError(
                f"a log is imported as 'logGroupId/<log group ocid>/logId/<log ocid>', found {resource_id!r}"
            )
        return resource_id, dict(properties)

    def created_id(self, operation: Operation, answer: Answer) -> str:
        """Read the id from the work request."""
        return work_request.identifier(operation, self.service, answer, entity="log")

    def update(self, operation: Operation, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Change its group if the program names another, then PUT and follow the work request."""
        if olds.get("logGroupId") != news.get("logGroupId"):
            answer = self.act(operation, olds, "changeLogGroup", {"targetLogGroupId": news["logGroupId"]})
            work_request.follow(operation, self.service, answer)
        work_request.follow(operation, self.service, self.put(operation, olds, news))
        return self.outputs(operation, self.get(operation, news), news)

    def delete(self, operation: Operation, olds: dict[str, Any]) -> None:
        """DELETE, follow the work request, and see it gone."""
        if (answer := self.send_delete(operation, olds)) is not None:
            work_request.follow(operation, self.service, answer)
            self.wait_until_gone(operation, olds)
