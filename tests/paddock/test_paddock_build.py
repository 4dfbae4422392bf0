"""`paddock build` as a person and as a program see it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import joblib
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from infra.settings import Settings
from paddock import console
from paddock.errors import PaddockError
from paddock.model_builds import build_models
from paddock.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]


def paddock(project: Path, *words: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "paddock", *words],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        timeout=100,
        check=False,
        **options,
    )


def write_project(root: Path) -> Path:
    """Models `good` and `other`, and `bad`, whose estimator is no pickle."""
    (root / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
    features = pd.DataFrame({"a": [0.0, 1.0, 2.0], "b": [1.0, 0.0, 1.0]})
    for name in ("bad", "good", "other"):
        folder = root / "models" / name
        folder.mkdir(parents=True)
        joblib.dump(LinearRegression().fit(features, [1.0, 2.0, 3.0]), folder / "model.pkl")
        features.to_csv(folder / "X.csv", index=False)
        (folder / "model.yaml").write_text("estimator: model.pkl\nsamples: {X: X.csv}\n")
    (root / "models" / "bad" / "model.pkl").write_bytes(b"no pickle")
    return root


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """(project, what its first build said)."""
    project = write_project(tmp_path_factory.mktemp("project"))
    return project, paddock(project, "build", "--jobs", "2", capture_output=True)


def test_what_fails_does_not_stop_the_others_and_ends_in_exit_code_1_and_a_summary(first):
    _, run = first

    assert run.returncode == 1
    rows = [line.split() for line in run.stdout.splitlines() if " KiB" in line or "failed" in line]
    assert [row[:2] for row in rows] == [["bad", "failed"], ["good", "built"], ["other", "built"], ["2", "built,"]]
    assert re.search(r"2 built, 1 failed, \d+\.\d s", run.stdout)
    assert re.search(r"^error: bad: model\.pkl ", run.stderr, re.MULTILINE)


def test_each_model_gets_a_plain_line_where_there_is_no_terminal(first):
    _, run = first

    lines = [line for line in run.stderr.splitlines() if line.startswith(("built", "failed"))]
    assert sorted(line.split()[1].rstrip(":") for line in lines) == ["bad", "good", "other"]
    assert "\x1b" not in run.stderr


def test_a_program_gets_every_outcome_as_json(first):
    project, _ = first

    run = paddock(project, "build", "--json", capture_output=True)

    bad, good, other = json.loads(run.stdout)
    assert run.returncode == 1
    assert (bad["name"], bad["state"], bad["error"][:5]) == ("bad", "failed", "bad: ")
    assert [one["state"] for one in (good, other)] == ["unchanged", "unchanged"]
    assert Path(good["zip"]).stat().st_size == good["sizeBytes"]


def test_named_models_alone_are_built(first):
    project, _ = first

    run = paddock(project, "build", "other", "--json", capture_output=True)

    assert run.returncode == 0
    assert [(one["name"], one["state"]) for one in json.loads(run.stdout)] == [("other", "unchanged")]


def test_an_unknown_name_is_exit_code_2_and_nothing_is_built(tmp_path):
    project = write_project(tmp_path)

    run = paddock(project, "build", "god", capture_output=True)

    assert run.returncode == 2
    assert "no model named god; there are: bad, good, other" in run.stderr
    assert not (project / "artifacts").exists()


def test_a_scheduler_that_is_no_address_is_told_without_a_traceback(tmp_path):
    project = write_project(tmp_path)

    run = paddock(project, "build", "--scheduler", "nowhere", capture_output=True)

    assert run.returncode == 1
    assert "must be like tcp://host:8786, found 'nowhere'" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_terminal_shows_a_bar_while_models_are_built(tmp_path):
    project = write_project(tmp_path)
    terminal, end = pty.openpty()
    try:
        run = paddock(project, "build", stderr=end, stdout=subprocess.PIPE)
        shown = os.read(terminal, 1 << 16).decode(errors="replace")  # a terminal holds 4 kB, cut anywhere
    finally:
        os.close(terminal)
        os.close(end)

    assert run.returncode == 1
    assert "building 3 models" in shown
    assert "built good" not in shown  # the table tells
    assert "good" in run.stdout


def test_up_stops_before_pulumi_where_a_model_fails(first):
    project, _ = first

    with pytest.raises(PaddockError) as caught:
        build_models(Workspace(project), Settings(compartment_id="c"))

    assert str(caught.value).startswith("bad: model.pkl ")
    assert str(caught.value).endswith("Nothing was created or changed.")


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [(0, "0 KiB"), (2048, "2 KiB"), (5 << 20, "5 MiB"), (999 << 20, "999 MiB"), (1536 << 20, "1.50 GiB")],
)
def test_sizes_are_read_at_a_glance(size_bytes, words):
    assert console.size_in_words(size_bytes) == words
