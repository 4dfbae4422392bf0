"""What a deployment measures of itself, under Oracle's names.

Source: Oracle's "Model Deployment Metrics", namespace oci_datascience_modeldeploy. Totals are for Prometheus; what
happened in each interval of `INTERVAL_S` is kept for an hour, for the expressions of autoscaling.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

INTERVAL_S = 10
KEPT_INTERVALS = 360
LATENCY_BOUNDS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000)
BATCH_BOUNDS = (1, 2, 4, 8, 16, 32, 64)
OK_BELOW = 400


class Histogram:
    """Counts by upper bound; the last count is of what is above all bounds."""

    def __init__(self, bounds: tuple[int, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


@dataclass(slots=True)
class Usage:
    """What one instance used: percent of a core, percent of the memory that it may use."""

    cpu_percent: float
    memory_percent: float


@dataclass(slots=True)
class Interval:
    """What happened in `INTERVAL_S` from `begin_s` on. `latencies_ms` is a sample of those of the answered requests."""

    begin_s: float
    statuses: Counter[int] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)
    bytes_in: int = 0
    bytes_out: int = 0
    usage: dict[int, Usage] = field(default_factory=dict)


class Metrics:
    """The measurements of one deployment. `now` gives seconds since the epoch."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.now = now
        self.statuses: Counter[int] = Counter()
        self.latency_ms = {"Success": Histogram(LATENCY_BOUNDS_MS), "Failure": Histogram(LATENCY_BOUNDS_MS)}
        self.batches = Histogram(BATCH_BOUNDS)
        self.bytes_in = 0
        self.bytes_out = 0
        self.intervals: deque[Interval] = deque([Interval(self._begin_of(now()))], KEPT_INTERVALS)

    def count_request(self, status: int, latency_ms: float, bytes_in: int, bytes_out: int) -> None:
        """Count one answered prediction."""
        self.statuses[status] += 1
        self.latency_ms[result_of(status)].add(latency_ms)
        self.bytes_in += bytes_in
        self.bytes_out += bytes_out
        interval = self.current()
        interval.statuses[status] += 1
        interval.bytes_in += bytes_in
        interval.bytes_out += bytes_out
        if len(interval.latencies_ms) < 1000:  # noqa: PLR2004  enough for any percentile that is asked for
            interval.latencies_ms.append(latency_ms)

    def use(self, instance_id: int, usage: Usage) -> None:
        """Note what an instance used of late."""
        self.current().usage[instance_id] = usage

    def current(self) -> Interval:
        """Give the interval that now is in."""
        begin_s = self._begin_of(self.now())
        if self.intervals[-1].begin_s != begin_s:
            self.intervals.append(Interval(begin_s))
        return self.intervals[-1]

    def latest_usage(self) -> dict[int, Usage]:
        """Give the last known usage of each instance."""
        return next((interval.usage for interval in reversed(self.intervals) if interval.usage), {})

    def since(self, seconds: float) -> list[Interval]:
        """Give the intervals that began less than so long ago."""
        from_s = self.now() - seconds
        return [interval for interval in self.intervals if interval.begin_s > from_s]

    def last_whole(self) -> Interval:
        """Give the interval before the current one."""
        begin_s = self.current().begin_s - INTERVAL_S
        return next((one for one in reversed(self.intervals) if one.begin_s == begin_s), Interval(begin_s))

    @staticmethod
    def _begin_of(now_s: float) -> float:
        return now_s - now_s % INTERVAL_S


def result_of(status: int) -> str:
    """Give Oracle's word for an answer's `result` (and its `statusFamily`)."""
    return "Success" if status < OK_BELOW else "Failure"
