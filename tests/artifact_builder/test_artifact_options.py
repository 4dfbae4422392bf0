"""What the keys of model.yaml do to an artifact: formats, answers, trust, own code, environments."""

from __future__ import annotations

import importlib
import json
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from artifact_builder_models import imported_score, manifest_of, only_model, write_model
from sklearn.cluster import DBSCAN
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from artifact_builder import BuildError, build, verify

FILES = "estimator: model.pkl\nsamples: {X: X.csv, y: y.csv}\n"
FRAME = pd.DataFrame({"a": [0.0, 1.0, 0.0, 2.5], "b": [0.0, 0.0, 1.0, -1.0]})
LABELS = pd.Series(["low", "high", "low", "high"], name="label")


def built(tmp_path, options: str = "", **model):
    write_model(tmp_path / "models" / "line", yaml_text=FILES + options, **model)
    return build(only_model(tmp_path / "models"), tmp_path / "artifacts")


def refusal(tmp_path, options: str = "", **model) -> BuildError:
    with pytest.raises(BuildError) as caught:
        built(tmp_path, options, **model)
    assert not list((tmp_path / "artifacts" / "line").glob("[0-9a-f]*"))
    assert not list((tmp_path / "artifacts").glob("*.zip"))
    return caught.value


def test_onnx_is_verified_at_its_own_tolerance_and_named_in_the_manifest(tmp_path, worker_here):
    artifact = built(tmp_path, "format: onnx\nmodel_file_name: line.onnx\n")
    assert (artifact.folder / "line.onnx").is_file()
    assert (artifact.manifest["format"], artifact.manifest["onnx"]["rows"]) == ("onnx", 4)
    assert "skl2onnx" in artifact.manifest["versions"]
    assert "scikit-learn" not in (artifact.folder / "requirements.txt").read_text()
    assert verify(artifact.folder).is_ok


def test_a_format_that_cannot_be_had_is_refused_with_the_reason(tmp_path, worker_here):
    estimator = make_pipeline(FunctionTransformer(np.nan_to_num), DummyRegressor())
    error = refusal(tmp_path, "format: onnx\n", estimator=estimator.fit(FRAME, [0, 1, 0, 2]))
    assert error.kind == "onnx_unsupported"


@pytest.mark.parametrize("form", ["joblib", "onnx"])
@pytest.mark.parametrize("encoder", [OneHotEncoder(), OrdinalEncoder()])
def test_a_text_that_the_encoder_refuses_is_refused_by_name_in_either_format(tmp_path, worker_here, form, encoder):
    cities = pd.DataFrame({"city": ["Aden", "Bonn", "Aden", "Cork"], "size": [1.0, 2.0, 3.0, 4.0]})
    columns = ColumnTransformer([("c", encoder, ["city"])], remainder="passthrough")
    estimator = make_pipeline(columns, LinearRegression()).fit(cities, [0, 1, 0, 2])
    artifact = built(tmp_path, f"format: {form}\n", estimator=estimator, features=cities)
    predict = imported_score(artifact.folder).predict
    assert predict([{"city": "Bonn", "size": 2.0}])["prediction"] == pytest.approx([1.0])
    with pytest.raises(ValueError, match="row 1, column 'city': expected one of 'Aden', 'Bonn', 'Cork', found 'Rome'"):
        predict([{"city": "Bonn", "size": 2.0}, {"city": "Rome", "size": 2.0}])


