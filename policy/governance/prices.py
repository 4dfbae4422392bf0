"""The team's own price file, and what a deployment costs by it.

It is the file of `paddock ci` (`gitops/prices.yaml`). No price is known here: what it does not say is unknown, and is
said to be::

    as_of: 2026-11-01             # the day the prices were looked up
    currency: EUR
    hours_per_month: 730
    shapes: {VM.Standard.E4.Flex: {ocpu_hour: …, memory_gb_hour: …}}     # a fixed shape: {instance_hour: …}
    load_balancer: {hour: …, mbps_hour: …}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from .deployment import Capacity
from .resource import NOT_YET_KNOWN

_HOURS_PER_MONTH = 730.0  # a twelfth of a year, as `paddock ci` has it
_DEFAULT_MBPS = 10.0  # OCI's default and least bandwidth


class PriceFileError(ValueError):
    """The price file cannot be used; the message has all that is wrong."""


@dataclass(frozen=True)
class Prices:
    """Prices an hour, in `currency`, as of `as_of`; `shapes`: name → per OCPU, per GB of memory, or per instance."""

    as_of: date
    currency: str
    shapes: Mapping[str, Mapping[str, float | None]]
    load_balancer: Mapping[str, float | None]
    hours_per_month: float = _HOURS_PER_MONTH


@dataclass(frozen=True)
class Cost:
    """A month's cost at the most instances; `unknown` says why it cannot be told (`amount` is then None)."""

    amount: float | None
    unknown: str = ""


def read_prices(path: Path) -> Prices:
    """Raises PriceFileError with all that is wrong."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PriceFileError(f"{path}: there is no such file; priceFile is found from the project's folder") from None
    except yaml.YAMLError as error:
        raise PriceFileError(f"{path}: must be YAML, found {error}") from error
    problems = list(_problems(content)) if isinstance(content, dict) else [f"must be a map, found {content!r}"]
    if problems:
        raise PriceFileError("; ".join(f"{path}: {problem}" for problem in problems))
    return Prices(
        as_of=content["as_of"],
        currency=content["currency"],
        shapes=content.get("shapes") or {},
        load_balancer=content.get("load_balancer") or {},
        hours_per_month=content.get("hours_per_month") or _HOURS_PER_MONTH,
    )


def monthly_cost(taken: Capacity, prices: Prices) -> Cost:
    """All hours of a month at the most instances; nothing for an INACTIVE deployment, which OCI does not meter."""
    if not taken.is_active:
        return Cost(0.0)
    needed = (taken.shape, taken.ocpus, taken.memory_gbs, taken.instances, taken.minimum_bandwidth_mbps)
    if any(stated.value is NOT_YET_KNOWN for stated in needed):
        return Cost(None, "its size is known only after `up`")
    if taken.shape.value is None:
        return Cost(None, "it has no shape of its own")
    mbps = float(taken.minimum_bandwidth_mbps.value or _DEFAULT_MBPS)
    instance, lacking = _priced(prices.shapes.get(taken.shape.value) or {}, _amounts(taken), str(taken.shape.value))
    balancer, also_lacking = _priced(prices.load_balancer, {"hour": 1, "mbps_hour": mbps}, "load_balancer")
    if lacking or also_lacking:
        return Cost(None, f"the price file has no {', '.join((*lacking, *also_lacking))}")
    instances = float(taken.instances.value or 1)  # OCI's own number where no scaling policy is stated
    return Cost((instance * instances + balancer) * prices.hours_per_month)


def _amounts(taken: Capacity) -> dict[str, float]:
    if taken.ocpus.value is None:
        return {"instance_hour": 1}
    return {"ocpu_hour": float(taken.ocpus.value), "memory_gb_hour": float(taken.memory_gbs.value or 0)}


def _priced(
    prices: Mapping[str, float | None], amounts: Mapping[str, float], what: str
) -> tuple[float, tuple[str, ...]]:
    lacking = tuple(f"{what}: {name}" for name in amounts if prices.get(name) is None)
    return sum(amount * float(prices.get(name) or 0) for name, amount in amounts.items()), lacking


def _problems(content: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(content.get("as_of"), date):
        yield f"as_of: must be the day that the prices are of (2026-11-01), found {content.get('as_of')!r}"
    if not (isinstance(content.get("currency"), str) and content["currency"]):
        yield f"currency: must be text (EUR), found {content.get('currency')!r}"
    if not _is_price(content.get("hours_per_month")):
        yield f"hours_per_month: must be a number, at least 0, found {content['hours_per_month']!r}"
    yield from _problems_of_prices("load_balancer", content.get("load_balancer"))
    shapes = content.get("shapes")
    if shapes is not None and not isinstance(shapes, dict):
        yield f"shapes: must be a map of shapes to prices, found {shapes!r}"
        return
    for name, prices in (shapes or {}).items():
        yield from _problems_of_prices(f"shapes: {name}", prices)


def _problems_of_prices(place: str, prices: object) -> Iterator[str]:
    if prices is not None and not (isinstance(prices, dict) and all(map(_is_price, prices.values()))):
        yield f"{place}: must be a map of prices, numbers of at least 0, found {prices!r}"


def _is_price(value: object) -> bool:
    """Or none: a price that is left blank is unknown."""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and value >= 0)
