"""oracle-ads, as Oracle publishes it, from `.prepare()` to `.delete()` (`tests/clients/oracle_ads_journey.py`)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import proven
import pytest
from client_environment import CLIENTS, environment_of, python_of
from local_oci_cloud import Cloud, end


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local OCI that notes which operations are called."""
    running = Cloud(tmp_path_factory.mktemp("cloud"))
    (running.data_dir / "calls.jsonl").touch()
    running.start()
    yield running
    end(running)


@pytest.fixture(scope="module")
def journey(watched: Cloud, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each step of the journey gave."""
    words = [watched.endpoint, str(watched.known.config_file), watched.compartment]
    folder = tmp_path_factory.mktemp("journey")
    done = subprocess.run(
        [str(python_of("oracle-ads")), str(CLIENTS / "oracle_ads_journey.py"), *words, str(folder)],
        env={**environment_of(), "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("deploy", "ACTIVE"),
        ("predict nonsense", False),
        ("update", "renamed"),
        ("update_deployment", "ACTIVE"),
        ("predict_log", True),
        ("access_log", True),
        ("show_logs", True),
        ("watch", True),
        ("restart", "ACTIVE"),
        ("from_id", True),
        ("list", True),
        ("list models", 1),
        ("metadata artifact", "the note"),
        ("delete in use", "refused"),
        ("delete_deployment", "DELETED"),
        ("delete_model", "DELETED"),
        ("versions", ["first"]),
        ("from_name", True),
        ("version set", "DELETED"),
        ("through a bucket", True),
    ],
)
def test_a_step_gives_what_it_gives_on_oci(journey: dict[str, Any], step: str, expected: Any) -> None:
    assert journey[step] == expected


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("verify", [6]),
        ("predict list", [6]),
        ("predict array", [6, 8]),
        ("predict again", [6]),
        ("from_model_catalog", [10]),
    ],
)
def test_predictions_are_the_estimators(journey: dict[str, Any], step: str, expected: list[float]) -> None:
    assert journey[step] == pytest.approx(expected)


def test_what_was_seen_is_what_the_fidelity_page_says(watched: Cloud, journey: dict[str, Any]) -> None:
    proven.require("oracle-ads", proven.seen_in(watched.data_dir / "calls.jsonl"))
