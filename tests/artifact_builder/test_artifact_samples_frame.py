"""Sample files as frames: the dtypes that an estimator was fitted with, the numbers that a client's JSON carries."""

from __future__ import annotations

import datetime as dt
import decimal
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifact_builder import SamplesError
from artifact_builder.samples import read_columns
from artifact_builder.worker.golden import json_rows
from artifact_builder.worker.sample_frame import check_dtypes, read_frame

DTYPES = {
    "f": "float64",
    "f4": "float32",
    "i": "int64",
    "gap": "Int64",
    "b": "bool",
    "bgap": "boolean",
    "t": "str",
    "c": "category",
    "d": "datetime64[ns]",
    "z": "datetime64[ns, UTC]",
}

finite = st.floats(allow_nan=False, allow_infinity=False)
words = st.text("abcäß01 ,'\"\n", min_size=1).filter(lambda text: text.strip() == text)
moments = st.datetimes(*(pd.Timestamp(year, 1, 1).to_pydatetime() for year in (1900, 2200)))
rows_strategy = st.lists(
    st.fixed_dictionaries(
        {
            "f": st.none() | finite,
            "f4": st.floats(width=32, allow_nan=False, allow_infinity=False),
            "i": st.integers(-(2**53), 2**53),
            "gap": st.none() | st.integers(-(2**53), 2**53),
            "b": st.booleans(),
            "bgap": st.none() | st.booleans(),
            "t": st.none() | words,
            "c": st.none() | st.sampled_from(["red", "green", "blue"]),
            "d": st.none() | moments,
            "z": st.none() | moments,
        }
    ),
    min_size=1,
    max_size=8,
)


def framed(rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(DTYPES))
    for name, dtype in DTYPES.items():
        frame[name] = pd.to_datetime(frame[name], utc=name == "z") if name in {"d", "z"} else frame[name].astype(dtype)
    return frame


def written(frame: pd.DataFrame, folder):
    """The frame in the three formats that have column names."""
    frame.to_csv(folder / "X.csv", index=False)
    frame.to_parquet(folder / "X.parquet")
    (folder / "X.jsonl").write_text("".join(json.dumps(row) + "\n" for row in json_rows(frame)))
    return [folder / "X.csv", folder / "X.parquet", folder / "X.jsonl"]


@settings(max_examples=40)
@given(rows_strategy)
def test_a_frame_reads_back_as_the_same_json_rows_from_every_format(tmp_path_factory, rows):
    frame = framed(rows)
    expected = json_rows(frame)
    for path in written(frame, tmp_path_factory.mktemp("frame")):
        read = read_frame(path, DTYPES)
        assert json_rows(read) == expected, path.name
        assert all(
            isinstance(dtype, np.dtype | pd.CategoricalDtype | pd.DatetimeTZDtype) or dtype == "str"
            for dtype in read.dtypes
        ), path.name


@settings(max_examples=40)
@given(rows_strategy)
def test_the_command_lines_rows_are_the_builders_rows(tmp_path_factory, rows):
    frame = framed(rows).drop(columns=["d", "z", "f4"])  # a CSV has fewer digits of a float32 than JSON
    expected = json_rows(frame)
    for path in written(frame, tmp_path_factory.mktemp("rows")):
        columns = read_columns(path, DTYPES)
        assert [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)] == expected


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "uint64", "bool", "<U3"])
def test_an_array_keeps_its_dtype(tmp_path, dtype):
    array = np.array([[0, 1], [1, 0]]).astype(dtype)
    np.save(tmp_path / "X.npy", array)
    frame = read_frame(tmp_path / "X.npy", {})
    assert list(frame.columns) == ["column_0", "column_1"]
    assert frame.to_numpy().tolist() == array.tolist()
    assert dtype == "<U3" or set(frame.dtypes) == {np.dtype(dtype)}


def test_categories_are_sorted_whatever_row_came_first(tmp_path):
    (tmp_path / "X.csv").write_text("c,n\nb,2\na,10\n,1\n")
    frame = read_frame(tmp_path / "X.csv", {"c": "category", "n": "category"})
    assert frame["c"].cat.categories.tolist() == ["a", "b"]
    assert frame["n"].cat.categories.tolist() == [1, 2, 10]
    assert frame["c"].isna().tolist() == [False, False, True]


