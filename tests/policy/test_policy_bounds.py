"""Shapes, sizes and costs: what is within bounds, what is beyond, and what is unknown."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml
from declared_resources import DETAILS, deployment, findings, messages
from hypothesis import given
from hypothesis import strategies as st

from policy.governance.budget import BUDGET
from policy.governance.prices import PriceFileError, read_prices
from policy.governance.resource import NOT_YET_KNOWN
from policy.governance.shape import SHAPE_BOUNDS
from policy.governance.violation import Undecided

SINGLE = f"{DETAILS}.modelConfigurationDetails"
INSTANCE = f"{SINGLE}.instanceConfiguration"
POOL = f"{DETAILS}.infrastructureConfigurationDetails"
SIZE = "modelDeploymentInstanceShapeConfigDetails"
FIXED = {f"{INSTANCE}.instanceShapeName": "VM.GPU.A10.1", f"{INSTANCE}.{SIZE}": None}


def autoscaling(*maxima):
    return {
        f"{SINGLE}.scalingPolicy": {
            "policyType": "AUTOSCALING",
            "autoScalingPolicies": [{"maximumInstanceCount": maximum} for maximum in maxima],
        }
    }


# shape-bounds


def test_without_bounds_everything_is_within():
    assert messages(SHAPE_BOUNDS, deployment({f"{INSTANCE}.{SIZE}.ocpus": 1000.0})) == []


def test_exactly_at_every_bound_is_within():
    bounds = {"maxOcpus": 2.0, "maxMemoryGbs": 32.0, "maxInstances": 2.0, "maxBandwidthMbps": 10.0}

    assert messages(SHAPE_BOUNDS, deployment(), allowedShapes=["VM.Standard.E4.Flex"], **bounds) == []


@pytest.mark.parametrize(
    ("bound", "where"),
    [
        ({"maxOcpus": 1.0}, f"{INSTANCE}.{SIZE}.ocpus"),
        ({"maxMemoryGbs": 16.0}, f"{INSTANCE}.{SIZE}.memoryInGbs"),
        ({"maxInstances": 1.0}, f"{SINGLE}.scalingPolicy.instanceCount"),
    ],
)
def test_what_is_beyond_a_bound_is_told_with_its_path_and_the_setting(bound, where):
    [said] = messages(SHAPE_BOUNDS, deployment(), **bound)

    assert said.startswith(f"ModelDeployment wine: {where}: must be at most {next(iter(bound.values())):g} ")
    assert f"raise {next(iter(bound))} of shape-bounds" in said


def test_all_that_is_beyond_is_told_at_once():
    bounds = {"maxOcpus": 1.0, "maxMemoryGbs": 1.0, "maxInstances": 1.0}

    assert len(messages(SHAPE_BOUNDS, deployment(), allowedShapes=["VM.Standard3.Flex"], **bounds)) == 4


def test_a_shape_that_is_not_allowed_is_told_with_those_that_are():
    [said] = messages(SHAPE_BOUNDS, deployment(FIXED), allowedShapes=["VM.Standard3.Flex", "VM.Standard.E4.Flex"])

    assert f"{INSTANCE}.instanceShapeName: must be one of VM.Standard3.Flex, VM.Standard.E4.Flex" in said
    assert "found VM.GPU.A10.1. " in said


def test_autoscaling_counts_with_its_greatest_maximum():
    assert messages(SHAPE_BOUNDS, deployment(autoscaling(3.0, 4.0)), maxInstances=4.0) == []
    [said] = messages(SHAPE_BOUNDS, deployment(autoscaling(3.0, 5.0)), maxInstances=4.0)
    assert "autoScalingPolicies[1].maximumInstanceCount" in said
    assert "found 5." in said


def test_bandwidth_counts_with_the_greater_of_its_two():
    wide = deployment({f"{SINGLE}.bandwidthMbps": 20.0, f"{SINGLE}.maximumBandwidthMbps": 40.0})

    assert messages(SHAPE_BOUNDS, wide, maxBandwidthMbps=40.0) == []
    assert "found 40." in messages(SHAPE_BOUNDS, wide, maxBandwidthMbps=39.0)[0]


def test_a_model_group_is_bounded_where_it_states_its_size():
    group = deployment(
        {f"{DETAILS}.modelConfigurationDetails": None, f"{POOL}.instanceConfiguration.{SIZE}.ocpus": 8.0}
    )

    [said] = messages(SHAPE_BOUNDS, group, maxOcpus=4.0)
    assert f"{POOL}.instanceConfiguration.{SIZE}.ocpus" in said


def test_a_share_of_a_compute_target_has_no_shape_but_a_size():
    share = f"{POOL}.modelDeploymentResourceConfiguration.resourceRequestConfiguration"
    flex = deployment(
        {f"{DETAILS}.modelConfigurationDetails": None, f"{POOL}.computeTargetId": "x", f"{share}.ocpus": 8.0}
    )

    [said] = messages(SHAPE_BOUNDS, flex, allowedShapes=["VM.Standard3.Flex"], maxOcpus=4.0)
    assert f"{share}.ocpus" in said


def test_the_size_of_a_fixed_shape_is_unknown_unless_the_shape_is_named():
    [said] = messages(SHAPE_BOUNDS, deployment(FIXED), maxOcpus=4.0)

    assert "no size: unknown for VM.GPU.A10.1" in said
    assert messages(SHAPE_BOUNDS, deployment(FIXED), maxOcpus=4.0, allowedShapes=["VM.GPU.A10.1"]) == []


@pytest.mark.parametrize(
    ("path", "bound"),
    [
        (f"{INSTANCE}.instanceShapeName", {"allowedShapes": ["VM.Standard3.Flex"]}),
        (f"{INSTANCE}.{SIZE}.ocpus", {"maxOcpus": 4.0}),
        (f"{SINGLE}.scalingPolicy.instanceCount", {"maxInstances": 4.0}),
        (f"{SINGLE}.bandwidthMbps", {"maxBandwidthMbps": 40.0}),
    ],
)
def test_what_is_known_only_later_is_decided_then(path, bound):
    unknown = deployment({path: NOT_YET_KNOWN})

    assert findings(SHAPE_BOUNDS, unknown, **bound) == [Undecided(unknown, path)]


# budget

PRICES = {
    "as_of": date(2026, 11, 1),
    "currency": "EUR",
    "hours_per_month": 100,
    "shapes": {
        "VM.Standard.E4.Flex": {"ocpu_hour": 0.5, "memory_gb_hour": 0.25},
        "VM.GPU.A10.1": {"instance_hour": 3},
    },
    "load_balancer": {"hour": 0, "mbps_hour": 0},
}
# Two instances of 2 OCPUs and 32 GB, 100 hours: 2 * (2 * 0.5 + 32 * 0.25) * 100.
COST = 1800.0


@pytest.fixture
def price_file(tmp_path):
    def write(**changes):
        path = tmp_path / "prices.yaml"
        path.write_text(yaml.safe_dump({**PRICES, **changes}))
        return str(path)

    return write


def test_without_a_budget_no_price_is_asked_for():
    assert messages(BUDGET, deployment()) == []


def test_a_budget_without_prices_says_that_the_cost_is_unknown(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    [said] = messages(BUDGET, deployment(), maxMonthly=1.0)

    assert said.startswith(
        "the stack: cost a month: must be known, since a budget is configured, "
        "found unknown: gitops/prices.yaml: there is no such file"
    )


def test_exactly_at_the_budget_is_within(price_file):
    assert messages(BUDGET, deployment(), priceFile=price_file(), maxMonthly=COST, maxMonthlyPerDeployment=COST) == []


def test_a_deployment_that_costs_too_much_is_told_with_the_date_of_the_prices(price_file):
    [said] = messages(BUDGET, deployment(), priceFile=price_file(), maxMonthlyPerDeployment=COST - 1)

    assert said.startswith(
        "ModelDeployment wine: cost a month: must be at most 1799.00 EUR, found up to 1800.00 EUR "
        "(prices of 2026-11-01)."
    )


def test_the_stack_is_bounded_by_the_sum_of_its_deployments(price_file):
    both = (deployment(), deployment(FIXED, name="image"))

    assert messages(BUDGET, *both, priceFile=price_file(), maxMonthly=COST + 600) == []
    [said] = messages(BUDGET, *both, priceFile=price_file(), maxMonthly=COST)
    assert said.startswith("the stack: cost a month: must be at most 1800.00 EUR, found up to 2400.00 EUR")


def test_a_shape_without_a_price_costs_an_unknown_amount_and_not_nothing(price_file):
    unpriced = deployment({f"{INSTANCE}.instanceShapeName": "VM.Standard3.Flex"})

    [said] = messages(BUDGET, unpriced, priceFile=price_file(), maxMonthly=1e9)
    assert (
        "found unknown: the price file has no VM.Standard3.Flex: ocpu_hour, VM.Standard3.Flex: memory_gb_hour "
        "(prices of 2026-11-01)"
    ) in said


def test_a_size_that_is_known_only_later_costs_an_unknown_amount(price_file):
    later = deployment({f"{INSTANCE}.{SIZE}.ocpus": NOT_YET_KNOWN})

    assert "known only after `up`" in messages(BUDGET, later, priceFile=price_file(), maxMonthly=1e9)[0]


def test_the_load_balancer_counts_once_with_its_least_bandwidth(price_file):
    priced = price_file(load_balancer={"hour": 1, "mbps_hour": 0.1})
    wide = deployment({f"{SINGLE}.maximumBandwidthMbps": 20.0})

    assert messages(BUDGET, wide, priceFile=priced, maxMonthly=COST + 200) == []
    assert messages(BUDGET, wide, priceFile=priced, maxMonthly=COST + 199) != []


@pytest.mark.parametrize("prices", [None, {}, {"hour": 1}, {"hour": 1, "mbps_hour": None}])
def test_a_load_balancer_without_its_prices_costs_an_unknown_amount(price_file, prices):
    [said] = messages(BUDGET, deployment(), priceFile=price_file(load_balancer=prices), maxMonthly=1e9)

    assert "load_balancer: mbps_hour" in said


def test_an_inactive_deployment_costs_nothing(price_file):
    stopped = deployment({"state": "INACTIVE"})

    assert messages(BUDGET, stopped, priceFile=price_file(), maxMonthly=0.0) == []


@given(maximum=st.integers(1, 50), more=st.integers(1, 50))
def test_more_instances_never_cost_less(tmp_path_factory, maximum, more):
    path = tmp_path_factory.getbasetemp() / "prices.yaml"
    path.write_text(yaml.safe_dump(PRICES))
    bound = maximum * COST / 2

    assert messages(BUDGET, deployment(autoscaling(maximum)), priceFile=str(path), maxMonthly=bound) == []
    assert messages(BUDGET, deployment(autoscaling(maximum + more)), priceFile=str(path), maxMonthly=bound) != []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"as_of": "yesterday"}, "as_of: must be the day that the prices are of (2026-11-01), found 'yesterday'"),
        ({"as_of": None}, "as_of: must be the day"),
        ({"currency": ""}, "currency: must be text (EUR), found ''"),
        ({"shapes": []}, "shapes: must be a map of shapes to prices, found []"),
        ({"shapes": {"VM.X": {"instance_hour": -1}}}, "shapes: VM.X: must be a map of prices"),
        ({"load_balancer": {"hour": "cheap"}}, "load_balancer: must be a map of prices"),
        ({"hours_per_month": "all"}, "hours_per_month: must be a number, at least 0, found 'all'"),
    ],
)
def test_a_price_file_that_is_wrong_tells_no_cost(price_file, changes, told):
    path = price_file(**changes)

    [said] = messages(BUDGET, deployment(), priceFile=path, maxMonthly=1.0)

    assert f"found unknown: {path}: {told}" in said


def test_all_that_is_wrong_in_a_price_file_is_told_at_once(price_file):
    with pytest.raises(PriceFileError) as refused:
        read_prices(Path(price_file(as_of=1, currency=2, shapes=3)))

    assert [problem.split(": ")[1] for problem in str(refused.value).split("; ")] == ["as_of", "currency", "shapes"]


@pytest.mark.parametrize(
    ("content", "told"), [("[]", "must be a map"), ("dear", "must be a map"), ("{", "must be YAML")]
)
def test_what_is_no_price_file_at_all_is_refused(tmp_path, content, told):
    (tmp_path / "prices.yaml").write_text(content)

    with pytest.raises(PriceFileError, match=told):
        read_prices(tmp_path / "prices.yaml")


def test_a_price_file_that_is_missing_tells_no_cost():
    [said] = messages(BUDGET, deployment(), priceFile="none.yaml", maxMonthly=1.0)

    assert "found unknown: none.yaml: there is no such file" in said
