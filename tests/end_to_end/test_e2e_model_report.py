"""A preview of everything that can become of a model, by the real CLI; then the same in a clone without artifacts."""

from __future__ import annotations

import json
import shutil

import joblib
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

MODEL_YAML = """estimator: model.pkl
samples: {X: X_sample.csv, y: y_sample.csv}
conda_env: generalml_p311_cpu_x86_64_v1
deployment:
  load_balancer: {bandwidth_mbps: 10}
"""


def train(clone, name, columns, *, strength=1.0):
    folder = clone.folder / "models" / name
    folder.mkdir(parents=True, exist_ok=True)
    rows = pd.DataFrame({column: [float(i * (k + 2) % 7) for i in range(12)] for k, column in enumerate(columns)})
    truths = pd.Series(["low", "high"] * 6, name="risk")
    joblib.dump(LogisticRegression(C=strength).fit(rows, truths), folder / "model.pkl")
    rows.to_csv(folder / "X_sample.csv", index=False)
    truths.to_frame().to_csv(folder / "y_sample.csv", index=False)
    (folder / "model.yaml").write_text(MODEL_YAML)


@pytest.fixture(scope="module")
def changed(clone):
    """Three models are up; then one is retrained and widened, one loses a column, one goes and one comes."""
    shutil.rmtree(clone.folder / "models")
    for name in ("retrained", "narrowed", "removed"):
        train(clone, name, ["age", "dose"])
    clone.up()
    train(clone, "retrained", ["age", "dose"], strength=0.1)
    clone.edit("models/retrained/model.yaml", "bandwidth_mbps: 10", "bandwidth_mbps: 20")
    train(clone, "narrowed", ["age"])
    shutil.rmtree(clone.folder / "models/removed")
    train(clone, "added", ["age", "dose"])
    return clone


@pytest.fixture(scope="module")
def previewed(changed):
    return changed.paddock("preview", "--markdown", "report.md", "--model-json", "report.json")


def test_pulumis_own_output_stands_before_the_tables(previewed):
    pulumi, _, tables = previewed.stdout.partition("\nResources:\n")

    assert "Previewing update (local)" in pulumi
    assert "retrained: new version, endpoint kept, no downtime, in 2 stages" in tables
    assert "narrowed: new version, endpoint kept, no downtime" in tables
    assert "removed: deleted, endpoint goes, downtime" in tables
    assert "added: new model, new endpoint" in tables
    assert tables.splitlines()[-1].startswith("paddock preview (local): would be: ")


def test_the_preview_says_that_up_will_stop_at_the_model_that_breaks_its_callers(previewed):
    assert "breaks callers: column 'dose' is gone: requests that have 'dose' are refused" in previewed.stdout
    assert "`paddock up` will stop: narrowed would break callers." in previewed.stdout
    assert previewed.returncode == 0


def test_the_json_names_each_model_and_what_becomes_of_it(previewed, changed):
    report = json.loads((changed.folder / "report.json").read_text())
    models = {model["name"]: model for model in report["models"]}

    assert {name: model["kind"] for name, model in models.items()} == {
        "added": "created",
        "narrowed": "new version",
        "removed": "deleted",
        "retrained": "new version",
    }
    assert [name for name, model in models.items() if (model["schema"] or {}).get("isBreaking")] == ["narrowed"]
    assert models["retrained"]["stages"] == ["model, shape and instances", "load balancer bandwidth"]
    status = {one["name"]: one for one in changed.paddock_json("status", "--json")}
    assert models["narrowed"]["old"]["digest"] == status["narrowed"]["digest"]
    assert models["narrowed"]["endpoint"] == status["narrowed"]["endpoint"]


def test_a_pipelines_clone_reports_the_same_with_nothing_else_on_stdout(previewed, changed):
    """Only what this commit builds is there: the served versions are known from their catalog entries."""
    shutil.rmtree(changed.folder / "artifacts")

    result = changed.paddock("preview", "--markdown")

    assert result.stdout == (changed.folder / "report.md").read_text()
    assert "Previewing update (local)" in result.stderr


def test_json_is_pulumis_own_and_nothing_else(changed):
    preview = changed.paddock_json("preview", "--json", "--model-json", "again.json")

    assert {"steps", "changeSummary"} <= set(preview)
    assert json.loads((changed.folder / "again.json").read_text()) == json.loads(
        (changed.folder / "report.json").read_text()
    )


def test_two_reports_on_one_stdout_are_refused_before_anything_runs(changed):
    result = changed.paddock("preview", "--json", "--markdown", check=False)

    assert result.returncode == 2
    assert "stdout can have one of --json, --markdown and --model-json -" in result.stderr


def test_changes_that_were_not_expected_are_told_and_fail(changed):
    result = changed.paddock("preview", "--expect-no-changes", check=False)

    assert result.returncode == 1
    assert "4 models change" in result.stdout
    assert "no changes were expected, found" in result.stderr


def test_up_stops_at_a_model_that_breaks_its_callers_and_changes_nothing(previewed, changed):
    before = changed.paddock_json("status", "--json")

    result = changed.paddock("up", check=False)

    assert result.returncode == 1
    assert "narrowed: the new version" in result.stderr
    assert "column 'dose' is gone: requests that have 'dose' are refused" in result.stderr
    assert "--allow-breaking" in result.stderr
    assert changed.paddock_json("status", "--json") == before


def test_what_model_yaml_allows_goes_on(previewed, changed):
    yaml = changed.folder / "models/narrowed/model.yaml"
    yaml.write_text(f"breaking: allowed\n{yaml.read_text()}")

    result = changed.paddock("up")

    assert "narrowed: new version, endpoint kept" in result.stdout
    assert "no model changes" in changed.paddock("preview").stdout
