"""Wrong bodies: a ValueError that says which row and column, what was expected and what was found."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest
from artifact_builder_scores import npy, score_of
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

TWO = pd.DataFrame({"a": [0.0, 1.0, 0.0, 2.5], "b": [0.0, 0.0, 1.0, -1.0]})
MIXED = pd.DataFrame(
    {
        "n": [1, 2, 3, 4],
        "kind": pd.Categorical(["x", "y", "x", "y"]),
        "is_new": [True, False, True, False],
        "day": pd.to_datetime(["2020-01-01"] * 4),
        "note": ["red", "blue", "red", "blue"],
        "x": [0.5, 1.5, math.nan, 3.5],
    }
)
GOOD = {"n": 1, "kind": "x", "is_new": True, "day": "2020-01-01", "note": "red", "x": 0.5}


class Taker:
    """An estimator that takes everything."""

    def predict(self, given):
        return np.zeros(len(given))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("scores")


@pytest.fixture(scope="module", params=["frame", "array"])
def line(request, folder):
    """score.py of y = 2a + 3b."""
    given = TWO if request.param == "frame" else TWO.to_numpy()
    estimator = LinearRegression().fit(given, 2 * TWO["a"] + 3 * TWO["b"])
    return score_of(folder, TWO, estimator, input_kind=request.param)


@pytest.fixture(scope="module")
def mixed(folder):
    return score_of(folder, MIXED)


@pytest.fixture(scope="module")
def strict(folder):
    return score_of(folder, MIXED, strict=True)


def refused(score, body, model=None):
    with pytest.raises(ValueError) as caught:
        score.predict(body) if model is None else score.predict(body, model)
    return str(caught.value)


WRONG = [
    ([], "the body has no rows"),
    ([[1.0]], "row 0: expected 2 values ('a', 'b'), found 1"),
    ([[1.0, 2.0], [1.0, 2.0, 3.0]], "row 1: expected 2 values ('a', 'b'), found 3"),
    ([[1.0, 2.0], {"a": 1}], "row 1: expected 2 values ('a', 'b'), found {'a': 1}"),
    ([[1.0, "x"]], "row 0, column 'b': expected a number, found 'x'"),
    ([[1.0, [2.0]]], "row 0, column 'b': expected a number, found [2.0]"),
    ([[1.0, 10**400]], "row 0, column 'b': expected a number, found 1000"),
    ([{"a": 1.0, "b": 2.0}, {"a": 1.0}], "row 1: wrong columns: missing 'b'; expected 'a', 'b'"),
    ([{"a": 1.0, "b": 2.0, "c": 3.0}], "row 0: wrong columns: not known 'c'; expected 'a', 'b'"),
    ([{"a": 1.0, "b": 2.0}, [1.0, 2.0]], "row 1: expected an object of columns, found [1.0, 2.0]"),
    ({"a": [1.0]}, "wrong columns: missing 'b'; expected 'a', 'b'"),
    ({"a": [1.0], "c": [1.0]}, "wrong columns: missing 'b'; not known 'c'; expected 'a', 'b'"),
    ({"a": [1.0, 2.0], "b": [1.0]}, "column 'b': expected 2 values for the same rows as column 'a' has, found 1"),
    (
        {"a": {"0": 1.0}, "b": {"1": 1.0}},
        "column 'b': expected 1 values for the same rows as column 'a' has, found {'1': 1.0}",
    ),
    ({"a": [], "b": []}, "the body has no rows"),
    ({"a": [1.0], "b": 2.0}, "column 'b': expected 1 values for the same rows as column 'a' has, found 2.0"),
    ({"data": "!", "data_type": "<class 'numpy.ndarray'>"}, "the body's data is no array of numpy.save()"),
    ("[1.0,", "the body's text is no JSON"),
    (None, "the body must be a list, an object or text, found null"),
    (1.5, "the body must be a list, an object or text, found 1.5"),
]


@pytest.mark.parametrize(("body", "words"), WRONG, ids=[words[:50] for _, words in WRONG])
def test_a_wrong_body_is_refused_with_words(line, body, words):
    assert words in refused(line, body)


NO_NUMBERS = ["x", "1.5", "", [2.0], {"c": 1}, 10**400]


@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
def test_what_is_no_number_is_refused_in_every_form(line, value):
    words = "row 1, column 'b': expected a number"
    for body in (
        [[1.0, 2.0], [3.0, value]],
        [{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": value}],
        {"a": [1.0, 3.0], "b": [2.0, value]},
        {"a": {"0": 1.0, "1": 3.0}, "b": {"0": 2.0, "1": value}},
        {"columns": ["a", "b"], "data": [[1.0, 2.0], [3.0, value]]},
    ):
        assert words in refused(line, body)


MIXED_WRONG = [
    ({"n": 1.5}, "row 0, column 'n': expected a whole number (int64), found 1.5"),
    ({"n": "1"}, "row 0, column 'n': expected a whole number (int64), found '1'"),
    ({"n": 2**70}, "row 0, column 'n': expected a whole number (int64), found 1180591620717411303424"),
    ({"is_new": "yes"}, "row 0, column 'is_new': expected true or false, found 'yes'"),
    ({"is_new": 2}, "row 0, column 'is_new': expected true or false, found 2"),
    (
        {"day": "yesterday"},
        "row 0, column 'day': expected a date (ISO text, or milliseconds since 1970), found 'yesterday'",
    ),
    ({"day": "2020-13-45"}, "row 0, column 'day': expected a date, found '2020-13-45'"),
    ({"day": True}, "row 0, column 'day': expected a date"),
    ({"kind": ["x"]}, "row 0, column 'kind': expected a single value, found ['x']"),
    ({"note": {"a": 1}}, "row 0, column 'note': expected a single value"),
    ({"n": "1", "x": "2"}, "row 0, column 'n': expected a whole number (int64), found '1'; row 0, column 'x'"),
]


@pytest.mark.parametrize(("change", "words"), MIXED_WRONG, ids=[words[:70] for _, words in MIXED_WRONG])
def test_a_value_that_is_not_of_its_columns_type_is_refused(mixed, change, words):
    body = {**GOOD, **change}
    assert words in refused(mixed, [body], Taker())
    assert words in refused(mixed, [list(body.values())], Taker())
    assert words in refused(mixed, {name: [value] for name, value in body.items()}, Taker())


def test_five_problems_are_told_at_once(folder):
    score = score_of(folder, pd.DataFrame({name: [0.5] for name in "abcdef"}))
    words = refused(score, [["x"] * 6])
    assert len(re.findall("expected a number, found", words)) == 5
    assert words.endswith("; and more")


def test_one_problem_in_many_rows_is_told_once(line):
    words = (
        "rows 0 to 3, column 'a': expected a number, found '0'; rows 0 to 3, column 'b': expected a number, found 'y'"
    )
    assert refused(line, [[str(row), "y"] for row in range(4)]) == words
    assert refused(line, [{"a": 1.0}] * 3) == "rows 0 to 2: wrong columns: missing 'b'; expected 'a', 'b'"
    assert refused(line, [["x", 1.0], [1.0, 1.0], ["x", 1.0]]).startswith("rows 0, 2, column 'a': expected a number")


def test_rows_that_are_wrong_in_different_ways_are_told_together(line):
    words = refused(line, [{"a": 1.0, "b": 1.0}, {"a": 1.0}, {"a": 1.0, "b": 1.0, "c": 1.0}])
    assert words == (
        "row 1: wrong columns: missing 'b'; expected 'a', 'b'; row 2: wrong columns: not known 'c'; expected 'a', 'b'"
    )


def test_true_is_one_as_scikit_learn_takes_it_unless_strict(line, folder):
    assert line.predict([[True, 0.5], [1, 0.5]]) == {"prediction": [pytest.approx(3.5)] * 2}
    assert line.predict([[True, True]]) == line.predict([[1, 1]])
    for kind in ("frame", "array"):
        words = refused(score_of(folder, TWO, Taker(), input_kind=kind, strict=True), [[1.0, 0.5], [True, 0.5]])
        assert words == "row 1, column 'a': expected a number, found True"


@pytest.mark.parametrize(("value", "found"), [(math.nan, "null"), (math.inf, "inf"), (-math.inf, "-inf")])
def test_nan_and_infinity_are_the_estimators_affair_unless_strict(line, folder, value, found):
    for body in ([[1.0, 2.0], [3.0, value]], {"a": [1.0, 3.0], "b": [2.0, value]}):
        words = refused(line, body)
        assert words.startswith(f"row 1, column 'b': {found}, and the estimator takes no ")
        for kind in ("frame", "array"):
            strict = score_of(folder, TWO, Taker(), input_kind=kind, strict=True)
            assert refused(strict, body).startswith("row 1, column 'b': expected a number")


STRICTLY_WRONG = [
    ({"n": 1.0}, "row 0, column 'n': expected a whole number (int64), found 1.0"),
    ({"is_new": 1}, "row 0, column 'is_new': expected true or false, found 1"),
    ({"n": None}, "row 0, column 'n': expected a value, found null"),
    (
        {"x": math.inf},
        "row 0, column 'x': expected a number that JSON has (null stands for a missing value), found inf",
    ),
    ({"x": True}, "row 0, column 'x': expected a number, found True"),
    ({"note": None}, "row 0, column 'note': expected a value, found null"),
    ({"kind": "z"}, "row 0, column 'kind': expected one of 'x', 'y', found 'z'"),
]


@pytest.mark.parametrize(("change", "words"), STRICTLY_WRONG, ids=[words[:60] for _, words in STRICTLY_WRONG])
def test_strict_refuses_what_is_taken_otherwise(mixed, strict, change, words):
    body = {**GOOD, **change}
    assert mixed.predict([body], Taker()) == {"prediction": [0.0]}
    assert words in refused(strict, [body], Taker())


def test_strict_refuses_columns_in_another_order(mixed, strict):
    turned = dict(reversed(GOOD.items()))
    for body in ([turned], turned, {name: [value] for name, value in turned.items()}):
        assert mixed.predict(body, Taker()) == {"prediction": [0.0]}
        assert "columns in another order: 'x', 'note'" in refused(strict, body, Taker())


def test_strict_takes_what_is_right(strict):
    rows = [GOOD, {**GOOD, "x": None}]
    for body in (rows, [list(row.values()) for row in rows], {name: [row[name] for row in rows] for name in GOOD}):
        assert strict.predict(body, Taker()) == {"prediction": [0.0, 0.0]}


def test_a_null_that_the_estimator_does_not_take_is_told_by_row_and_column(line):
    for body in ([[1.0, 2.0], [1.0, None]], {"a": [1.0, 1.0], "b": [2.0, None]}):
        words = refused(line, body)
        assert words.startswith("row 1, column 'b': null, and the estimator takes no missing values there (Input X")


def test_a_missing_text_is_told_too(folder):
    estimator = make_pipeline(
        make_column_transformer((CountVectorizer(), "note"), remainder="passthrough"), LinearRegression()
    ).fit(MIXED[["note", "n"]], [1, 2, 3, 4])
    score = score_of(folder, MIXED[["note", "n"]], estimator)
    assert "row 1, column 'note': null" in refused(score, [["red", 1], [None, 2]])


def test_an_unknown_category_is_told_with_the_known_ones(folder):
    encoded = make_column_transformer((OneHotEncoder(), ["note", "kind"]), remainder="passthrough")
    estimator = make_pipeline(encoded, LinearRegression()).fit(MIXED[["note", "kind", "n"]], [1, 2, 3, 4])
    score = score_of(folder, MIXED[["note", "kind", "n"]], estimator)
    words = refused(score, [["red", "x", 1], ["green", "y", 2], ["red", "z", 1]])
    assert words == (
        "row 1, column 'note': expected one of 'blue', 'red', found 'green'; "
        "row 2, column 'kind': expected one of 'x', 'y', found 'z'"
    )


def test_an_unknown_category_reaches_an_estimator_that_takes_it(folder):
    encoder = OneHotEncoder(handle_unknown="ignore")
    estimator = make_pipeline(encoder, LinearRegression()).fit(MIXED[["kind"]], [1, 2, 1, 2])
    score = score_of(folder, MIXED[["kind"]], estimator)
    assert score.predict([["z"], ["x"]])["prediction"] == pytest.approx([1.5, 1.0])


def positive_only(frame):
    if (frame < 0).to_numpy().any():
        raise ValueError("negative values are not allowed")
    return frame


def broken(frame):
    raise TypeError("a mistake in the estimator")


def test_a_row_that_the_estimator_refuses_is_found(folder):
    estimator = make_pipeline(FunctionTransformer(positive_only), LinearRegression()).fit(TWO.abs(), [1, 2, 3, 4])
    score = score_of(folder, TWO, Taker())
    words = refused(score, [[1.0, 2.0], [1.0, 2.0], [-1.0, 2.0]], estimator)
    assert words == "row 2: the estimator refuses it: negative values are not allowed"


def test_the_estimators_own_error_stays_what_it_is(line):
    with pytest.raises(TypeError, match="a mistake in the estimator"):
        line.predict(
            [[1.0, 2.0]] * 20, make_pipeline(FunctionTransformer(broken), LinearRegression().fit([[0, 0]], [0]))
        )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "data", "columns", "schema"]), inner)
    ),
    max_leaves=10,
)


@pytest.fixture(scope="module", params=["frame", "array", "texts", "records"])
def any_score(request, folder):
    features = pd.DataFrame({"a": ["x"]}) if request.param == "texts" else TWO
    return score_of(folder, features, input_kind=request.param)


@given(json_values)
def test_any_json_is_answered_or_refused_by_a_value_error(any_score, body):
    try:
        answer = any_score.predict(body, Taker())
    except ValueError:
        return
    assert len(answer["prediction"]) >= 1


def test_a_pickled_array_is_never_loaded(line):
    body = {"data": npy(np.array([{"a": 1}], dtype=object)), "data_type": "<class 'numpy.ndarray'>"}
    assert "no array of numpy" in refused(line, body)
