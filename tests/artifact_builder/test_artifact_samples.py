"""Sample rows as a client sends them, from every format."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from artifact_builder_models import MODELS_DIR, only_model, write_model
from hypothesis import given
from hypothesis import strategies as st

from artifact_builder import SamplesError, load_models, read_samples
from artifact_builder.samples import read_columns


def rows_of(path, dtypes=None):
    columns = read_columns(path, dtypes)
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def test_the_first_rows_come_with_their_true_values():
    samples = [read_samples(model, 10) for model in load_models(MODELS_DIR)]
    assert [(len(one.rows), len(one.truths)) for one in samples] == [(10, 10), (10, 10)]
    assert json.loads(json.dumps(samples[0].rows)) == samples[0].rows


def test_each_sample_file_has_at_least_thirty_rows():
    assert all(len(read_samples(model).rows) >= 30 for model in load_models(MODELS_DIR))


def test_a_csvs_types_are_a_columns_and_missing_values_are_null(tmp_path):
    path = tmp_path / "X.csv"
    path.write_text("i,f,t,b,m\n1,1,a,True,\n2,1.5,,False,3\n")
    assert rows_of(path) == [
        {"i": 1, "f": 1.0, "t": "a", "b": True, "m": None},
        {"i": 2, "f": 1.5, "t": None, "b": False, "m": 3},
    ]


def test_digits_of_a_column_declared_as_text_stay_texts(tmp_path):
    path = tmp_path / "X.csv"
    path.write_text("zip,n\n01234,1\n99999,2\n")
    assert rows_of(path, {"zip": "str"}) == [{"zip": "01234", "n": 1}, {"zip": "99999", "n": 2}]


def test_what_only_python_reads_as_a_number_is_text(tmp_path):
    path = tmp_path / "X.csv"
    path.write_text("a,b\n1_000,\u0661\n", encoding="utf-8")
    assert rows_of(path) == [{"a": "1_000", "b": "\u0661"}]


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfa,b\n1,x\n", b"a,b\r\n1,x\r\n", b"a,b\r1,x\r", b'"a","b"\n\n1,"x"'])
def test_a_byte_order_mark_and_any_line_end_are_read(tmp_path, content):
    path = tmp_path / "X.csv"
    path.write_bytes(content)
    assert rows_of(path) == [{"a": 1, "b": "x"}]


def test_json_lines_have_columns_in_the_order_of_first_appearance_and_null_for_what_is_missing(tmp_path):
    path = tmp_path / "X.jsonl"
    path.write_text('{"b": 1, "a": "x"}\r\n\n{"a": null, "c": true}\n')
    assert rows_of(path) == [{"b": 1, "a": "x", "c": None}, {"b": None, "a": None, "c": True}]


@pytest.mark.parametrize(
    ("array", "rows"),
    [
        (np.array([1.5, np.nan]), [{"column_0": 1.5}, {"column_0": None}]),
        (np.array([[1, 2], [3, 4]], dtype=">i2"), [{"column_0": 1, "column_1": 2}, {"column_0": 3, "column_1": 4}]),
        (np.array([[0.5, 2]], dtype=np.float16, order="F"), [{"column_0": 0.5, "column_1": 2.0}]),
        (np.array([True, False]), [{"column_0": True}, {"column_0": False}]),
        (np.array(["good", "bäd"]), [{"column_0": "good"}, {"column_0": "bäd"}]),
        (np.array(["é".encode()]), [{"column_0": "é"}]),
    ],
)
def test_an_array_has_numbered_columns(tmp_path, array, rows):
    np.save(tmp_path / "X.npy", array)
    assert rows_of(tmp_path / "X.npy") == rows


def test_several_true_values_of_a_row_are_a_list(tmp_path):
    folder = write_model(
        tmp_path / "models" / "line", yaml_text="estimator: model.pkl\nsamples: {X: X.csv, y: y.npy}\n"
    )
    np.save(folder / "y.npy", np.arange(8).reshape(4, 2))
    assert read_samples(only_model(tmp_path / "models"), 2).truths == [[0, 1], [2, 3]]


def test_truths_of_another_length_are_refused(tmp_path):
    folder = write_model(tmp_path / "models" / "line")
    (folder / "y.csv").write_text("y\n1\n")
    with pytest.raises(SamplesError, match=r"y\.csv: expected 4 rows as X\.csv has, found 1"):
        read_samples(only_model(tmp_path / "models"))


def test_neither_pandas_nor_scikit_learn_is_imported_for_rows(tmp_path):
    (tmp_path / "X.csv").write_text("a\n1\n")
    (tmp_path / "X.jsonl").write_text('{"a": 1}\n')
    np.save(tmp_path / "X.npy", np.ones(2))
    code = (
        "import pathlib, sys\n"
        "from artifact_builder.samples import read_columns\n"
        "for path in pathlib.Path(sys.argv[1]).iterdir(): read_columns(path)\n"
        "print([name for name in ('pandas', 'sklearn', 'pyarrow') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_numbers_are_what_was_written_to_the_last_bit(tmp_path_factory, numbers):
    folder = tmp_path_factory.mktemp("floats")
    frame = pd.DataFrame({"x": numbers})
    frame.to_csv(folder / "X.csv", index=False)
    (folder / "X.jsonl").write_text("".join(json.dumps({"x": number}) + "\n" for number in numbers))
    np.save(folder / "X.npy", np.array(numbers))
    for suffix in ("csv", "jsonl", "npy"):
        assert [next(iter(row.values())) for row in rows_of(folder / f"X.{suffix}")] == numbers
