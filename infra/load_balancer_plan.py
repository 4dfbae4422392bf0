"""How much a deployment's load balancer has to let through: pure.

Bounds and formula are Oracle's (OCI.md 4.4): at least 10 Mbps; the maximum above the bandwidth and at most twice it;
no upper bound is published.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LEAST_BANDWIDTH_MBPS = 10


@dataclass(frozen=True)
class LoadBalancerPlan:
    """Megabits per second. Without a maximum the balancer is fixed; with one OCI scales it up to there."""

    bandwidth_mbps: int
    maximum_bandwidth_mbps: int | None = None

    @property
    def is_autoscaling(self) -> bool:
        """Whether OCI scales the balancer."""
        return self.maximum_bandwidth_mbps is not None


def checked(bandwidth_mbps: int, maximum_bandwidth_mbps: int | None) -> LoadBalancerPlan:
    """Raises ValueError for what OCI refuses."""
    if bandwidth_mbps < LEAST_BANDWIDTH_MBPS:
        raise ValueError(f"bandwidth_mbps: must be at least {LEAST_BANDWIDTH_MBPS}, found {bandwidth_mbps}")
    if maximum_bandwidth_mbps is not None and not bandwidth_mbps < maximum_bandwidth_mbps <= 2 * bandwidth_mbps:
        raise ValueError(
            f"maximum_bandwidth_mbps: must be above {bandwidth_mbps} and at most {2 * bandwidth_mbps} (twice "
            f"bandwidth_mbps), found {maximum_bandwidth_mbps}"
        )
    return LoadBalancerPlan(bandwidth_mbps, maximum_bandwidth_mbps)


def for_traffic(*, payload_kb: float, requests_per_second: float, peak_factor: float = 1.0) -> LoadBalancerPlan:
    """The balancer for a traffic: `payload_kb` of request and answer together, at most twice as much at peaks.

    Oracle's formula: payload kB x requests/s x 8 / 1024. Raises ValueError for a peak that OCI's scaling can't follow.
    """
    if not 1 <= peak_factor <= 2:  # noqa: PLR2004 - OCI's own bound
        raise ValueError(
            f"peak_factor: must be 1 to 2 (OCI scales a balancer to twice its bandwidth), found {peak_factor}"
        )
    usual = max(LEAST_BANDWIDTH_MBPS, math.ceil(payload_kb * requests_per_second * 8 / 1024))
    peak = min(2 * usual, math.ceil(usual * peak_factor))
    return LoadBalancerPlan(usual, peak if peak > usual else None)
