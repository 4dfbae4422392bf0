"""A local OCI that enforces the load balancers' bandwidth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from local_oci_cloud import DOUBLES, Cloud, end, zip_of


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    running = Cloud(tmp_path / "cloud", enforces_bandwidth=True)
    running.start()
    yield running
    end(running)


def test_a_bandwidth_that_is_changed_counts_from_the_end_of_the_update(cloud: Cloud) -> None:
    project = cloud.project()
    deployment = cloud.deploy(project, cloud.model(project, zip_of(score=DOUBLES))).resources[0].identifier
    rows = list(range(300_000))  # 2.2 MB there and about as much back; 10 megabits a second let 1.25 MB through

    assert [cloud.predict(deployment, rows).status_code for _ in range(2)] == [200, 429]
    assert cloud.update(deployment, bandwidth_mbps=100).status == "SUCCEEDED"
    assert [cloud.predict(deployment, rows).status_code for _ in range(2)] == [200, 200]
    assert cloud.update(deployment, bandwidth_mbps=10).status == "SUCCEEDED"
    assert [cloud.predict(deployment, rows).status_code for _ in range(2)] == [200, 429]
