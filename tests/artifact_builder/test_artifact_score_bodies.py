"""Any frame comes to the estimator as it was, whatever the form of the body."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from artifact_builder_scores import npy, pandas_forms, score_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = st.one_of(
    st.sampled_from(
        ["a", "data", "columns", "index", "data_type", "schema", "0", "1", "é", 'q"uote', "it's", "a b", " "]
    ),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=5),
)
eighths = st.integers(-8000, 8000).map(lambda number: number / 8)
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5)
days = st.integers(0, 40_000).map(lambda day: np.datetime64("1950-01-01", "ms") + np.timedelta64(day, "D"))


def column_of(kind, rows):
    """A strategy of one column's Series."""
    if kind == "float":
        return st.lists(st.none() | eighths, min_size=rows, max_size=rows).map(lambda v: pd.Series(v, dtype="float64"))
    if kind == "int":
        return st.lists(st.integers(-(2**53), 2**53), min_size=rows, max_size=rows).map(pd.Series)
    if kind == "bool":
        return st.lists(st.booleans(), min_size=rows, max_size=rows).map(pd.Series)
    if kind == "text":
        return st.lists(st.just(np.nan) | texts, min_size=rows, max_size=rows).map(lambda v: pd.Series(v, dtype=object))
    if kind == "category":
        return st.lists(st.none() | st.sampled_from("xyz"), min_size=rows, max_size=rows).map(
            lambda v: pd.Series(pd.Categorical(v, categories=["x", "y", "z"]))
        )
    zone = {"date": None, "zoned date": "Europe/Berlin"}[kind]
    return st.lists(st.none() | days, min_size=rows, max_size=rows).map(
        lambda v: pd.Series(np.array(v, dtype="datetime64[us]")).dt.tz_localize("UTC").dt.tz_convert(zone)
    )


@st.composite
def frames(draw, kinds=("float", "int", "bool", "text", "category", "date", "zoned date")):
    rows = draw(st.integers(1, 4))
    names = draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))
    return pd.DataFrame({name: draw(column_of(draw(st.sampled_from(kinds)), rows)) for name in names})


class Recorder:
    """An estimator that remembers what it was given."""

    def predict(self, given):
        self.given = given
        return np.arange(len(given))


def json_rows(frame):
    kept = frame.astype(object).where(frame.notna(), None)
    return json.loads(json.dumps(kept.to_dict("records"), default=lambda date: date.isoformat()))


