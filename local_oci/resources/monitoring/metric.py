"""Metrics: data points that clients and the local OCI post, listed and summarised.

Model deployments' own are posted by `metric_collector` under `oci_datascience_modeldeploy`.
Not emulated: metrics of compartments below, limits of returned data other than the query's own.
State: rows of data points in the store, kept for 90 days.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from local_oci import listing
from local_oci.call import Answer, Call, Route
from local_oci.clock import from_rfc3339, rfc3339
from local_oci.errors import InvalidParameter
from local_oci.resources import compartment
from local_oci.resources.fields import refuse
from local_oci.resources.monitoring import metric_query
from local_oci.resources.monitoring.metric_query import Dimensions, Expression, Point, Series
from local_oci.store import Json, PointRow, Snapshot

MONITORING = "monitoring"
KEPT_S = 90 * 24 * 3600
_DEFAULT_WINDOW_S = 3 * 3600
_MOST_WINDOWS = 100_000
_RESOLUTION = re.compile(r"([1-9]\d?)([mhd])")
_NAMESPACE = re.compile(r"[a-z][a-z0-9_]{0,255}")
_NAME = re.compile(r"[A-Za-z][\w.$-]{0,254}")
_OLDEST_S, _NEWEST_S = 2 * 3600, 600  # the SDK's docstring of `timestamp`


def problems(entry: Json, path: str, now: float) -> Iterator[str]:
    """What breaks a rule of MetricDataDetails beyond types."""
    for name, form in (("namespace", _NAMESPACE), ("name", _NAME)):
        if not form.fullmatch(entry[name]):
            yield f"{path}.{name}: has characters that it may not have, found {entry[name][:60]!r}"
    if entry["namespace"].startswith(("oci_", "oracle_")):
        yield f"{path}.namespace: oci_ and oracle_ are Oracle's own, found {entry['namespace']!r}"
    if not entry["dimensions"] or any(not key or not value for key, value in entry["dimensions"].items()):
        yield f"{path}.dimensions: must have at least one, without empty keys and values"
    for index, point in enumerate(entry["datapoints"]):
        age_s = now - from_rfc3339(point["timestamp"])
        if not -_NEWEST_S <= age_s <= _OLDEST_S:
            yield f"{path}.datapoints[{index}].timestamp: must be within the last 2 hours or the next 10 minutes"
        if point.get("count", 1) < 1:
            yield f"{path}.datapoints[{index}].count: must be at least 1, found {point['count']}"


def _post(call: Call) -> Answer:
    entries = call.body["metricData"]
    refuse(found for i, entry in enumerate(entries) for found in problems(entry, f"metricData[{i}]", call.now))
    for entry in entries:
        compartment.require(call, entry["compartmentId"])
        call.transaction.add_points(
            PointRow(
                compartment=entry["compartmentId"],
                namespace=entry["namespace"],
                resource_group=entry.get("resourceGroup", ""),
                name=entry["name"],
                dimensions=json.dumps(sorted(entry["dimensions"].items())),
                time_s=from_rfc3339(point["timestamp"]),
                value=float(point["value"]),
                values_counted=point.get("count", 1),
            )
            for point in entry["datapoints"]
        )
    return Answer(body={"failedMetricsCount": 0, "failedMetrics": []})


def _summarize(call: Call) -> Answer:
    compartment_id = compartment.require(call, listing.compartment(call))
    query = metric_query.parse(call.body["query"])
    if len(query.expressions) != 1:
        raise InvalidParameter("query: a summary is of one metric; && and || are for alarms")
    expression = query.expressions[0]
    end_s = from_rfc3339(call.body["endTime"]) if "endTime" in call.body else call.now
    start_s = from_rfc3339(call.body["startTime"]) if "startTime" in call.body else end_s - _DEFAULT_WINDOW_S
    step_s = _step(call.body.get("resolution"), expression)
    if not 0 <= end_s - start_s <= _MOST_WINDOWS * step_s:
        raise InvalidParameter("endTime: must be after startTime, with at most 100,000 windows between them")
    group = call.body.get("resourceGroup")
    found = read(call.snapshot, compartment_id, call.body["namespace"], expression, (start_s, end_s), group)
    shown = []
    for dimensions, points in sorted(metric_query.grouped(expression, found).items()):
        aggregated = summary(expression, points, start_s, end_s, step_s)
        shown.append(
            {
                "namespace": call.body["namespace"],
                "resourceGroup": group,
                "compartmentId": compartment_id,
                "name": expression.metric,
                "dimensions": dict(dimensions),
                "metadata": {},
                "resolution": call.body.get("resolution"),
                "aggregatedDatapoints": [{"timestamp": rfc3339(at), "value": value} for at, value in aggregated],
            }
        )
    return Answer(body=shown)


def _step(resolution: str | None, expression: Expression) -> int:
    """How far apart windows begin: the resolution if it is given, at most the interval."""
    if resolution is None:
        return expression.interval_s
    found = _RESOLUTION.fullmatch(resolution)
    step_s = int(found.group(1)) * {"m": 60, "h": 3600, "d": 86400}[found.group(2)] if found else 0
    if not 0 < step_s <= expression.interval_s:
        raise InvalidParameter(f"resolution: must be such as 1m and at most the query's interval, found {resolution!r}")
    return step_s


def summary(
    expression: Expression, points: list[Point], start_s: float, end_s: float, step_s: int
) -> list[tuple[float, float]]:
    """The statistic of each window that begins from `start_s` to before `end_s`."""
    if step_s == expression.interval_s and expression.statistic != "absent":
        named = sorted(metric_query.windows(points, step_s).items())
    else:
        first = int(start_s - start_s % step_s)
        starts = range(first, int(end_s), step_s)
        named = [(float(at), [p for p in points if at <= p.time_s < at + expression.interval_s]) for at in starts]
    values = [(at, metric_query.value(expression, inside)) for at, inside in named]
    return [(at, value) for at, value in values if value is not None]


def read(
    snapshot: Snapshot,
    compartment_id: str,
    namespace: str,
    expression: Expression,
    window: tuple[float, float],
    resource_group: str | None = None,
) -> Series:
    """The series that an expression asks for, oldest point first."""
    found: Series = {}
    for row in snapshot.points(compartment_id, namespace, expression.metric, *window):
        dimensions: Dimensions = tuple((key, value) for key, value in json.loads(row.dimensions))
        if metric_query.takes(expression, dict(dimensions)) and resource_group in (None, row.resource_group):
            found.setdefault(dimensions, []).append(Point(row.time_s, row.value, row.values_counted))
    return found


def _list(call: Call) -> Answer:
    compartment_id = compartment.require(call, listing.compartment(call))
    body = call.body
    shown = []
    for namespace, group, name, dimensions in call.snapshot.metrics(compartment_id):
        entry: Json = {
            "namespace": namespace,
            "resourceGroup": group or None,
            "name": name,
            "compartmentId": compartment_id,
            "dimensions": dict(json.loads(dimensions)),
        }
        wanted = {key: body[key] for key in ("namespace", "name", "resourceGroup") if key in body}
        filters = body.get("dimensionFilters", {})
        if all(entry[key] == value for key, value in wanted.items()) and filters.items() <= entry["dimensions"].items():
            shown.append(entry)
    if names := body.get("groupBy"):
        kept = {json.dumps({key: entry.get(key) for key in names}): None for entry in shown}
        shown = [json.loads(text) for text in kept]
    order = {"NAME": "name", "RESOURCEGROUP": "resourceGroup"}.get(body.get("sortBy", ""), "namespace")
    shown.sort(key=lambda entry: str(entry.get(order)), reverse=body.get("sortOrder") == "DESC")
    return listing.sliced(call, shown, f"metrics {json.dumps(body, sort_keys=True)}")


ROUTES = (
    Route(MONITORING, "post_metric_data", _post, "PostMetricDataDetails"),
    Route(MONITORING, "summarize_metrics_data", _summarize, "SummarizeMetricsDataDetails", only_reads=True),
    Route(MONITORING, "list_metrics", _list, "ListMetricsDetails", only_reads=True),
)
