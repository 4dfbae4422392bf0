"""Alarms on a deployment's metrics: pure, no Pulumi inside.

Metrics, units and dimensions are those of Oracle's page "Model Deployment Metrics" (namespace
`oci_datascience_modeldeploy`); queries are Monitoring Query Language.
"""

from __future__ import annotations

from dataclasses import dataclass

from infra.configuration_reader import ConfigurationReader

NAMESPACE = "oci_datascience_modeldeploy"
_SEVERITIES = ("CRITICAL", "ERROR", "WARNING", "INFO")


@dataclass(frozen=True)
class AlarmSettings:
    """`paddock:alarms`. Destinations are OCIDs of notification topics; thresholds left out make no alarm."""

    destinations: tuple[str, ...]
    severity: str = "CRITICAL"
    latency_ms: float | None = None
    cpu_percent: float | None = None
    memory_percent: float | None = None


@dataclass(frozen=True)
class AlarmPlan:
    """One alarm: `query` with `{id}` where the deployment's OCID belongs."""

    key: str
    metric_words: str
    query: str
    body: str

    def query_for(self, deployment_id: str) -> str:
        """The query of one deployment."""
        return self.query.replace("{id}", deployment_id)


def alarm_settings(read: ConfigurationReader) -> AlarmSettings | None:
    """Reads `paddock:alarms`; None where there is none."""
    section = read.section("alarms", {"destinations", "severity", "latencyMs", "cpuPercent", "memoryPercent"})
    if section is None:
        return None
    return AlarmSettings(
        destinations=section.ocids("destinations", "OCIDs of notification topics"),
        severity=section.choice("severity", _SEVERITIES),
        latency_ms=section.number("latencyMs", "milliseconds, 95th percentile of a predict call"),
        cpu_percent=section.number("cpuPercent", "percent of the instances' CPUs", most=100),
        memory_percent=section.number("memoryPercent", "percent of the instances' memory", most=100),
    )


def alarms(settings: AlarmSettings) -> tuple[AlarmPlan, ...]:
    """Failed predictions always; latency, CPU and memory where a threshold is set."""
    own = 'resourceId = "{id}"'
    plans = [
        AlarmPlan(
            "failures",
            "predictions fail",
            f'PredictResponse[1m]{{{own}, result = "Failure"}}.sum() > 0',
            "Predict requests were answered with 4XX or 5XX. `paddock logs NAME --predict` has score.py's words.",
        )
    ]
    if settings.latency_ms is not None:
        query = f"PredictLatency[1m]{{{own}}}.percentile(0.95) > {settings.latency_ms:g}"
        body = "One predict call in twenty takes longer than declared. More instances or a bigger shape may mend it."
        plans.append(AlarmPlan("latency", "predictions are slow", query, body))
    usage = (("cpu", "CpuUtilization", settings.cpu_percent), ("memory", "MemoryUtilization", settings.memory_percent))
    for key, metric, percent in usage:
        if percent is not None:
            body = "The instances are near their limits. More instances or a bigger shape may mend it."
            plans.append(
                AlarmPlan(key, f"{key} is nearly used up", f"{metric}[5m]{{{own}}}.mean() > {percent:g}", body)
            )
    return tuple(plans)
