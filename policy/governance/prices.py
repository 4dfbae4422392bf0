"""A price file that the user gives, and what a deployment costs by it.

No price is known here: what the file does not say is unknown, and is said to be. The file, JSON::

    {"date": "2026-11-01", "currency": "EUR",
     "shapes": {"VM.Standard.E4.Flex": {"ocpuHour": …, "memoryGbHour": …}, "VM.GPU.A10.1": {"instanceHour": …}},
     "loadBalancerHour": …, "bandwidthMbpsHour": …}

The last two may be left out; the load balancer is then not counted. `hoursPerMonth` may be given, else it is the 744 of
a month of 31 days.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from .deployment import Capacity
from .resource import NOT_YET_KNOWN

_LONGEST_MONTH_HOURS = 31 * 24


class PriceFileError(ValueError):
    """The price file cannot be used; the message has one sentence for each mistake."""


@dataclass(frozen=True)
class Prices:
    """Prices an hour, in `currency`, as of `date`; `shapes`: name → per OCPU, per GB of memory, per instance."""

    date: str
    currency: str
    shapes: Mapping[str, Mapping[str, float]]
    load_balancer_hour: float | None
    bandwidth_mbps_hour: float | None
    hours_per_month: float

    @property
    def origin(self) -> str:
        """For messages: how old the prices are, and what is not in them."""
        without = "" if self.load_balancer_hour is not None else ", load balancer not counted"
        return f"prices of {self.date}{without}"


@dataclass(frozen=True)
class Cost:
    """A month's cost at the most instances, or (None) why it is unknown."""

    amount: float | None
    reason: str = ""


def read_prices(path: Path) -> Prices:
    """Raises PriceFileError with all that is wrong."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PriceFileError(f"{path}: there is no such file; priceFile is found from the project's folder") from None
    except ValueError as error:
        raise PriceFileError(f"{path}: must be JSON, found {error}") from error
    problems = list(_problems(content)) if isinstance(content, dict) else [f"must be an object, found {content!r}"]
    if problems:
        raise PriceFileError("; ".join(f"{path}: {problem}" for problem in problems))
    return Prices(
        date=content["date"],
        currency=content["currency"],
        shapes=content["shapes"],
        load_balancer_hour=content.get("loadBalancerHour"),
        bandwidth_mbps_hour=content.get("bandwidthMbpsHour"),
        hours_per_month=content.get("hoursPerMonth", _LONGEST_MONTH_HOURS),
    )


def monthly_cost(taken: Capacity, prices: Prices) -> Cost:
    """As if ACTIVE all month, at the most instances and the greatest bandwidth."""
    if any(stated.value is NOT_YET_KNOWN for stated in (taken.shape, taken.ocpus, taken.memory_gbs, taken.instances)):
        return Cost(None, "its size is known only after `up`")
    if taken.shape.value is None:
        return Cost(None, "it has no shape of its own")
    price = prices.shapes.get(taken.shape.value)
    if price is None:
        return Cost(None, f"{taken.shape.value} is not in the price file")
    hour = _instance_hour(taken, price)
    if hour is None:
        return Cost(None, f"the price file has no {_missing(taken)} for {taken.shape.value}")
    instances = float(taken.instances.value or 1)  # OCI's own default where no scaling policy is stated
    balancer = (prices.load_balancer_hour or 0) + (prices.bandwidth_mbps_hour or 0) * _bandwidth_mbps(taken)
    return Cost((hour * instances + balancer) * prices.hours_per_month)


def _instance_hour(taken: Capacity, price: Mapping[str, float]) -> float | None:
    if "instanceHour" in price:
        return price["instanceHour"]
    if taken.ocpus.value is None or "ocpuHour" not in price or "memoryGbHour" not in price:
        return None
    return float(taken.ocpus.value) * price["ocpuHour"] + float(taken.memory_gbs.value or 0) * price["memoryGbHour"]


def _missing(taken: Capacity) -> str:
    return "instanceHour" if taken.ocpus.value is None else "ocpuHour and memoryGbHour"


def _bandwidth_mbps(taken: Capacity) -> float:
    stated = taken.bandwidth_mbps.value
    return 10.0 if stated is None or stated is NOT_YET_KNOWN else float(stated)  # OCI's default and minimum


def _problems(content: Mapping[str, Any]) -> Any:
    try:
        date.fromisoformat(content.get("date", ""))
    except (TypeError, ValueError):
        yield f"date: must be the day that the prices are of (2026-11-01), found {content.get('date')!r}"
    if not (isinstance(content.get("currency"), str) and content["currency"]):
        yield f"currency: must be text (EUR), found {content.get('currency')!r}"
    for key in ("loadBalancerHour", "bandwidthMbpsHour", "hoursPerMonth"):
        if key in content and not _is_price(content[key]):
            yield f"{key}: must be a number, at least 0, found {content[key]!r}"
    shapes = content.get("shapes")
    if not isinstance(shapes, dict):
        yield f"shapes: must map shape names to prices, found {shapes!r}"
        return
    for name, price in shapes.items():
        if not isinstance(price, dict) or not price or not all(_is_price(value) for value in price.values()):
            yield f"shapes.{name}: must have instanceHour, or ocpuHour and memoryGbHour, as numbers, found {price!r}"


def _is_price(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
