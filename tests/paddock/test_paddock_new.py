"""`paddock new`: a model folder that builds at once, or words on why there is none."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
import yaml
from click.testing import CliRunner
from sklearn.linear_model import LogisticRegression

from artifact_builder import load_models
from paddock.__main__ import cli
from paddock.new_model_yaml import new_model_yaml

FRAME = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, 0.0, 1.0, 0.0]})
LABELS = pd.DataFrame({"label": ["low", "low", "high", "high"]})
ESTIMATORS = {
    ".pkl": lambda model, path: path.write_bytes(pickle.dumps(model)),
    ".joblib": joblib.dump,
    ".skops": lambda model, path: path.write_bytes(skops.io.dumps(model)),
}
SAMPLES = {
    ".csv": lambda frame, path: frame.to_csv(path, index=False),
    ".parquet": lambda frame, path: frame.to_parquet(path),
    ".jsonl": lambda frame, path: frame.to_json(path, orient="records", lines=True),
    ".npy": lambda frame, path: np.save(path, frame.to_numpy(), allow_pickle=False),
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with files to make models of in it, and its folder as the current one."""
    (tmp_path / "Pulumi.yaml").write_text("name: p\nruntime: python\n")
    named, bare = (
        LogisticRegression().fit(FRAME, LABELS["label"]),
        LogisticRegression().fit(FRAME.to_numpy(), LABELS["label"]),
    )
    for suffix, write in ESTIMATORS.items():
        write(named, tmp_path / f"named{suffix}")
        write(bare, tmp_path / f"bare{suffix}")
    for suffix, write in SAMPLES.items():
        write(FRAME, tmp_path / f"X{suffix}")
    LABELS.to_csv(tmp_path / "y.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(cli, ["new", *arguments])


def left(project: Path) -> list[str]:
    """What there is of models and artifacts, and of work that was begun."""
    places = (project / "models", project / "artifacts", project / ".paddock")
    return [str(path.relative_to(project)) for place in places for path in place.glob("*")]


@pytest.mark.parametrize(
    ("estimator", "samples"),
    [("named.pkl", "X.csv"), ("named.joblib", "X.parquet"), ("named.skops", "X.jsonl"), ("bare.skops", "X.npy")],
)
def test_a_folder_of_any_kind_of_files_is_built_at_once(project, estimator, samples):
    result = run("grades", "--estimator", estimator, "--samples", samples, "y.csv")

    assert result.exit_code == 0, result.output
    (model,) = load_models(project / "models")
    assert model.name == "grades"
    (manifest,) = (project / "artifacts" / "grades").glob("*/manifest.json")
    assert json.loads(manifest.read_text())["metrics"]["accuracy"] > 0.5
    assert f"built grades {manifest.parent.name[:12]} (LogisticRegression, accuracy" in result.stdout
    assert left(project)[0] == "models/grades"
    assert list((project / ".paddock").iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ("grades", "--estimator", "named.pkl", "--samples", "X.csv", "y.csv"),
        ("grades", "--samples", "X.csv", "y.csv", "--estimator", "named.pkl"),
        ("--samples", "X.csv", "y.csv", "--estimator", "named.pkl", "grades"),
        ("grades", "--estimator", "named.pkl", "--samples", "X.csv", "--truths", "y.csv"),
    ],
)
def test_true_values_follow_the_samples_in_any_order(project, words, monkeypatch):
    asked = []
    monkeypatch.setattr("paddock.commands.new._made", lambda *arguments: asked.append(arguments) or raise_end())

    result = run(*words)

    assert isinstance(result.exception, EndError)
    _, folder, sources, _ = asked[0]
    assert (folder.name, {target: path.name for target, path in sources.items()}) == (
        "grades",
        {"model.pkl": "named.pkl", "X_sample.csv": "X.csv", "y_sample.csv": "y.csv"},
    )


class EndError(Exception):
    """All was asked that a test wanted to know."""


def raise_end():
    raise EndError


def test_the_model_yaml_says_little_and_its_comments_are_keys_that_work(project):
    text = new_model_yaml(["named.pkl", "X.csv", "y.csv"], 'A "B": c # d')
    assert yaml.safe_load(text) == {
        "description": 'A "B": c # d',
        "estimator": "named.pkl",
        "samples": {"X": "X.csv", "y": "y.csv"},
        "deployment": {
            "shape": "VM.Standard.E4.Flex",
            "ocpus": 1,
            "memory_gbs": 16,
            "instances": 1,
            "load_balancer": {"bandwidth_mbps": 10},
        },
    }
    keys = ("# format:", "# predict_proba:", "# strict:", "# metrics:", "# trust:")
    turned_on = "\n".join(line[2:] if line.startswith(keys) else line for line in text.splitlines())
    (project / "models" / "grades").mkdir(parents=True)
    for name in ("named.pkl", "X.csv", "y.csv"):
        (project / name).rename(project / "models" / "grades" / name)
    (project / "models" / "grades" / "model.yaml").write_text(turned_on)
    (model,) = load_models(project / "models")
    assert (model.format, model.predict_proba, model.strict, model.metrics, model.trust) == (
        "auto",
        True,
        True,
        ["f1_macro"],
        ["a_module"],
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("Grades!", "--estimator", "named.pkl", "--samples", "X.csv"), "can't be a model's name"),
        (("grades", "--estimator", "y.csv", "--samples", "X.csv"), "--estimator: expected .pkl"),
        (("grades", "--estimator", "named.pkl", "--samples", "named.pkl"), "--samples: expected .csv"),
        (("grades", "--estimator", "named.pkl", "--samples", "X.csv", "z.csv"), "the true values z.csv are no file"),
        (("grades", "--estimator", "named.pkl", "--samples", "X.csv", "y.csv", "X.csv"), "at most one file"),
        (("there", "--estimator", "named.pkl", "--samples", "X.csv"), "models/there is there already"),
        (("grades", "--estimator", "none.pkl", "--samples", "X.csv"), "does not exist"),
    ],
)
def test_wrong_words_end_with_2_before_anything_is_done(project, words, told):
    (project / "models" / "there").mkdir(parents=True)
    result = run(*words)
    assert result.exit_code == 2
    assert told in result.stderr
    assert left(project) == ["models/there"]


@pytest.mark.parametrize(
    ("estimator", "samples", "told"),
    [
        (b"no pickle at all", b"a,b\n1,2\n", "model.pkl"),
        (pickle.dumps(LogisticRegression()), b"a,b\n1,2\n", "not fitted"),
        (None, b"a,b\n1,2,3\n4,5,6,7\n", "X_sample.csv"),
    ],
)
def test_files_that_no_model_can_be_made_of_leave_nothing(project, estimator, samples, told):
    if estimator is not None:
        (project / "named.pkl").write_bytes(estimator)
    (project / "X.csv").write_bytes(samples)
    result = run("grades", "--estimator", "named.pkl", "--samples", "X.csv")
    assert result.exit_code == 1
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert "Nothing was made" in result.stderr
    assert left(project) == []


def test_a_pickle_that_must_be_trusted_first_leaves_a_folder_to_say_so_in(project):
    (project / "named.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    result = run("grades", "--estimator", "named.pkl", "--samples", "X.csv")
    assert result.exit_code == 1
    assert "models/grades is made, and does not build yet" in result.stderr
    assert left(project) == ["models/grades"]