def test_a_gap_makes_whole_numbers_fractions_and_an_empty_column_is_one_of_numbers(tmp_path):
    (tmp_path / "X.jsonl").write_text('{"a": 1, "e": null}\n{"a": null}\n')
    frame = read_frame(tmp_path / "X.jsonl", {})
    assert [str(dtype) for dtype in frame.dtypes] == ["float64", "float64"]
    assert frame["a"].tolist()[0] == 1
    assert frame.isna().to_numpy().tolist() == [[False, True], [True, True]]


def test_parquet_keeps_categories_zones_and_makes_nullable_numpys(tmp_path):
    frame = pd.DataFrame(
        {
            "c": pd.Categorical(["b", "a"], categories=["b", "a", "never"]),
            "z": pd.to_datetime(["2024-01-01T00:00", "2024-06-01T00:00"]).tz_localize("Europe/Berlin"),
            "n": pd.array([1, 2], dtype="Int32"),
            "gap": pd.array([1, None], dtype="Int64"),
            "f": pd.array([1.5, None], dtype="Float32"),
            "b": pd.array([True, False], dtype="boolean"),
            "s": pd.array(["x", None], dtype="string"),
            "day": [dt.date(2024, 1, 2), None],
            "price": [decimal.Decimal("1.50"), None],
        },
        index=[7, 7],
    )
    frame.to_parquet(tmp_path / "X.parquet")
    read = read_frame(tmp_path / "X.parquet", {})
    assert read["c"].cat.categories.tolist() == ["b", "a", "never"]
    assert str(read["z"].dtype).endswith("Europe/Berlin]")
    kinds = {name: read[name].dtype.kind for name in ("n", "gap", "f", "b", "day", "price")}
    assert kinds == {"n": "i", "gap": "f", "f": "f", "b": "b", "day": "M", "price": "f"}
    assert read.index.tolist() == [0, 1]
    assert json_rows(read)[1]["s"] is None


def test_arrows_own_dtypes_become_numpys(tmp_path):
    frame = pd.DataFrame({"a": [1, None], "t": ["x", None], "b": [True, False]}).convert_dtypes(dtype_backend="pyarrow")
    frame.to_parquet(tmp_path / "X.parquet")
    read = read_frame(tmp_path / "X.parquet", {})
    assert json_rows(read) == [{"a": 1.0, "t": "x", "b": True}, {"a": None, "t": None, "b": False}]
    assert (read["a"].dtype, read["b"].dtype) == (np.float64, np.bool_)


def test_a_missing_text_is_nan_as_score_py_makes_it_of_null(tmp_path):
    for name, content in (("X.csv", "t,n\na,1\n,2\n"), ("X.jsonl", '{"t": "a", "n": 1}\n{"n": 2}\n')):
        (tmp_path / name).write_text(content)
        frame = read_frame(tmp_path / name, {"t": "object"})
        assert frame["t"].dtype == object
        assert isinstance(frame["t"][1], float)


def test_dates_may_have_any_iso_form(tmp_path):
    (tmp_path / "X.csv").write_text("d\n2024-01-01\n2024-01-01T10:00\n2024-01-01 10:00:00.5\n")
    frame = read_frame(tmp_path / "X.csv", {"d": "datetime64[ns]"})
    assert [row["d"][11:] for row in json_rows(frame)] == ["00:00:00", "10:00:00", "10:00:00.500000"]


def test_a_dtype_for_a_column_of_neither_file_is_refused(tmp_path):
    (tmp_path / "X.csv").write_text("a\n1\n")
    features = read_frame(tmp_path / "X.csv", {"y": "category"})
    truths = pd.DataFrame({"y": [1]})
    check_dtypes({"a": "float64", "y": "category"}, features, truths)
    with pytest.raises(SamplesError, match=r"samples\.dtypes names the column 'x', the sample files have 'a', 'y'"):
        check_dtypes({"x": "float64"}, features, truths)
