"""score.py: every form of body gives the same answer, wrong ones a precise error."""

from __future__ import annotations

import base64
import io
import json
import math

import numpy as np
import pandas as pd
import pytest
from artifact_builder_models import imported_score, only_model, write_model
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from artifact_builder import build

number = st.floats(min_value=-1e6, max_value=1e6)
rows_of_two = st.lists(st.tuples(number, number), min_size=1, max_size=8)


@pytest.fixture(scope="session")
def score(line_built):
    """score.py of y = 2a + 3b, fitted on a frame."""
    return imported_score(line_built[1].folder)


def npy(array) -> str:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return base64.b64encode(buffer.getvalue()).decode()


def forms_of(rows):
    """The same rows in every form that a client may send."""
    frame = pd.DataFrame(rows, columns=["a", "b"])
    lists = [list(row) for row in rows]
    records = [{"b": b, "a": a} for a, b in rows]
    return {
        "list of lists": lists,
        "list of objects": records,
        "columns": {"b": [row[1] for row in rows], "a": [row[0] for row in rows]},
        "data": {"data": lists},
        "data of objects": {"data": records},
        "oracle-ads list": {"data": lists, "data_type": "<class 'list'>"},
        "oracle-ads frame": {
            "data": json.dumps({name: dict(enumerate(frame[name].tolist())) for name in "ab"}),
            "data_type": "<class 'pandas.core.frame.DataFrame'>",
        },
        "oracle-ads array": {"data": npy(frame.to_numpy()), "data_type": "<class 'numpy.ndarray'>"},
        "text": json.dumps(lists),
        "bytes": json.dumps(lists).encode(),
        "npy bytes": base64.b64decode(npy(frame.to_numpy())),
        "a frame": frame,
        "an array": frame.to_numpy(),
    }


@given(rows_of_two)
def test_every_form_gives_the_same_answer(score, rows):
    answers = {form: score.predict(body) for form, body in forms_of(rows).items()}
    first = answers["list of lists"]
    assert first == {"prediction": pytest.approx([2 * a + 3 * b for a, b in rows], rel=1e-6, abs=1e-6)}
    assert {form: answer for form, answer in answers.items() if answer != first} == {}
    assert json.loads(json.dumps(first, allow_nan=False)) == first


@given(number, number)
def test_one_row_may_stand_alone(score, a, b):
    expected = score.predict([[a, b]])
    assert score.predict({"b": b, "a": a}) == expected
    assert score.predict([a, b]) == expected


WRONG = [
    ([], "the body has no rows"),
    ([[1.0]], "row 0: expected 2 values ('a', 'b'), found 1"),
    ([[1.0, 2.0], [1.0, 2.0, 3.0]], "row 1: expected 2 values ('a', 'b'), found 3"),
    ([[1.0, 2.0], {"a": 1}], "row 1: expected a list of 2 values, found an object"),
    ([[1.0, "x"]], "row 0, column 'b': expected a number, found 'x'"),
    ([[1.0, [2.0]]], "row 0, column 'b': expected a number, found [2.0]"),
    ([[1.0, 10**400]], "row 0, column 'b': expected a number, found 1000"),
    ([{"a": 1.0, "b": 2.0}, {"a": 1.0}], "row 1: wrong columns: missing 'b'; expected 'a', 'b'"),
    ([{"a": 1.0, "b": 2.0, "c": 3.0}], "row 0: wrong columns: not known 'c'; expected 'a', 'b'"),
    ([{"a": 1.0, "b": 2.0}, [1.0, 2.0]], "row 1: expected an object of columns, found a list"),
    ({"a": [1.0]}, "wrong columns: missing 'b'; expected 'a', 'b'"),
    ({"a": [1.0], "c": [1.0]}, "wrong columns: missing 'b'; not known 'c'; expected 'a', 'b'"),
    ({"a": [1.0, 2.0], "b": [1.0]}, "column 'b': expected 2 values as column 'a' has"),
    ({"a": {"0": 1.0}, "b": {"1": 1.0}}, "column 'b': expected the same rows as column 'a'"),
    ({"a": [], "b": []}, "the body has no rows"),
    ({"a": [1.0], "b": 2.0}, "column 'b': expected 1 values as column 'a' has"),
    ({"data": "!", "data_type": "<class 'numpy.ndarray'>"}, "the body's data is no array of numpy.save()"),
    ("[1.0,", "the body's text is no JSON"),
    (None, "the body must be a list, an object or text, found null"),
    (1.5, "the body must be a list, an object or text, found 1.5"),
]