@pytest.mark.parametrize("reader", ["encoder", "dtype"])
def test_categories_come_as_texts_only_where_the_estimator_takes_them_for_the_same(tmp_path, worker_here, reader):
    frame = pd.DataFrame({"city": pd.Categorical(["Aden", "Bonn", "Aden", "Cork"] * 10), "x": np.arange(40.0)})
    target = pd.Series(np.arange(40.0), name="y")
    encoder = ColumnTransformer([("c", OneHotEncoder(handle_unknown="ignore"), ["city"])], remainder="passthrough")
    estimator = (
        make_pipeline(encoder, LinearRegression())
        if reader == "encoder"
        else make_pipeline(FunctionTransformer(pd.get_dummies), LinearRegression())  # a column for each category
    ).fit(frame, target)
    samples = "estimator: model.pkl\nsamples: {X: X.csv, dtypes: {city: category}}\n"
    write_model(tmp_path / "models" / "line", estimator=estimator, features=frame, yaml_text=samples)
    artifact = build(only_model(tmp_path / "models"), tmp_path / "artifacts")
    score = imported_score(artifact.folder)
    assert (score.deserialize([["Bonn", 1.0]])["city"].dtype == object) == (reader == "encoder")
    assert score.predict(frame.head(4))["prediction"] == pytest.approx(estimator.predict(frame.head(4)).tolist())
    assert verify(artifact.folder).is_ok


def test_probabilities_are_answered_with_a_column_for_each_class(tmp_path, worker_here):
    estimator = LogisticRegression().fit(FRAME, LABELS)
    artifact = built(tmp_path, "predict_proba: true\n", estimator=estimator, target=LABELS)
    manifest = manifest_of(artifact.folder)
    assert np.allclose(manifest["golden"]["predictions"], estimator.predict_proba(FRAME))
    assert [output["name"] for output in manifest["signature"]["outputs"]] == ["high", "low"]
    assert manifest["metrics"] == {"accuracy": 1.0}


def test_probabilities_of_an_estimator_without_them_are_refused(tmp_path, worker_here):
    error = refusal(tmp_path, "predict_proba: true\n")
    assert "the LinearRegression has no predict_proba()" in str(error)


def test_scorers_by_name_are_measured_and_a_wrong_name_is_told(tmp_path, worker_here):
    artifact = built(tmp_path / "right", "metrics: [r2, neg_max_error]\n")
    assert artifact.manifest["metrics"] == {"r2": 1.0, "neg_max_error": pytest.approx(0, abs=1e-12)}
    assert "did you mean neg_max_error" in str(refusal(tmp_path / "wrong", "metrics: [neg_maxerror]\n"))


def test_a_model_folders_own_module_is_carried_and_imported_there(tmp_path):
    folder = write_model(tmp_path / "models" / "line", yaml_text=FILES)
    (folder / "shapes.py").write_text("from units import HALF\n\ndef halved(X):\n    return X * HALF\n")
    (folder / "units.py").write_text("HALF = 0.5\n")
    (folder / "unused.py").write_text("raise RuntimeError('never imported')\n")
    sys.path.insert(0, str(folder))
    try:
        halved = importlib.import_module("shapes").halved
        estimator = make_pipeline(FunctionTransformer(halved), LinearRegression()).fit(FRAME, [0, 1, 0, 2])
        joblib.dump(estimator, folder / "model.pkl")
    finally:
        sys.path.remove(str(folder))
        for module in ("shapes", "units"):
            del sys.modules[module]
    artifact = build(only_model(tmp_path / "models"), tmp_path / "artifacts")
    carried = {member["name"] for member in artifact.manifest["members"] if member["name"].endswith(".py")}
    assert carried == {"score.py", "shapes.py", "units.py"}
    assert verify(artifact.folder).is_ok


def test_hooks_may_import_the_model_folders_own_modules(tmp_path):
    folder = write_model(
        tmp_path / "models" / "line",
        yaml_text=FILES + "hooks: hooks.py\n",
        hooks="import units\n\ndef post_inference(yhat):\n    return yhat * units.KILO\n",
    )
    (folder / "units.py").write_text("KILO = 1000\n")
    artifact = build(only_model(tmp_path / "models"), tmp_path / "artifacts")
    assert "units.py" in {member["name"] for member in artifact.manifest["members"]}
    assert verify(artifact.folder).is_ok


def test_code_of_strangers_needs_trust_that_names_it(tmp_path):
    stranger = FunctionTransformer(json.dumps)
    stranger.fit(FRAME)
    error = refusal(tmp_path / "one", estimator=stranger)
    assert error.kind == "untrusted"
    assert "json.dumps" in str(error)
    assert "trust:" in str(error)


