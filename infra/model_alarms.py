"""Alarms on one deployment's metrics."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_oci import monitoring

from infra import component_options
from infra.alarm_plan import NAMESPACE, AlarmPlan, AlarmSettings, alarms


class ModelAlarms(pulumi.ComponentResource):
    """OCI's alarms on `oci_datascience_modeldeploy`: failed predictions, and latency, CPU, memory where declared.

    `settings`: topics, severity, thresholds (milliseconds, percent). Output: `alarms`, by key (`failures`, `latency`
    …).
    """

    alarms: Mapping[str, monitoring.Alarm]

    def __init__(
        self,
        name: str,
        *,
        deployment_id: pulumi.Input[str],
        compartment_id: pulumi.Input[str],
        settings: AlarmSettings,
        tags: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        component_options.refuse_import(f"ModelAlarms {name}", opts, "`pulumi import` each alarm")
        super().__init__("paddock:infra:ModelAlarms", name, None, component_options.kept(opts))
        deployment = pulumi.Output.from_input(deployment_id)

        def declare(plan: AlarmPlan) -> monitoring.Alarm:
            return monitoring.Alarm(
                f"{name}-{plan.key}",
                compartment_id=compartment_id,
                metric_compartment_id=compartment_id,
                display_name=f"{name}: {plan.metric_words}",
                namespace=NAMESPACE,
                query=deployment.apply(plan.query_for),
                severity=settings.severity,
                destinations=list(settings.destinations),
                body=plan.body,
                is_enabled=True,
                freeform_tags=dict(tags) if tags else None,
                opts=component_options.handed_on(self, opts),
            )

        self.alarms = {plan.key: declare(plan) for plan in alarms(settings)}
        self.register_outputs({"alarmIds": {key: alarm.id for key, alarm in self.alarms.items()}})
