"""Oracle's Monitoring Query Language over data points: pure.

    <metric>[<interval>]{<dimension> = "<value>", …}.groupBy(<dimension>, …).<statistic>() <comparison> <threshold>

Dimensions, grouping and comparison may be absent; dimensions compare with =, != and =~ (`*` and `|`); statistics are
those of the reference; comparisons are >, >=, <, <=, ==, != and `in (low, high)`; conditions join with && and ||
(docs: Monitoring/Reference/mql). A window begins at a whole multiple of the interval since 1970 and is named by it.
"""

from __future__ import annotations

import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from local_oci.errors import InvalidParameter

Dimensions = tuple[tuple[str, str], ...]
Series = dict[Dimensions, list["Point"]]
_PERCENTILE = "percentile"
_UNITS_S = {"m": 60, "h": 3600, "d": 86400}
_EXPRESSION = re.compile(
    r"""\s*(?P<metric>[A-Za-z][\w.$-]*)\s*\[\s*(?P<number>\d{1,4})(?P<unit>[mhd])\s*\]
    \s*(?:\{(?P<dimensions>[^}]*)\})?
    \s*(?:\.\s*(?P<grouping>grouping|groupBy)\s*\((?P<group>[^)]*)\))?
    \s*\.\s*(?P<statistic>[A-Za-z]+)\s*\(\s*(?P<argument>[\w.]*)\s*\)
    \s*(?:(?P<comparison>[=!<>]=|[<>])\s*(?P<threshold>-?\d+(?:\.\d+)?)
       |in\s*\(\s*(?P<low>-?\d+(?:\.\d+)?)\s*,\s*(?P<high>-?\d+(?:\.\d+)?)\s*\))?\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_DIMENSION = re.compile(r'\s*([\w.$-]+)\s*(=~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)')
_JOIN = re.compile(r"\s*(&&|\|\|)")


@dataclass(frozen=True, slots=True)
class Point:
    """One data point; a client may have counted `count` values into it."""

    time_s: float
    value: float
    count: int


@dataclass(frozen=True, slots=True)
class Expression:
    """One metric's statistic per window, and what it is compared with."""

    metric: str
    interval_s: int
    dimensions: tuple[tuple[str, str, str], ...]
    group_by: tuple[str, ...] | None
    statistic: str
    argument: float
    holds: Callable[[float], bool] | None


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """Expressions; a group of `&&` in each entry, groups joined by `||`."""

    alternatives: tuple[tuple[Expression, ...], ...]

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All of them, in order."""
        return tuple(found for group in self.alternatives for found in group)


def parse(text: str) -> MetricQuery:
    """Read a query; 400 for what is none."""
    first, at = _expression(text, 0)
    groups = [[first]]
    while at < len(text):
        join = _JOIN.match(text, at)
        if join is None:
            raise InvalidParameter(f"query: cannot be read from {text[at : at + 40]!r} on")
        found, at = _expression(text, join.end())
        if join.group(1) == "&&":
            groups[-1].append(found)
        else:
            groups.append([found])
    return MetricQuery(tuple(map(tuple, groups)))


def _expression(text: str, at: int) -> tuple[Expression, int]:
    found = _EXPRESSION.match(text, at)
    if found is None:
        raise InvalidParameter(
            f'query: must be such as CpuUtilization[1m]{{resourceId = "…"}}.mean() > 80, found {text[at : at + 80]!r}'
        )
    statistic = found["statistic"].lower()
    if statistic not in (*_STATISTICS, _PERCENTILE, "absent"):
        known = ", ".join([*_STATISTICS, _PERCENTILE, "absent"])
        raise InvalidParameter(f"query: there is no statistic {found['statistic']}(); there is {known}")
    return (
        Expression(
            metric=found["metric"],
            interval_s=_interval(found["number"], found["unit"].lower()),
            dimensions=_dimensions(found["dimensions"] or ""),
            group_by=_grouped(found),
            statistic=statistic,
            argument=_argument(statistic, found["argument"]),
            holds=_holds(found),
        ),
        found.end(),
    )


def _interval(number: str, unit: str) -> int:
    most = {"m": 60, "h": 24, "d": 1}[unit]
    if not 1 <= int(number) <= most:
        raise InvalidParameter(f"query: an interval is 1m to 60m, 1h to 24h or 1d, found {number}{unit}")
    return int(number) * _UNITS_S[unit]


def _dimensions(text: str) -> tuple[tuple[str, str, str], ...]:
    found, at = [], 0
    while at < len(text.rstrip()):
        one = _DIMENSION.match(text, at)
        if one is None:
            raise InvalidParameter(f'query: a dimension must be such as resourceId = "…", found {text[at : at + 40]!r}')
        found.append((one.group(1), one.group(2), re.sub(r"\\(.)", r"\1", one.group(3))))
        at = one.end()
    return tuple(found)


def _grouped(found: re.Match[str]) -> tuple[str, ...] | None:
    if found["grouping"] is None:
        return None
    return tuple(name.strip() for name in found["group"].split(",") if name.strip())


def _argument(statistic: str, text: str) -> float:
    if statistic != _PERCENTILE:
        return 0.0
    if not re.fullmatch(r"0?\.\d+|0|1(\.0+)?", text):
        raise InvalidParameter(f"query: percentile() takes a number from 0 to 1, such as 0.95, found {text!r}")
    return float(text)


def _holds(found: re.Match[str]) -> Callable[[float], bool] | None:
    if found["comparison"]:
        compare, threshold = _COMPARISONS[found["comparison"]], float(found["threshold"])
        return lambda value: bool(compare(value, threshold))
    if found["low"]:
        low, high = float(found["low"]), float(found["high"])
        return lambda value: low <= value <= high
    return None


def takes(expression: Expression, dimensions: Mapping[str, str]) -> bool:
    """Whether a series is asked for."""
    return all(_MATCHES[sign](dimensions.get(name, ""), value) for name, sign, value in expression.dimensions)


def grouped(expression: Expression, series: Series) -> Series:
    """The series that a statistic is taken of: each alone, all together (`grouping()`), or by some dimensions."""
    names = expression.group_by
    if names is None:
        return series
    found: Series = defaultdict(list)
    for dimensions, points in series.items():
        found[tuple((name, value) for name, value in dimensions if name in names)] += points
    return {dimensions: sorted(points, key=lambda point: point.time_s) for dimensions, points in found.items()}


def value(expression: Expression, points: Sequence[Point]) -> float | None:
    """The statistic of one window's points, compared if asked (1 or 0); None where there are none."""
    if expression.statistic == "absent":
        result = float(not points)
    elif not points:
        return None
    elif expression.statistic == _PERCENTILE:
        result = _percentile([point.value for point in points], expression.argument)
    else:
        result = float(_STATISTICS[expression.statistic](points, expression.interval_s))
    return result if expression.holds is None else float(expression.holds(result))


def windows(points: Iterable[Point], interval_s: int) -> dict[float, list[Point]]:
    """Points by the beginning of their window."""
    found: dict[float, list[Point]] = defaultdict(list)
    for point in points:
        found[point.time_s - point.time_s % interval_s].append(point)
    return found


def _percentile(values: list[float], fraction: float) -> float:
    ordered = sorted(values)
    place = fraction * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _mean(points: Sequence[Point], _: int) -> float:
    return sum(point.value * point.count for point in points) / sum(point.count for point in points)


_STATISTICS: dict[str, Callable[[Sequence[Point], int], float]] = {
    "mean": _mean,
    "avg": _mean,
    "sum": lambda points, _: sum(point.value * point.count for point in points),
    "count": lambda points, _: sum(point.count for point in points),
    "max": lambda points, _: max(point.value for point in points),
    "min": lambda points, _: min(point.value for point in points),
    "first": lambda points, _: points[0].value,
    "last": lambda points, _: points[-1].value,
    "increment": lambda points, _: points[-1].value - points[0].value,
    "rate": lambda points, interval_s: (points[-1].value - points[0].value) / interval_s,
}
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_MATCHES: dict[str, Callable[[str, str], bool]] = {
    "=": lambda found, wanted: found == wanted,
    "!=": lambda found, wanted: found != wanted,
    "=~": lambda found, wanted: any(fnmatchcase(found, one.replace("[", "[[]")) for one in wanted.split("|")),
}
