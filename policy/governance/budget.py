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
    try:
        prices = read_prices(Path(settings["priceFile"]))
    except PriceFileError as error:
        yield Violation(
            None,
            "cost a month",
            "known, since a budget is configured",
            f"unknown: {error}",
            "Write your prices into that file, or name another in priceFile of budget in the pack's configuration.",
        )
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
            yield _unknown(deployment, cost.unknown, prices)
            continue
        total += cost.amount
        if most_of_one is not None and cost.amount > most_of_one:
            yield _too_dear(deployment, "maxMonthlyPerDeployment", most_of_one, cost.amount, prices)
    if most_of_all is not None and total > most_of_all:
        yield _too_dear(None, "maxMonthly", most_of_all, total, prices, besides=unknown)


def _unknown(deployment: Resource, reason: str, prices: Prices) -> Violation:
    return Violation(
        deployment,
        "cost a month",
        "known, since a budget is configured",
        f"unknown: {reason} (prices of {prices.as_of})",
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
        f"up to {amount:.2f} {prices.currency}{uncounted} (prices of {prices.as_of})",
        f"Take fewer or smaller instances, or raise {setting} of budget in the pack's configuration.",
    )


BUDGET = StackRule(
    name="budget",
    description="What the model deployments cost in a month, by the prices given, is within the budget.",
    level="mandatory",
    check=over_budget,
    settings={
        "priceFile": {"type": "string", "minLength": 1, "default": "gitops/prices.yaml"},
        "maxMonthly": {"type": "number", "minimum": 0},
        "maxMonthlyPerDeployment": {"type": "number", "minimum": 0},
    },
)
