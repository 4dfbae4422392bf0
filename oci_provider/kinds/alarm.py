"""oci:Monitoring/alarm:Alarm: a query over metrics that says when something is wrong.

Its arguments are those of terraform-provider-oci's `internal/service/monitoring/monitoring_alarm_resource.go`.
"""

from __future__ import annotations

from typing import Any

from oci_provider.operation import Operation
from oci_provider.resource import Kind
from oci_provider.rest import MONITORING
from oci_provider.schema import Type, computed, fields, optional_computed, required


class Alarm(Kind):
    """An alarm; nothing of it asks for a new one."""

    pulumi_type = "oci:Monitoring/alarm:Alarm"
    noun = "alarm"
    schema = fields(
        required("compartment_id"),
        required("destinations", Type.STRINGS),
        required("display_name"),
        required("is_enabled", Type.BOOL),
        required("metric_compartment_id"),
        required("namespace"),
        required("query"),
        required("severity", empty_is_text=True),
        optional_computed("alarm_summary"),
        optional_computed("body"),
        optional_computed("defined_tags", Type.DEFINED_TAGS),
        optional_computed("evaluation_slack_duration"),
        optional_computed("freeform_tags", Type.MAP),
        optional_computed("is_notifications_per_metric_dimension_enabled", Type.BOOL),
        optional_computed("message_format", empty_is_text=True),
        optional_computed("metric_compartment_id_in_subtree", Type.BOOL),
        optional_computed("notification_title"),
        optional_computed("notification_version"),
        optional_computed(
            "overrides",
            Type.OBJECTS,
            fields=fields(
                optional_computed("body"),
                optional_computed("pending_duration"),
                optional_computed("query"),
                optional_computed("rule_name"),
                optional_computed("severity"),
            ),
        ),
        optional_computed("pending_duration"),
        optional_computed("repeat_notification_duration"),
        optional_computed("resolution"),
        optional_computed("resource_group"),
        optional_computed("rule_name"),
        optional_computed(
            "suppression",
            Type.OBJECT,
            fields=fields(
                required("time_suppress_from", same_moment=True),
                required("time_suppress_until", same_moment=True),
                optional_computed("description"),
            ),
        ),
        computed("state", json="lifecycleState"),
        computed("time_created", Type.TIME),
        computed("time_updated", Type.TIME),
    )
    service = MONITORING
    collection = "/alarms"

    def update(self, operation: Operation, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Move it if its compartment changed, then PUT."""
        self.move(operation, olds, news)
        answer = self.put(operation, olds, news)
        return self.outputs(operation, answer.body or self.get(operation), news)
