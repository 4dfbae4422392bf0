"""What a stack costs by the prices that its team wrote down: pure. We know no price; what is not told is unknown.

`gitops/prices.yaml`:

    as_of: 2026-11-01             # the day the prices were looked up
    source: our price list        # where
    currency: EUR
    hours_per_month: 730
    shapes: {VM.Standard.E4.Flex: {ocpu_hour: 0.0, memory_gb_hour: 0.0}}     # a fixed shape: {instance_hour: 0.0}
    load_balancer: {hour: 0.0, mbps_hour: 0.0}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from artifact_builder import Deployment, ModelYaml
from paddock.errors import WordsError

_KEYS = {"as_of", "source", "currency", "hours_per_month", "shapes", "load_balancer"}


@dataclass(frozen=True)
class Prices:
    """A price file; a price that is None or absent is unknown."""

    as_of: date | None = None
    source: str | None = None
    currency: str | None = None
    hours_per_month: float = 730.0
    shapes: Mapping[str, Mapping[str, float | None]] | None = None
    load_balancer: Mapping[str, float | None] | None = None


@dataclass(frozen=True)
class Cost:
    """A month's cost between `least` and `most` (they differ where a deployment scales); `unknown`: prices it lacks."""

    least: float = 0.0
    most: float = 0.0
    unknown: tuple[str, ...] = ()

    def __add__(self, other: Cost) -> Cost:
        unknown = tuple(dict.fromkeys((*self.unknown, *other.unknown)))
        return Cost(self.least + other.least, self.most + other.most, unknown)


def read(path: Path) -> Prices | None:
    """The price file; None where there is none. Raises WordsError where it can't be read."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        return None
    except yaml.YAMLError as error:
        raise WordsError(f"{path.name}: is not YAML: {error}") from error
    unknown = sorted(set(found) - _KEYS) if isinstance(found, dict) else ["no map"]
    if unknown:
        raise WordsError(f"{path.name}: expected the keys {', '.join(sorted(_KEYS))}, found {', '.join(unknown)}")
    given = {key: value for key, value in found.items() if value is not None}
    if not isinstance(given.get("as_of", date.min), date):
        raise WordsError(f"{path.name}: as_of: must be a day (2026-11-01), found {given['as_of']!r}")
    return Prices(**given)


def month_cost(models: Iterable[ModelYaml], prices: Prices) -> Cost:
    """What these deployments cost in a month, all hours of it."""
    return sum((_cost_of(model.deployment, prices) for model in models), Cost())


def line(before: Sequence[ModelYaml] | None, after: Sequence[ModelYaml], prices: Prices | None, today: date) -> str:
    """`Cost: EUR 120.00 → 146.00 a month (+26.00), by prices of 2026-11-01 (…)`, or what is not known."""
    if prices is None:
        return "Cost: unknown, the repository has no price file (`--prices`)."
    new = month_cost(after, prices)
    old = month_cost(before, prices) if before is not None else None
    lacking = sorted({*new.unknown, *(old.unknown if old else ())})
    if lacking:
        return f"Cost: unknown, the price file has no price for {', '.join(lacking)}."
    currency = prices.currency or "(no currency told)"
    told = _in_words(new) if old is None else f"{_in_words(old)} → {_in_words(new)}"
    grown = f" ({new.most - old.most:+,.2f})" if old is not None else ""
    return f"Cost: {currency} {told} a month{grown}{_dated(prices, today)}."


def _cost_of(deployment: Deployment, prices: Prices) -> Cost:
    """An INACTIVE deployment's instances and load balancer are not metered (OCI's documentation of deactivation)."""
    if deployment.state == "INACTIVE":
        return Cost()
    compute, unknown = _instance_hour(deployment, prices)
    balancer, lacking = _priced(
        prices.load_balancer or {}, {"hour": 1, "mbps_hour": _mbps(deployment)}, "load_balancer"
    )
    scaling = deployment.autoscaling
    least, most = (scaling.min, scaling.max) if scaling else (deployment.instances or 1, deployment.instances or 1)
    hours = prices.hours_per_month
    return Cost((least * compute + balancer) * hours, (most * compute + balancer) * hours, (*unknown, *lacking))


def _instance_hour(deployment: Deployment, prices: Prices) -> tuple[float, tuple[str, ...]]:
    shape = (prices.shapes or {}).get(deployment.shape) or {}
    amounts: dict[str, float] = {"instance_hour": 1}
    if deployment.ocpus is not None:
        amounts = {"ocpu_hour": float(deployment.ocpus), "memory_gb_hour": float(deployment.memory_gbs or 0)}
    return _priced(shape, amounts, deployment.shape)


def _priced(prices: Mapping[str, Any], amounts: Mapping[str, float], what: str) -> tuple[float, tuple[str, ...]]:
    unknown = tuple(f"{what} ({name})" for name in amounts if prices.get(name) is None)
    return sum(amount * float(prices.get(name) or 0) for name, amount in amounts.items()), unknown


def _mbps(deployment: Deployment) -> float:
    return float(deployment.load_balancer.bandwidth_mbps)


def _in_words(cost: Cost) -> str:
    return f"{cost.most:,.2f}" if cost.least == cost.most else f"{cost.least:,.2f} to {cost.most:,.2f}"


def _dated(prices: Prices, today: date) -> str:
    source = f" ({prices.source})" if prices.source else ""
    if prices.as_of is None:
        return f", by prices without a date{source}"
    age_days = (today - prices.as_of).days
    return f", by prices of {prices.as_of}{source}, {age_days} days old"