@pytest.mark.parametrize(("body", "words"), WRONG, ids=[words[:50] for _, words in WRONG])
def test_a_wrong_body_is_refused_with_words(score, body, words):
    with pytest.raises(ValueError) as caught:
        score.predict(body)
    assert words in str(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "data", "c"]), inner),
    max_leaves=10,
)


@given(json_values)
def test_any_json_is_answered_or_refused_by_a_value_error(score, body):
    try:
        answer = score.predict(body)
    except ValueError:
        return
    assert len(answer["prediction"]) >= 1


def test_a_pickled_array_is_never_loaded(score):
    body = {"data": npy(np.array([{"a": 1}], dtype=object)), "data_type": "<class 'numpy.ndarray'>"}
    with pytest.raises(ValueError, match="no array of numpy"):
        score.predict(body)


def test_the_model_is_loaded_once(score):
    assert score.load_model() is score.load_model(score.model_name)


def test_a_model_file_that_is_not_there_is_told(score):
    with pytest.raises(FileNotFoundError, match=r"other\.joblib is not in the artifact beside score\.py"):
        score.load_model("other.joblib")


def test_a_number_that_is_not_finite_is_null(score):
    assert score.post_inference(np.array([1.5, math.nan, math.inf])) == [1.5, None, None]


def test_missing_values_reach_an_estimator_that_takes_them(tmp_path, worker_here):
    frame = pd.DataFrame({"a": [0.0, math.nan] * 30, "b": [1.0] * 60})
    estimator = HistGradientBoostingRegressor(max_iter=20, min_samples_leaf=2).fit(frame, [0.0, 10.0] * 30)
    built = built_of(tmp_path, estimator, frame, pd.DataFrame({"y": [0.0, 10.0] * 30}))
    score = imported_score(built.folder)
    bodies = ([[0.0, 1.0], [None, 1.0]], [{"a": 0.0, "b": 1.0}, {"a": None, "b": 1.0}], {"a": [0.0, None], "b": [1, 1]})
    answers = [score.predict(body)["prediction"] for body in bodies]
    assert answers == [pytest.approx([0.0, 10.0], abs=2.0)] * 3
    assert built.manifest["golden"]["rows"][1] == {"a": None, "b": 1.0}


def test_texts_and_numbers_may_be_mixed(tmp_path, worker_here):
    frame = pd.DataFrame({"kind": ["x", "y", "x", "y"], "n": [1, 2, 3, 4]})
    steps = make_column_transformer((OneHotEncoder(), ["kind"]), remainder="passthrough")
    estimator = make_pipeline(steps, LinearRegression()).fit(frame, [1.0, 12.0, 3.0, 14.0])
    built = built_of(tmp_path, estimator, frame, pd.DataFrame({"y": [1.0, 12.0, 3.0, 14.0]}))
    score = imported_score(built.folder)
    bodies = ([["y", 2]], [{"n": 2, "kind": "y"}], {"kind": ["y"], "n": [2]}, {"kind": "y", "n": 2}, ["y", 2])
    assert [score.predict(body)["prediction"] for body in bodies] == [[pytest.approx(12.0)]] * len(bodies)


def test_a_single_columns_values_may_stand_in_one_list(tmp_path, worker_here):
    frame = pd.DataFrame({"a": [0.0, 1.0, 2.0]})
    built = built_of(tmp_path, LinearRegression().fit(frame, [0.0, 1.0, 2.0]), frame, pd.DataFrame({"y": [0, 1, 2]}))
    assert imported_score(built.folder).predict([3.0, 4.0])["prediction"] == pytest.approx([3.0, 4.0])


def test_an_estimator_of_arrays_needs_no_pandas(tmp_path, worker_here):
    frame = pd.DataFrame({"a": [0.0, 1.0, 2.0], "b": [0.0, 1.0, 0.0]})
    estimator = LinearRegression().fit(frame.to_numpy(), [0.0, 1.0, 2.0])
    score = imported_score(built_of(tmp_path, estimator, frame, pd.DataFrame({"y": [0, 1, 2]})).folder)
    assert isinstance(score.pre_inference([{"b": 1.0, "a": 1.0}]), np.ndarray)
    assert "pandas" not in vars(score)


def built_of(tmp_path, estimator, features, target):
    write_model(tmp_path / "models" / "line", estimator=estimator, features=features, target=target)
    return build(only_model(tmp_path / "models"), tmp_path / "artifacts")