def test_a_skops_file_needs_no_trust_and_gives_the_digest_of_the_pickle(tmp_path):
    estimator = make_pipeline(StandardScaler(), LinearRegression()).fit(FRAME, [0, 1, 0, 2])
    pickled = built(tmp_path / "pickle", estimator=estimator)
    folder = write_model(tmp_path / "skops" / "models" / "line", yaml_text=FILES.replace("model.pkl", "model.skops"))
    skops.io.dump(estimator, folder / "model.skops")
    skopsed = build(only_model(tmp_path / "skops" / "models"), tmp_path / "skops" / "artifacts")
    assert skopsed.digest == pickled.digest


def test_a_clusterer_that_cannot_answer_new_rows_is_refused(tmp_path, worker_here):
    error = refusal(tmp_path, estimator=DBSCAN().fit(FRAME))
    assert "fit_predict" in str(error)


def test_a_python_that_the_named_pack_does_not_have_is_refused_unless_allowed(tmp_path, worker_here):
    named = "conda_env: generalml_p37_cpu_v1\n"
    error = refusal(tmp_path / "no", named)
    assert error.kind == "environment"
    assert "Python 3.7" in str(error)
    assert "allow_version_skew: true" in str(error)
    allowed = built(tmp_path / "yes", named + "allow_version_skew: true\n")
    assert any("Python 3.7" in note for note in allowed.notes)


OWN_SCORE = """\
import joblib, os

def load_model():
    return joblib.load(os.path.join(os.path.dirname(__file__), "model.joblib"))

def predict(data, model=load_model()):
    return {"prediction": [2 * row["a"] + 3 * row["b"] for row in (data if isinstance(data, list) else [data])]}
"""


def test_a_score_py_of_ones_own_is_the_one_that_is_deployed(tmp_path, worker_here):
    folder = write_model(tmp_path / "models" / "line", yaml_text=FILES + "score: my_score.py\n")
    (folder / "my_score.py").write_text(OWN_SCORE)
    artifact = build(only_model(tmp_path / "models"), tmp_path / "artifacts")
    assert (artifact.folder / "score.py").read_text() == OWN_SCORE
    assert "list of objects" not in str(verify(artifact.folder).problems)


def test_a_score_py_that_oci_would_refuse_is_refused_here_with_lines(tmp_path, worker_here):
    folder = write_model(tmp_path / "models" / "line", yaml_text=FILES + "score: my_score.py\n")
    (folder / "my_score.py").write_text("async def load_model():\n    ...\n\ndef predict(body, model):\n    ...\n")
    with pytest.raises(BuildError) as caught:
        build(only_model(tmp_path / "models"), tmp_path / "artifacts")
    assert str(caught.value).splitlines()[1:] == [
        "my_score.py must define the function load_model() at its top level (a plain def)",
        "my_score.py:4: the first argument of predict() must be called data",
        "my_score.py:4: every argument of predict() but data must have a default, and data none",
    ]


def test_an_edit_made_in_an_artifact_is_kept_when_the_artifact_is_built_again(tmp_path, worker_here):
    artifact = built(tmp_path)
    edited = (artifact.folder / "score.py").read_text() + "# my edit\n"
    (artifact.folder / "score.py").write_text(edited)
    again = build(only_model(tmp_path / "models"), tmp_path / "artifacts")
    (kept,) = (tmp_path / "artifacts" / "line").glob("edited-score-*.py")
    assert kept.read_text() == edited
    assert kept.name in again.notes[-1]
    assert not again.was_cached


def test_dtypes_say_what_a_csv_cannot(tmp_path, worker_here):
    samples = "estimator: model.pkl\nsamples: {X: X.csv, y: y.csv, dtypes: {a: float32}}\n"
    write_model(tmp_path / "models" / "line", yaml_text=samples)
    artifact = build(only_model(tmp_path / "models"), tmp_path / "artifacts")
    assert [column["dtype"] for column in artifact.manifest["signature"]["inputs"]] == ["float32", "float64"]
