"""Oracle's Monitoring Query Language, as far as autoscaling rules use it, asked of a deployment's own metrics.

    PredictRequestCount[1m]{resourceId = "…"}.grouping().sum() > 100 || CpuUtilization[5m].mean() >= 70

Several conditions are joined by `&&` and `||` (also AND, OR) and may stand in brackets. Statistics: mean, sum, count,
max, min, percentile(p), absent. No data makes a condition false, except absent(). Source: Oracle's "Custom Scaling
Metric Type to Configure Autoscaling" and "Monitoring Query Language".
"""

from __future__ import annotations

import operator
import re
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from model_server.metrics import Interval, Metrics, result_of

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_CONDITION = re.compile(
    r"""\s*(?P<metric>[A-Za-z]\w*)\s*\[\s*(?P<interval>\d+)(?P<unit>[smh])\s*\]
    \s*(?:\{(?P<dimensions>[^}]*)\})?
    \s*(?:\.\s*(?:grouping\(\s*\)|groupBy\([^)]*\)))?
    \s*\.\s*(?P<statistic>[A-Za-z]+)\(\s*(?P<argument>[\d.]*)\s*\)
    \s*(?:(?P<comparison>[=!<>]=|[<>])\s*(?P<threshold>-?[\d.]+))?\s*""",
    re.VERBOSE,
)
_DIMENSION = re.compile(r'\s*(\w+)\s*=\s*"([^"]*)"\s*')
_AND = re.compile(r"\s*(?:&&|AND\b)", re.IGNORECASE)
_OR = re.compile(r"\s*(?:\|\||OR\b)", re.IGNORECASE)
_OPENING, _CLOSING = re.compile(r"\s*\("), re.compile(r"\s*\)")
_UNIT_S = {"s": 1, "m": 60, "h": 3600}
_STATISTICS = ("mean", "sum", "count", "max", "min", "percentile", "absent")
_METRICS = ("PredictRequestCount", "PredictResponse", "PredictLatency", "CpuUtilization", "MemoryUtilization")
_BY_LOWER_CASE = {name.lower(): name for name in _METRICS}  # Oracle's own example writes CPUUtilization


class QueryRefused(ValueError):  # noqa: N818  a claim, like the room's other errors
    """The text is no query that can be asked here."""


@dataclass(frozen=True)
class Condition:
    """One comparison: `metric` over `interval_s`, its `statistic` against `threshold`."""

    metric: str
    interval_s: int
    dimensions: tuple[tuple[str, str], ...]
    statistic: str
    argument: float
    comparison: str
    threshold: float

    def holds(self, metrics: Metrics) -> bool:
        """Tell whether it is true now."""
        values = self._values(metrics.since(self.interval_s))
        if self.statistic == "absent":
            return _COMPARISONS[self.comparison](0.0 if values else 1.0, self.threshold)
        if not values:
            return False
        return _COMPARISONS[self.comparison](_statistic(self.statistic, values, self.argument), self.threshold)

    def _values(self, intervals: list[Interval]) -> list[float]:
        dimensions = dict(self.dimensions)
        return [value for interval in intervals for value in _points(self.metric, interval, dimensions)]


@dataclass(frozen=True)
class Joined:
    """Parts of which all must hold, or one."""

    parts: tuple[Query, ...]
    must_all_hold: bool

    def holds(self, metrics: Metrics) -> bool:
        """Tell whether it is true now."""
        return (all if self.must_all_hold else any)(part.holds(metrics) for part in self.parts)


Query = Condition | Joined


def parse_query(text: str) -> Query:
    """Read a query; raises QueryRefused with what was expected and the place."""
    reader = _Reader(text)
    query = reader.alternatives()
    reader.must_be_at_its_end()
    return query


class _Reader:
    """Recursive descent: alternatives of conjunctions of conditions and bracketed alternatives."""

    def __init__(self, text: str) -> None:
        self._rest = text

    def alternatives(self) -> Query:
        return self._joined(self._conjunction, _OR, must_all_hold=False)

    def must_be_at_its_end(self) -> None:
        if self._rest.strip():
            raise QueryRefused(f"Expected && or ||, found {self._rest[:80]!r}")

    def _conjunction(self) -> Query:
        return self._joined(self._atom, _AND, must_all_hold=True)

    def _joined(self, read_part: Callable[[], Query], joint: re.Pattern[str], *, must_all_hold: bool) -> Query:
        parts = [read_part()]
        while self._take(joint):
            parts.append(read_part())
        return parts[0] if len(parts) == 1 else Joined(tuple(parts), must_all_hold)

    def _atom(self) -> Query:
        if self._take(_OPENING):
            inner = self.alternatives()
            if not self._take(_CLOSING):
                raise QueryRefused(f"Expected a closing bracket, found {self._rest[:80]!r}")
            return inner
        found = self._take(_CONDITION)
        if found is None:
            raise QueryRefused(f"Expected METRIC[INTERVAL].STATISTIC() > NUMBER, found {self._rest[:80]!r}")
        return _condition(found)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._rest)
        if found is not None:
            self._rest = self._rest[found.end() :]
        return found


def _condition(found: re.Match[str]) -> Condition:
    metric = _BY_LOWER_CASE.get(found["metric"].lower())
    if metric is None:
        raise QueryRefused(f"Expected one of the metrics {', '.join(_METRICS)}, found {found['metric']!r}")
    statistic = found["statistic"].lower()
    if statistic not in _STATISTICS:
        raise QueryRefused(f"Expected one of the statistics {', '.join(_STATISTICS)}, found {found['statistic']!r}")
    if found["comparison"] is None and statistic != "absent":
        raise QueryRefused(f"Expected a comparison with a number after {found[0].strip()!r}")
    interval_s = int(found["interval"]) * _UNIT_S[found["unit"]]
    dimensions = tuple(_DIMENSION.findall(found["dimensions"] or ""))
    comparison, threshold = found["comparison"] or "==", float(found["threshold"] or 1)
    return Condition(metric, interval_s, dimensions, statistic, float(found["argument"] or 0), comparison, threshold)


def _points(metric: str, interval: Interval, dimensions: Mapping[str, str]) -> list[float]:
    """Give a metric's values in one interval. The dimension resourceId is this deployment's, whatever it says."""
    match metric:
        case "CpuUtilization":
            return [used.cpu_percent for pid, used in interval.usage.items() if _is_meant(pid, dimensions)]
        case "MemoryUtilization":
            return [used.memory_percent for pid, used in interval.usage.items() if _is_meant(pid, dimensions)]
        case "PredictLatency":
            return interval.latencies_ms
        case _:
            wanted_status = dimensions.get("statusCode")
            wanted_result = dimensions.get("result")
            counts = [
                float(count)
                for status, count in interval.statuses.items()
                if wanted_status in {None, str(status)} and wanted_result in {None, result_of(status)}
            ]
            return [sum(counts)] if counts else []


def _is_meant(pid: int, dimensions: Mapping[str, str]) -> bool:
    return dimensions.get("instanceId", str(pid)) == str(pid)


def _statistic(name: str, values: list[float], argument: float) -> float:
    match name:
        case "mean":
            return statistics.fmean(values)
        case "percentile":
            ordered = sorted(values)
            share = argument if argument <= 1 else argument / 100
            return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
        case "count":
            return float(len(values))
        case "sum":
            return sum(values)
        case "max":
            return max(values)
        case _:
            return min(values)
