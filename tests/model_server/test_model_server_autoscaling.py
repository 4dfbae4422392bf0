"""Oracle's autoscaling, decided on made-up clocks and measurements."""

from __future__ import annotations

import itertools

import pytest

from model_server.autoscaling import Autoscaler, Autoscaling, ScalingCondition, ScalingRule
from model_server.metric_query import QueryRefused, parse_query
from model_server.metrics import Metrics, Usage


class Deployment:
    """Metrics on a clock of their own."""

    def __init__(self):
        self.now_s = 1_800_000_000.0
        self.metrics = Metrics(lambda: self.now_s)

    def pass_time(self, seconds, cpu_percent=None, requests=0, status=200):
        for _ in range(0, seconds, 10):
            self.now_s += 10
            if cpu_percent is not None:
                self.metrics.use(1, Usage(cpu_percent, 30.0))
            for _ in range(requests):
                self.metrics.count_request(status, 5.0, 10, 10)


@pytest.fixture
def deployment():
    return Deployment()


CPU = ScalingRule(
    scale_in=ScalingCondition.threshold("CPU_UTILIZATION", "<", 30),
    scale_out=ScalingCondition.threshold("CPU_UTILIZATION", ">", 70),
)
POLICY = Autoscaling(minimum=1, maximum=4, rules=(CPU,), cool_down_s=300)


def test_a_policy_survives_its_json():
    assert Autoscaling.from_json(POLICY.to_json()) == POLICY


def test_a_high_load_scales_out_after_its_pending_duration_and_the_cool_down(deployment):
    scaler = Autoscaler(POLICY, deployment.now_s)
    seen = []
    for _ in range(60):
        deployment.pass_time(10, cpu_percent=90)
        seen.append(scaler.wanted(2, deployment.metrics, deployment.now_s))
    assert seen[:29] == [2] * 29
    assert seen[29:] == [3] * 31


def test_a_load_that_falls_back_starts_the_pending_duration_anew(deployment):
    scaler = Autoscaler(POLICY, deployment.now_s - 1000)
    for _ in range(5):
        for percent in (90, 10):
            deployment.pass_time(120, cpu_percent=percent)
            assert scaler.wanted(2, deployment.metrics, deployment.now_s) == 2


def test_two_changes_are_a_cool_down_apart(deployment):
    scaler = Autoscaler(POLICY, deployment.now_s)
    instances, changes = 1, []
    for _ in range(120):
        deployment.pass_time(10, cpu_percent=90)
        wanted = scaler.wanted(instances, deployment.metrics, deployment.now_s)
        if wanted != instances:
            changes.append(deployment.now_s)
            instances = wanted
            scaler.changed(deployment.now_s)
    assert instances == 4
    assert [later - earlier for earlier, later in itertools.pairwise(changes)] == [300, 300]


def test_a_low_load_scales_in_down_to_the_minimum(deployment):
    scaler = Autoscaler(POLICY, deployment.now_s - 1000)
    for _ in range(20):
        deployment.pass_time(10, cpu_percent=5)
        wanted = scaler.wanted(2, deployment.metrics, deployment.now_s)
    assert wanted == 1
    assert scaler.wanted(1, deployment.metrics, deployment.now_s) == 1


def test_one_rule_scales_out_and_only_all_together_scale_in(deployment):
    busy = ScalingRule(
        scale_in=ScalingCondition("PredictRequestCount[1m].sum() < 5", pending_s=0),
        scale_out=ScalingCondition("PredictRequestCount[1m].sum() > 100", pending_s=0, adjustment=2),
    )
    scaler = Autoscaler(Autoscaling(1, 4, (CPU, busy), 0), deployment.now_s)
    for _ in range(30):
        deployment.pass_time(10, cpu_percent=5, requests=2)
        assert scaler.wanted(2, deployment.metrics, deployment.now_s) == 2
    deployment.pass_time(60, cpu_percent=5, requests=20)
    assert scaler.wanted(2, deployment.metrics, deployment.now_s) == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('PredictRequestCount[1m]{resourceId = "MODEL_DEPLOYMENT_OCID"}.grouping().sum() > 11', True),
        ('PredictRequestCount[1m]{resourceId = "MODEL_DEPLOYMENT_OCID"}.grouping().sum() > 12', False),
        ('CPUUtilization[1m]{resourceId = "x"}.grouping().mean() >= 50', True),
        ("PredictLatency[1m].percentile(0.9) == 5", True),
        ("PredictLatency[1m].absent() == 1", False),
        ("PredictLatency[1m].absent()", False),
        ("CpuUtilization[1m].max() < 50 || PredictLatency[2m].mean() < 6", True),
        ("CpuUtilization[1m].max() < 50 && PredictLatency[2m].mean() < 6", False),
        (
            "(CpuUtilization[1m].max() < 50 OR PredictLatency[2m].mean() < 6) AND MemoryUtilization[1h].min() == 30",
            True,
        ),
        ('PredictResponse[1m]{result = "Failure"}.sum() > 0', False),
        ('PredictResponse[1m]{statusCode = "200"}.count() == 6', True),
    ],
)
def test_queries_are_asked_of_the_deployments_own_metrics(deployment, text, expected):
    deployment.pass_time(600, cpu_percent=99, requests=50)
    deployment.pass_time(120, cpu_percent=50, requests=2)
    assert parse_query(text).holds(deployment.metrics) is expected


def test_what_nobody_asked_for_lately_is_absent_and_nothing_else_is_true_of_it(deployment):
    deployment.pass_time(60, requests=5)
    deployment.pass_time(120)
    assert parse_query("PredictRequestCount[1m].absent() == 1").holds(deployment.metrics)
    assert not parse_query("PredictRequestCount[1m].sum() < 5").holds(deployment.metrics)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CpuUtilization",
        "CpuUtilization[1m].mean()",
        "GpuUtilization[1m].mean() > 1",
        "CpuUtilization[1m].median() > 1",
        "CpuUtilization[1m].mean() > 1 &&",
        "(CpuUtilization[1m].mean() > 1",
        "CpuUtilization[1m].mean() > 1)",
        "CpuUtilization[1m].mean() > 1 CpuUtilization[1m].mean() > 1",
    ],
)
def test_what_is_no_query_is_refused_with_what_was_expected(text):
    with pytest.raises(QueryRefused, match="Expected"):
        parse_query(text)
