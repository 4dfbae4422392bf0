"""When a deployment gets another number of instances: Oracle's threshold-based autoscaling, decided purely.

A condition must hold for its pending duration without a break. Between two changes, and after a change by the user,
the cool-down passes. Any rule's scale-out condition scales out; all rules' scale-in conditions together scale in, so
that no rule takes away what another one needs. (That last sentence is ours: the sources do not say.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from model_server.metric_query import Query, parse_query
from model_server.metrics import Metrics

DEFAULT_COOL_DOWN_S = 300.0  # oci SDK, AutoScalingPolicy.cool_down_in_seconds
DEFAULT_PENDING_S = 180.0  # oci SDK, pending_duration: PT3M
_PREDEFINED = {"CPU_UTILIZATION": "CpuUtilization", "MEMORY_UTILIZATION": "MemoryUtilization"}


@dataclass(frozen=True)
class ScalingCondition:
    """An MQL `query` that must hold for `pending_s`; then `adjustment` instances are added, or taken."""

    query: str
    pending_s: float = DEFAULT_PENDING_S
    adjustment: int = 1

    @classmethod
    def threshold(cls, metric_type: str, comparison: Literal[">", "<"], percent: float) -> ScalingCondition:
        """Say what PREDEFINED_EXPRESSION rules say: the mean of CPU_UTILIZATION or MEMORY_UTILIZATION of a minute."""
        return cls(f"{_PREDEFINED[metric_type]}[1m].mean() {comparison} {percent:g}")


@dataclass(frozen=True)
class ScalingRule:
    """One metric's two conditions."""

    scale_in: ScalingCondition
    scale_out: ScalingCondition


@dataclass(frozen=True)
class Autoscaling:
    """A deployment's policy. The number of instances that it begins with is the spec's `instances`."""

    minimum: int
    maximum: int
    rules: tuple[ScalingRule, ...]
    cool_down_s: float = DEFAULT_COOL_DOWN_S

    def to_json(self) -> dict[str, Any]:
        """Give a JSON-ready object; `from_json` reads it back."""
        return asdict(self) | {"rules": [asdict(rule) for rule in self.rules]}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Autoscaling:
        """Read `to_json`'s object."""
        rules = (
            ScalingRule(ScalingCondition(**rule["scale_in"]), ScalingCondition(**rule["scale_out"]))
            for rule in plain["rules"]
        )
        return cls(**{**plain, "rules": tuple(rules)})


class _Held:
    """A condition and since when it holds."""

    def __init__(self, condition: ScalingCondition) -> None:
        self.condition = condition
        self._query: Query = parse_query(condition.query)
        self._since_s: float | None = None

    def is_over(self, metrics: Metrics, now_s: float) -> bool:
        """Tell whether it has held for its pending duration."""
        if not self._query.holds(metrics):
            self._since_s = None
            return False
        if self._since_s is None:
            self._since_s = now_s
        return now_s - self._since_s >= self.condition.pending_s


class Autoscaler:
    """Asks the rules. `changed` starts the cool-down. Raises QueryRefused for a rule that is no query."""

    def __init__(self, policy: Autoscaling, began_s: float) -> None:
        self.policy = policy
        self._out = [_Held(rule.scale_out) for rule in policy.rules]
        self._in = [_Held(rule.scale_in) for rule in policy.rules]
        self._cool_until_s = began_s + policy.cool_down_s

    def wanted(self, instances: int, metrics: Metrics, now_s: float) -> int:
        """Give the number of instances that there should be now."""
        out = [held.condition.adjustment for held in self._out if held.is_over(metrics, now_s)]
        into = [held.condition.adjustment for held in self._in if held.is_over(metrics, now_s)]
        if now_s < self._cool_until_s:
            return instances
        if out:
            return min(self.policy.maximum, instances + max(out))
        if into and len(into) == len(self._in):
            return max(self.policy.minimum, instances - min(into))
        return instances

    def changed(self, now_s: float) -> None:
        """Note that the number of instances has changed, whoever changed it."""
        self._cool_until_s = now_s + self.policy.cool_down_s
