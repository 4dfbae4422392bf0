"""A deployment's scaling policy in Oracle's words, as the model server's: pure."""

from __future__ import annotations

import re

from local_oci.store import Json
from model_server.autoscaling import (
    DEFAULT_COOL_DOWN_S,
    DEFAULT_PENDING_S,
    Autoscaling,
    ScalingCondition,
    ScalingRule,
)

# ISO 8601, as `pendingDuration` is written: PT3M, PT1H30M, PT90S.
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")


def autoscaling(policy: Json) -> Autoscaling | None:
    """The model server's policy of an enabled AUTOSCALING `scalingPolicy`; None for a fixed number of instances."""
    if policy["policyType"] != "AUTOSCALING" or policy.get("isEnabled") is False:
        return None
    threshold = policy["autoScalingPolicies"][0]
    return Autoscaling(
        minimum=int(threshold["minimumInstanceCount"]),
        maximum=int(threshold["maximumInstanceCount"]),
        rules=tuple(_rule(rule) for rule in threshold["rules"]),
        cool_down_s=float(policy.get("coolDownInSeconds") or DEFAULT_COOL_DOWN_S),
    )


def _rule(rule: Json) -> ScalingRule:
    metric = rule.get("metricType")
    return ScalingRule(
        scale_in=_condition(rule["scaleInConfiguration"], metric, "<"),
        scale_out=_condition(rule["scaleOutConfiguration"], metric, ">"),
    )


def _condition(configuration: Json, metric: str | None, comparison: str) -> ScalingCondition:
    pending_s = _seconds(configuration.get("pendingDuration"))
    adjustment = int(configuration.get("instanceCountAdjustment") or 1)
    query = configuration.get("query")
    if query is None:
        known = ScalingCondition.threshold(str(metric), ">" if comparison == ">" else "<", configuration["threshold"])
        query = known.query
    return ScalingCondition(query, pending_s, adjustment)


def _seconds(duration: str | None) -> float:
    found = _DURATION.fullmatch(duration or "")
    if found is None or not any(found.groups()):
        return DEFAULT_PENDING_S
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return 3600.0 * hours + 60.0 * minutes + seconds
