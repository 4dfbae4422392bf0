"""Whether an alarm fires, from the data points: pure reading, evaluated for each whole minute."""

from __future__ import annotations

import re

from local_oci.clock import from_rfc3339
from local_oci.resources.monitoring import metric, metric_query
from local_oci.store import Record, Snapshot

_DURATION = re.compile(r"PT(?:(\d{1,2})H)?(?:(\d{1,3})M)?")
_MINUTE_S = 60
_HISTORY_S = 24 * 3600


def duration_s(text: str) -> int:
    """Such as PT5M in seconds; 0 for what is none."""
    found = _DURATION.fullmatch(text)
    hours, minutes = (int(part or 0) for part in found.groups()) if found else (0, 0)
    return hours * 3600 + minutes * _MINUTE_S


def breaches(snapshot: Snapshot, record: Record, start_s: float, end_s: float) -> dict[int, bool]:
    """For each whole minute from `start_s` to `end_s`, whether the query held over its interval up to it."""
    document = record.document
    query = metric_query.parse(document["query"])
    longest_s = max(expression.interval_s for expression in query.expressions)
    window = (start_s - longest_s, end_s)
    read = {
        expression: metric_query.grouped(
            expression,
            metric.read(
                snapshot,
                document["metricCompartmentId"],
                document["namespace"],
                expression,
                window,
                document.get("resourceGroup"),
            ),
        )
        for expression in query.expressions
    }

    def held(expression: metric_query.Expression, minute: int) -> bool:
        series = read[expression] or ({(): []} if expression.statistic == "absent" else {})
        values = (
            metric_query.value(expression, [p for p in points if minute - expression.interval_s <= p.time_s < minute])
            for points in series.values()
        )
        return any(values)

    first = int(start_s // _MINUTE_S) * _MINUTE_S
    return {
        minute: any(all(held(one, minute) for one in group) for group in query.alternatives)
        for minute in range(first, int(end_s) + 1, _MINUTE_S)
    }


def status(snapshot: Snapshot, record: Record, now: float) -> tuple[str, float]:
    """FIRING, OK or SUSPENDED, and since when."""
    suppression = record.document.get("suppression")
    if suppression:
        begin, end = (from_rfc3339(suppression[name]) for name in ("timeSuppressFrom", "timeSuppressUntil"))
        if begin <= now < end:
            return "SUSPENDED", begin
    if not record.document["isEnabled"]:
        return "OK", record.time_updated
    changes = transitions(snapshot, record, now)
    return ("FIRING" if changes and changes[-1][1] else "OK", changes[-1][0] if changes else record.time_created)


def transitions(snapshot: Snapshot, record: Record, now: float) -> list[tuple[float, bool]]:
    """When it began to fire, and ended, oldest first, over the last day."""
    needed = max(1, duration_s(record.document.get("pendingDuration", "PT1M")) // _MINUTE_S)
    found: list[tuple[float, bool]] = []
    held = 0
    start_s = max(now - _HISTORY_S, record.time_created - _MINUTE_S)
    for minute, breached in breaches(snapshot, record, start_s, now).items():
        held = held + 1 if breached else 0
        is_firing = held >= needed
        if is_firing != (found[-1][1] if found else False):
            found.append((float(minute), is_firing))
    return found
