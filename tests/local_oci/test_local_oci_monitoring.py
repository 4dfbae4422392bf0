"""Data points, their summaries by MQL, alarms; what is collected from model servers."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import oci
import pytest
from local_oci_cloud import Cloud, error_of

from local_oci.errors import InvalidParameter
from local_oci.metric_collector import measured, samples
from local_oci.resources.monitoring import metric_query
from local_oci.resources.monitoring.metric_query import Point

MODELS = oci.monitoring.models
EXPOSED = """
# TYPE PredictRequestCount counter
PredictRequestCount{resourceId="d"} 7
PredictLatency_sum{resourceId="d",result="Success"} 60.0
PredictLatency_count{resourceId="d",result="Success"} 6
CpuUtilization{resourceId="d",instanceId="12"} 33.5
paddock_instances{resourceId="d"} 1
"""


@pytest.fixture(scope="module")
def monitoring(cloud: Cloud) -> Iterator[Any]:
    client = oci.monitoring.MonitoringClient(
        cloud.config, service_endpoint=cloud.endpoint, retry_strategy=oci.retry.NoneRetryStrategy()
    )
    client.base_client.session.trust_env = False
    yield client
    client.base_client.session.close()


def minute(ago: int) -> datetime:
    now = time.time()
    return datetime.fromtimestamp(now - now % 60 - 60 * ago, UTC)


@pytest.fixture
def namespace(cloud: Cloud, monitoring: Any) -> str:
    """Temperatures of two rooms: 1 … 5 in one, 10 times as much in the other, a value a minute."""
    name = f"house_{uuid.uuid4().hex}"
    series = [
        MODELS.MetricDataDetails(
            namespace=name,
            compartment_id=cloud.compartment,
            name="temperature",
            dimensions={"room": room, "floor": "1"},
            datapoints=[MODELS.Datapoint(timestamp=minute(6 - i), value=float(i * factor)) for i in range(1, 6)],
        )
        for room, factor in (("kitchen", 1), ("cellar", 10))
    ]
    answer = monitoring.post_metric_data(MODELS.PostMetricDataDetails(metric_data=series)).data
    assert answer.failed_metrics_count == 0
    return name


def summarized(cloud: Cloud, monitoring: Any, namespace: str, query: str, **fields: Any) -> dict[str, list[float]]:
    details = MODELS.SummarizeMetricsDataDetails(
        namespace=namespace, query=query, start_time=minute(10), end_time=minute(-1), **fields
    )
    found = monitoring.summarize_metrics_data(cloud.compartment, details).data
    return {
        ",".join(sorted(one.dimensions.values())): [point.value for point in one.aggregated_datapoints] for one in found
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('temperature[1m]{room = "kitchen"}.mean()', {"1,kitchen": [1, 2, 3, 4, 5]}),
        ('temperature[1m]{room =~ "k*|x"}.max()', {"1,kitchen": [1, 2, 3, 4, 5]}),
        ('temperature[1m]{room != "kitchen"}.sum()', {"1,cellar": [10, 20, 30, 40, 50]}),
        ("temperature[1m].grouping().sum()", {"": [11, 22, 33, 44, 55]}),
        ("temperature[1m].groupBy(floor).max()", {"1": [10, 20, 30, 40, 50]}),
        ('temperature[1m]{room = "kitchen"}.mean() > 3', {"1,kitchen": [0, 0, 0, 1, 1]}),
        ('temperature[1m]{room = "kitchen"}.count()', {"1,kitchen": [1, 1, 1, 1, 1]}),
    ],
)
def test_a_summary_is_what_its_query_says(
    cloud: Cloud, monitoring: Any, namespace: str, query: str, expected: dict[str, list[float]]
) -> None:
    assert summarized(cloud, monitoring, namespace, query) == expected


def test_series_are_listed_with_their_dimensions(cloud: Cloud, monitoring: Any, namespace: str) -> None:
    details = MODELS.ListMetricsDetails(namespace=namespace, dimension_filters={"room": "cellar"})

    found = monitoring.list_metrics(cloud.compartment, details).data

    assert [(one.name, one.dimensions) for one in found] == [("temperature", {"room": "cellar", "floor": "1"})]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "temperature",
        "temperature[1x].mean()",
        "temperature[90m].mean()",
        "temperature[1m].mode()",
        "a[1m].max() or",
    ],
)
def test_a_query_that_is_none_is_refused(cloud: Cloud, monitoring: Any, query: str) -> None:
    details = MODELS.SummarizeMetricsDataDetails(namespace="house", query=query)

    refused = error_of(lambda: monitoring.summarize_metrics_data(cloud.compartment, details))

    assert (refused.status, refused.code, "query" in refused.message) == (400, "InvalidParameter", True)


@pytest.mark.parametrize(
    ("namespace", "timestamp", "named"),
    [("oci_mine", minute(0), "Oracle's own"), ("mine", minute(200), "timestamp"), ("Mine!", minute(0), "namespace")],
)
def test_points_that_oci_does_not_take_are_refused(
    cloud: Cloud, monitoring: Any, namespace: str, timestamp: datetime, named: str
) -> None:
    entry = MODELS.MetricDataDetails(
        namespace=namespace,
        compartment_id=cloud.compartment,
        name="n",
        dimensions={"a": "b"},
        datapoints=[MODELS.Datapoint(timestamp=timestamp, value=1.0)],
    )

    refused = error_of(lambda: monitoring.post_metric_data(MODELS.PostMetricDataDetails(metric_data=[entry])))

    assert (refused.status, named in refused.message) == (400, True)


def alarm(cloud: Cloud, namespace: str, **fields: Any) -> Any:
    return MODELS.CreateAlarmDetails(
        **{
            "display_name": "hot",
            "compartment_id": cloud.compartment,
            "metric_compartment_id": cloud.compartment,
            "namespace": namespace,
            "query": 'temperature[5m]{room = "cellar"}.max() > 45',
            "severity": "CRITICAL",
            "destinations": ["ocid1.onstopic.oc1..x"],
            "is_enabled": True,
            **fields,
        }
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "FIRING"),
        ({"query": "temperature[5m].max() > 1000"}, "OK"),
        ({"query": "temperature[5m].max() > 1000 || temperature[5m].min() < 5"}, "FIRING"),
        ({"query": "humidity[5m].absent()"}, "FIRING"),
        ({"pending_duration": "PT30M"}, "OK"),
        ({"is_enabled": False}, "OK"),
    ],
)
def test_an_alarm_has_the_status_that_the_points_give_it(
    cloud: Cloud, monitoring: Any, namespace: str, fields: dict[str, Any], expected: str
) -> None:
    made = monitoring.create_alarm(alarm(cloud, namespace, **fields)).data

    found = {one.id: one for one in monitoring.list_alarms_status(cloud.compartment, limit=1000).data}

    assert found[made.id].status == expected
    monitoring.delete_alarm(made.id)
    assert monitoring.get_alarm(made.id).data.lifecycle_state == "DELETED"


def test_a_suppressed_alarm_is_suspended_until_the_suppression_is_removed(
    cloud: Cloud, monitoring: Any, namespace: str
) -> None:
    until = MODELS.Suppression(time_suppress_from=minute(5), time_suppress_until=minute(-5))
    made = monitoring.create_alarm(alarm(cloud, namespace, suppression=until)).data

    def status() -> str:
        found = {one.id: one.status for one in monitoring.list_alarms_status(cloud.compartment, limit=1000).data}
        return str(found[made.id])

    assert status() == "SUSPENDED"
    monitoring.remove_alarm_suppression(made.id)
    assert status() == "FIRING"
    history = monitoring.get_alarm_history(made.id).data
    assert history.entries[0].summary == "State transitioned from OK to FIRING"
    renamed = monitoring.update_alarm(made.id, MODELS.UpdateAlarmDetails(display_name="cold")).data
    assert renamed.display_name == "cold"
    monitoring.delete_alarm(made.id)


def test_an_alarm_that_compares_nothing_is_refused(cloud: Cloud, monitoring: Any) -> None:
    refused = error_of(lambda: monitoring.create_alarm(alarm(cloud, "house", query="temperature[1m].max()")))

    assert (refused.status, "query" in refused.message) == (400, True)


def test_counters_become_what_was_added_and_latencies_their_mean() -> None:
    before = samples('PredictRequestCount{resourceId="d"} 3\n')

    found = {(name, value, count) for name, _, value, count in measured(samples(EXPOSED), before)}

    assert found == {("PredictRequestCount", 4, 1), ("PredictLatency", 10, 6), ("CpuUtilization", 33.5, 1)}


def test_a_percentile_lies_between_the_values() -> None:
    expression = metric_query.parse("m[1m].percentile(0.5)").expressions[0]

    assert metric_query.value(expression, [Point(0, float(n), 1) for n in (1, 2, 3, 10)]) == 2.5


def test_a_percentile_beyond_one_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="percentile"):
        metric_query.parse("m[1m].percentile(95)")