def is_ambiguous(frame, form):
    """Rows by their index and columns look alike where the index has the columns' names: columns are meant then."""
    labels = {str(label) for label in range(len(frame))}
    return form.startswith("index") and (labels == set(frame.columns) or len(frame.columns) == 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("scores")


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(frames())
def test_any_frame_reaches_the_estimator_unchanged_in_every_form(folder, frame):
    score = score_of(folder, frame)
    rows = json_rows(frame)
    forms = {
        "lists": [list(row.values()) for row in rows],
        "objects": [dict(reversed(row.items())) for row in rows],
        "columns": {name: [row[name] for row in rows] for name in frame},
        "lists in data": {"data": [list(row.values()) for row in rows]},
        "objects as text": json.dumps(rows),
        "objects as bytes": json.dumps(rows).encode(),
        "a DataFrame": frame[list(reversed(frame.columns))],
        **pandas_forms(frame),
    }
    recorder = Recorder()
    for form, body in forms.items():
        if is_ambiguous(frame, form) or (form.startswith("table") and "index" in frame):
            continue
        assert score.predict(body, recorder) == {"prediction": list(range(len(frame)))}, form
        pd.testing.assert_frame_equal(recorder.given, frame, check_column_type=False, obj=form)


@settings(max_examples=40)
@given(frames(kinds=("float",)))
def test_any_array_reaches_the_estimator_unchanged_in_every_form(folder, frame):
    score = score_of(folder, frame, input_kind="array")
    array = frame.to_numpy()
    rows = json_rows(frame)
    forms = {
        "lists": [list(row.values()) for row in rows],
        "objects": rows,
        "columns": {name: [row[name] for row in rows] for name in frame},
        "npy": {"data": npy(array), "data_type": "<class 'numpy.ndarray'>"},
        "an array": array,
        "columns by number": pd.DataFrame(array),
        **pandas_forms(frame),
    }
    recorder = Recorder()
    for form, body in forms.items():
        if is_ambiguous(frame, form) or (form.startswith("table") and "index" in frame):
            continue
        score.predict(body, recorder)
        np.testing.assert_array_equal(recorder.given, array, err_msg=form)
        assert (recorder.given.dtype, recorder.given.flags.c_contiguous) == (np.float64, True)


def test_epoch_milliseconds_are_dates(folder):
    frame = pd.DataFrame({"d": np.array(["2020-01-02", "2021-03-04T05:06:07"], dtype="datetime64[ns]")})
    recorder = Recorder()
    score = score_of(folder, frame)
    for body in ([[1577923200000], [1614834367000]], {"d": {"0": 1577923200000, "1": 1614834367000}}):
        score.predict(body, recorder)
        pd.testing.assert_frame_equal(recorder.given, frame, check_column_type=False)


@pytest.mark.parametrize("dtype", ["float32", "int32", "int8", "uint8", "bool"])
def test_a_column_keeps_its_narrow_dtype(folder, dtype):
    frame = pd.DataFrame({"a": np.array([0, 1], dtype=dtype), "b": [0.5, 1.5]})
    score, recorder = score_of(folder, frame), Recorder()
    score.predict(json_rows(frame), recorder)
    assert [str(one) for one in recorder.given.dtypes] == [dtype, "float64"]


def test_whole_numbers_become_floats_where_one_is_missing(folder):
    score, recorder = score_of(folder, pd.DataFrame({"a": [1, 2], "b": [True, False]})), Recorder()
    score.predict([[1, True], [None, None]], recorder)
    assert recorder.given["a"].dtype == np.float64
    assert recorder.given["a"].isna().tolist() == recorder.given["b"].isna().tolist() == [False, True]


def test_float32_samples_make_float32_arrays(folder):
    score, recorder = score_of(folder, pd.DataFrame({"a": np.float32([1])}), input_kind="array"), Recorder()
    score.predict([[0.1]], recorder)
    assert recorder.given.dtype == np.float32


def test_texts_come_as_one_list(folder):
    score, recorder = score_of(folder, pd.DataFrame({"note": ["a b"]}), input_kind="texts"), Recorder()
    for body in (
        ["x y", "z"],
        [["x y"], ["z"]],
        [{"note": "x y"}, {"note": "z"}],
        {"note": ["x y", "z"]},
        {"note": {"0": "x y", "1": "z"}},
        {"data": ["x y", "z"], "data_type": "<class 'pandas.core.series.Series'>"},
        {"data": '{"0":"x y","1":"z"}', "data_type": "<class 'pandas.core.series.Series'>"},
        pd.Series(["x y", "z"]),
        np.array(["x y", "z"]),
        pd.DataFrame({"note": ["x y", "z"]}),
    ):
        score.predict(body, recorder)
        assert recorder.given == ["x y", "z"]
    score.predict("only one text", recorder)
    assert recorder.given == ["only one text"]


def test_records_come_as_they_are(folder):
    samples = pd.DataFrame({"a": [1.0], "b": ["x"]})
    score, recorder = score_of(folder, samples, input_kind="records"), Recorder()
    for body in (
        [{"a": 1}, {"b": "x"}],
        [{"a": 1, "b": None}, {"b": "x"}],
        {"a": [1, None], "b": [None, "x"]},
        {"data": [{"a": 1}, {"b": "x"}]},
        '[{"a": 1}, {"b": "x"}]',
        {"columns": ["a", "b"], "index": [0, 1], "data": [[1, None], [None, "x"]]},
        {"a": {"0": 1, "1": None}, "b": {"0": None, "1": "x"}},
        {"0": {"a": 1}, "1": {"b": "x"}},
        pd.DataFrame({"a": [1, None], "b": [None, "x"]}),
    ):
        score.predict(body, recorder)
        assert recorder.given == [{"a": 1}, {"b": "x"}]
    score.predict({"a": 3}, recorder)
    assert recorder.given == [{"a": 3}]
