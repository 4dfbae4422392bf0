"""score.py itself: what it loads, the hooks, and that every answer is a JSON list with one item for each row."""

from __future__ import annotations

import ast
import json
import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from artifact_builder_scores import score_of
from scipy.sparse import csr_matrix
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from artifact_builder.score import score_py

TWO = pd.DataFrame({"a": [0.0, 1.0, 0.0, 2.5], "b": [0.0, 0.0, 1.0, -1.0]})
KINDS = [("joblib", kind) for kind in ("frame", "array", "texts", "records")] + [("onnx", "frame"), ("onnx", "texts")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("scores")


@pytest.fixture(scope="module")
def line(folder):
    """score.py of y = 2a + 3b, fitted on a frame."""
    return score_of(folder, TWO, LinearRegression().fit(TWO, 2 * TWO["a"] + 3 * TWO["b"]))


def written(file_format="joblib", input_kind="frame", **changes):
    options = {
        "column_dtypes": ["float64"],
        "method": "predict",
        "strict": False,
        "has_hooks": False,
        "has_own_modules": False,
        **changes,
    }
    return score_py(model_file_name="model.x", format=file_format, input_kind=input_kind, **options)


@pytest.mark.parametrize(("file_format", "input_kind"), KINDS)
def test_every_kind_is_python_of_2019_with_no_blank_left_to_fill(file_format, input_kind):
    for strict in (False, True):
        text = written(file_format, input_kind, strict=strict, has_own_modules=True, onnx_output="label")
        tree = ast.parse(text, feature_version=(3, 8))
        functions = {node.name: node.args for node in tree.body if isinstance(node, ast.FunctionDef)}
        public = {"load_model", "predict", "pre_inference", "post_inference", "deserialize"}
        assert public <= functions.keys()
        assert functions["predict"].args[0].arg == "data"
        assert len(functions["predict"].defaults) == len(functions["predict"].args) - 1
        assert not [
            name for name in ("MODEL_FILE_NAME", "STRICT__", "METHOD", "COLUMNS__", "WHAT") if f"__{name}" in text
        ]


def test_equal_options_write_equal_files():
    assert written() == written()


def test_the_model_is_loaded_once(line):
    assert line.load_model() is line.load_model(line.model_name)


def test_a_model_file_that_is_not_there_is_told(line):
    with pytest.raises(FileNotFoundError, match=r"other\.joblib is not in the artifact beside score\.py"):
        line.load_model("other.joblib")


def test_the_schema_is_told_as_oracle_ads_does(line):
    assert line.fetch_data_type_from_schema() == {"a": "float64", "b": "float64"}


HOOKS = """
def pre_inference(data):
    return [{"a": row["width"], "b": row["height"]} for row in data["shapes"]]

def post_inference(yhat):
    return {"areas": yhat, "kind": yhat.dtype}
"""


def test_hooks_see_the_body_first_and_the_answer_as_the_estimator_gave_it(folder):
    score = score_of(folder, TWO, LinearRegression().fit(TWO, TWO["a"]), hooks=HOOKS)
    answer = score.predict({"shapes": [{"width": 2.0, "height": 1.0}]})
    assert answer == {"prediction": {"areas": [pytest.approx(2.0)], "kind": "float64"}}


def test_hooks_that_do_not_load_are_seen_when_the_model_is_loaded(folder):
    with pytest.raises(ZeroDivisionError):
        score_of(folder, TWO, hooks="1 / 0")


def test_an_estimators_own_modules_are_found_beside_score_py(folder, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    score = score_of(folder, TWO, has_own_modules=True)
    score.load_model()
    assert sys.path[0] == score._HERE


ANSWERS = [
    (np.array([1.5, math.nan, math.inf]), [1.5, None, None]),
    (np.array([[1.5, math.nan]]), [[1.5, None]]),
    (np.array([1, 2]), [1, 2]),
    (np.array(["a", "b"]), ["a", "b"]),
    (np.array(["a", 1, None, math.nan, np.float64(2.5), np.int64(3)], dtype=object), ["a", 1, None, None, 2.5, 3]),
    (np.array([True, False]), [True, False]),
    (np.array(["2020-01-02"], dtype="datetime64[D]"), ["2020-01-02"]),
    (np.array([pd.Timestamp("2020-01-02T03:04:05")], dtype=object), ["2020-01-02T03:04:05"]),
    (csr_matrix([[0, 1.5], [2.0, 0]]), [[0.0, 1.5], [2.0, 0.0]]),
    (pd.DataFrame({"a": [1.0, math.nan]}), [[1.0], [None]]),
    (pd.Series([1.0, 2.0]), [1.0, 2.0]),
    (
        [np.array([[0.25, 0.75], [1, 0]]), np.array([[1.0, 0, 0], [0, 1, 0]])],
        [[[0.25, 0.75], [1, 0, 0]], [[1, 0], [0, 1, 0]]],
    ),
    ([1, "x", 2.5], [1, "x", 2.5]),
]


@pytest.mark.parametrize(("yhat", "expected"), ANSWERS, ids=[repr(yhat)[:40] for yhat, _ in ANSWERS])
def test_every_answer_is_a_json_list_with_one_item_a_row(folder, yhat, expected):
    answer = score_of(folder, TWO, method="predict_proba").post_inference(yhat)
    assert answer == expected
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


def test_probabilities_come_row_by_row(folder):
    labels = pd.DataFrame({"one": [0, 1, 0, 1], "other": [0, 1, 2, 0]})
    forest = RandomForestClassifier(n_estimators=3, random_state=0).fit(TWO, labels)
    score = score_of(folder, TWO, forest, method="predict_proba")
    answer = score.predict(TWO.to_numpy().tolist())["prediction"]
    one, other = forest.predict_proba(TWO)
    assert answer == [[a, b] for a, b in zip(one.tolist(), other.tolist(), strict=True)]


def test_a_pipeline_that_ends_in_a_transformer_transforms(folder):
    scaler = make_pipeline(StandardScaler()).fit(TWO)
    score = score_of(folder, TWO, scaler, method="transform")
    assert score.predict([[0.0, 0.0]]) == {"prediction": scaler.transform(TWO.head(1)).tolist()}


def test_an_estimator_of_arrays_needs_no_pandas(folder):
    score = score_of(folder, TWO, LinearRegression().fit(TWO.to_numpy(), [0, 1, 2, 3]), input_kind="array")
    program = (
        "import sys, importlib.abc\n"
        "class No(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'pandas': raise ImportError(name)\n"
        "sys.meta_path.insert(0, No())\n"
        f"sys.path.insert(0, {score._HERE!r})\n"
        "import score\n"
        "print(score.pre_inference([{'b': 1.0, 'a': 2.0}]).tolist())"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert (finished.stdout.strip(), finished.stderr) == ("[[2.0, 1.0]]", "")
