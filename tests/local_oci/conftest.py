"""A local OCI per module, or per test; nothing of it is left afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from local_oci_cloud import Cloud, end


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    running = Cloud(tmp_path_factory.mktemp("cloud"))
    running.start()
    yield running
    end(running)


@pytest.fixture
def own_cloud(tmp_path: Path) -> Iterator[Cloud]:
    """For a test that kills it or counts what is there."""
    running = Cloud(tmp_path / "cloud")
    running.start()
    yield running
    end(running)
