"""What the deployments of a stack cost in a month stays within a budget: by the user's own prices, or unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from .deployment import capacity
from .prices import PriceFileError, Prices, monthly_cost, read_prices
from .resource import MODEL_DEPLOYMENT, Resource
from .rule import Settings, StackRule, of_type
from .violation import Violation


def over_budget(resources: Sequence[Resource], settings: Settings) -> Iterator[Violation]:
    """Nothing where no bound is configured; a bound without readable prices is a violation: unknown is not nothing."""
    if settings.get("maxMonthly") is None and settings.get("maxMonthlyPerDeployment") is None:
        return
    if not settings["priceFile"]:
        yield _without_prices("no price file", "Write your prices into a file and name it in priceFile of budget")
        return
    try:
        prices = read_prices(Path(settings["priceFile"]))
    except PriceFileError as error:
        yield _without_prices(str(error), "Mend the price file, or name another in priceFile of budget")
        return
    yield from beyond_bounds(resources, prices, settings)


def beyond_bounds(resources: Sequence[Resource], prices: Prices, settings: Settings) -> Iterator[Violation]:
    """One violation for each deployment that costs too much or an unknown amount, and one for the sum."""
    most_of_all = settings.get("maxMonthly")
    most_of_one = settings.get("maxMonthlyPerDeployment")
    total, unknown = 0.0, 0
    for deployment in of_type(resources, MODEL_DEPLOYMENT):
        cost = monthly_cost(capacity(deployment), prices)
        if cost.amount is None:
            unknown += 1
            yield _unknown(deployment, cost.reason, prices)
            continue
        total += cost.amount
        if most_of_one is not None and cost.amount > most_of_one:
            yield _too_dear(deployment, "maxMonthlyPerDeployment", most_of_one, cost.amount, prices)
    if most_of_all is not None and total > most_of_all:
        yield _too_dear(None, "maxMonthly", most_of_all, total, prices, besides=unknown)


def _without_prices(reason: str, mend: str) -> Violation:
    return Violation(
        None,
        "cost a month",
        "known, since a budget is configured",
        f"unknown: {reason}",
        f"{mend} in the pack's configuration.",
    )


def _unknown(deployment: Resource, reason: str, prices: Prices) -> Violation:
    return Violation(
        deployment,
        "cost a month",
        "known, since a budget is configured",
        f"unknown: {reason} ({prices.origin})",
        "Add its price to the price file, or take a shape that has one.",
    )


def _too_dear(
    deployment: Resource | None, setting: str, bound: float, amount: float, prices: Prices, besides: int = 0
) -> Violation:
    uncounted = f", and {besides} deployments of unknown cost" if besides else ""
    return Violation(
        deployment,
        "cost a month",
        f"at most {bound:.2f} {prices.currency}",
        f"up to {amount:.2f} {prices.currency}{uncounted} ({prices.origin})",
        f"Take fewer or smaller instances, or raise {setting} of budget in the pack's configuration.",
    )


BUDGET = StackRule(
    name="budget",
    description="What the model deployments cost in a month, by the prices given, is within the budget.",
    level="mandatory",
    check=over_budget,
    settings={
        "priceFile": {"type": "string", "default": ""},
        "maxMonthly": {"type": "number", "minimum": 0},
        "maxMonthlyPerDeployment": {"type": "number", "minimum": 0},
    },
)
