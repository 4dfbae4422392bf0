"""Bad sample files: each an error that names the file, the place, what was expected and what was found."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from artifact_builder import SamplesError
from artifact_builder.samples import read_columns
from artifact_builder.worker.sample_frame import read_frame


def saved(array, **options) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def parquet(frame: pd.DataFrame) -> bytes:
    return frame.to_parquet()


NUMBERS = saved(np.ones((3, 2)))
STRUCTURED = saved(np.zeros(2, dtype=[("a", "f8"), ("b", "i4")]))
PICKLED = saved(np.array([{"a": 1}], dtype=object), allow_pickle=True)
FRAME = parquet(pd.DataFrame({"a": [1.0, 2.0]}))

BAD_FILES = [
    ("X.csv", b"", "expected a line of column names first, found an empty file"),
    ("X.csv", b"\n\n", "expected a line of column names first, found an empty file"),
    ("X.csv", b"a,b\n", "expected at least one row below the column names, found none"),
    ("X.csv", b"a,b\n1,2\n1\n", r"line 3: expected 2 values \(a, b\), found 1"),
    ("X.csv", b"a,b\n1,2,3\n", r"line 2: expected 2 values \(a, b\), found 3"),
    ("X.csv", b"a,b,a\n1,2,3\n", "line 1: expected each column once, found twice: 'a'"),
    ("X.csv", b",a\n0,1\n", r"column 1 has no name; if it is a frame's index, write the file with to_csv\(index=False"),
    ("X.csv", b"a\nb\xe4d\n", "line 2: expected UTF-8, found the byte 0xe4"),
    ("X.csv", "a\n1\n".encode("utf-16"), "line 1: expected UTF-8, found UTF-16"),
    ("X.csv", b"a\n1\n\0\n", "line 3: expected text, found a NUL character"),
    ("X.csv", b"a\n" + b"x" * 200_000, "line 2: is not valid CSV: field larger than field limit"),
    ("X.csv", b'a,b\n"1,2\n', "line 2: is not valid CSV: unexpected end of data"),
    ("X.csv", b"a\n1\ninf\n", "row 2, column 'a': expected a finite number, found inf"),
    ("X.jsonl", b"\n", "expected one JSON object a line, found an empty file"),
    ("X.jsonl", b'{"a": 1}\n{"a": }\n', "line 2: expected a JSON object, found what is no JSON"),
    ("X.jsonl", b'{"a": 1}\n[1]\n', "line 2: expected an object such as .*, found a list"),
    (
        "X.jsonl",
        b'{"a": {"b": 1}}\n',
        "line 1: column 'a': expected a number, a text, true, false or null, found an ob",
    ),
    ("X.jsonl", b'{"a": [1]}\n', "line 1: column 'a': expected .*, found a list"),
    ("X.jsonl", b'{"a": NaN}\n', "line 1: NaN is no JSON; write null for a missing value"),
    ("X.jsonl", b'{"a": -Infinity}\n', "line 1: -Infinity is no JSON"),
    ("X.jsonl", b'{"a": 1e999}\n', "row 1, column 'a': expected a finite number, found inf"),
    ("X.jsonl", b'{"a": 1, "a": 2}\n', "line 1: column 'a' is written twice"),
    ("X.jsonl", b"{}\n{}\n", "expected objects of columns, found only empty ones"),
    ("X.jsonl", b'{"a": "\xff"}\n', "line 1: expected UTF-8, found the byte 0xff"),
    ("X.jsonl", b"[" * 200_000, "line 1: "),
    ("X.jsonl", b'{"a": ' + b"9" * 5000 + b"}", "line 1: "),
    ("X.npy", b"", "expected an array written by numpy.save, found another file"),
    ("X.npy", b"PK\x03\x04 a zip", "expected an array written by numpy.save, found another file"),
    ("X.npy", NUMBERS[:-8], r"expected 176 bytes for the array of shape \(3, 2\) and type float64 .*, found 168"),
    ("X.npy", NUMBERS + b"0", "expected 176 bytes .*, found 177"),
    ("X.npy", NUMBERS.replace(b"(3, 2)", b"(3, 9)"), "expected 344 bytes .*, found 176"),
    ("X.npy", NUMBERS.replace(b"(3, 2), }", b"(9**99),}"), "expected an array written by numpy.save"),
    ("X.npy", PICKLED, "expected numbers or texts, found pickled objects, which are never loaded"),
    ("X.npy", STRUCTURED, r"expected a plain array, found a structured one \(a, b\)"),
    ("X.npy", saved(np.ones((2, 2, 2))), r"expected one row for each sample .*, found an array of shape \(2, 2, 2\)"),
    ("X.npy", saved(np.float64(1)), r"found an array of shape \(\)"),
    ("X.npy", saved(np.ones((0, 2))), r"expected at least one row and one column, found an array of shape \(0, 2\)"),
    (
        "X.npy",
        saved(np.ones(2, dtype=complex)),
        "expected numbers of at most 64 bits, booleans or texts, found complex",
    ),
    ("X.npy", saved(np.array([1, np.inf])), "row 2, column 'column_0': expected a finite number, found inf"),
    ("X.npy", saved(np.array([b"\xff"])), "expected texts in UTF-8"),
    ("X.parquet", b"", "expected a whole Parquet file, found what cannot be read"),
    ("X.parquet", FRAME[:-20], "expected a whole Parquet file, found what cannot be read"),
    ("X.parquet", b"a,b\n1,2\n", "expected a whole Parquet file, found what cannot be read"),
    ("X.parquet", FRAME[:4] + b"\xff" * (len(FRAME) - 12) + FRAME[-8:], "expected a whole Parquet file"),
    ("X.parquet", parquet(pd.DataFrame({"a": pd.Series([], dtype=float)})), "expected at least one row"),
    ("X.parquet", parquet(pd.DataFrame({"a": [[1], [2]]})), "column 'a': row 1: expected numbers, texts, .*, found"),
    ("X.parquet", parquet(pd.DataFrame({"a": [{"b": 1}]})), "column 'a': row 1: expected .*, found dict"),
    (
        "X.parquet",
        parquet(pd.DataFrame({"a": [1.0, np.inf]})),
        "column 'a': row 2: expected a finite number, found inf",
    ),
    ("X.xlsx", b"", r"expected a name that ends in \.csv, \.parquet, \.jsonl, \.ndjson, \.npy"),
]


@pytest.mark.parametrize(("name", "content", "words"), BAD_FILES)
def test_a_bad_file_is_refused_with_its_place(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    for read in (lambda: read_columns(path), lambda: read_frame(path, {})):
        with pytest.raises(SamplesError, match=words) as refused:
            read()
        assert str(refused.value).startswith(f"{name}: ")
        assert len(str(refused.value)) < 500


@pytest.mark.parametrize("name", ["X.csv", "X.jsonl", "X.npy", "X.parquet"])
def test_a_file_that_is_not_there_or_is_a_folder_is_said(tmp_path, name):
    for read in (lambda: read_columns(tmp_path / name), lambda: read_frame(tmp_path / name, {})):
        with pytest.raises(SamplesError, match=rf"^{name}: cannot be read: No such file or directory$"):
            read()
    (tmp_path / name).mkdir()
    with pytest.raises(SamplesError, match=f"^{name}: "):
        read_frame(tmp_path / name, {})


@pytest.mark.parametrize(
    ("dtype", "values", "words"),
    [
        ("int64", "1\n2.5", r"column 'a': row 2: expected int64, found 2\.5"),
        ("int64", "1\nNA", r"column 'a': row 2: expected int64, found no value"),
        ("int8", "1\n300", "column 'a': row 2: expected int8, found 300"),
        ("float64", "1\nx", "column 'a': row 1: expected float64, found '1'"),
        ("bool", "True\nNA", "column 'a': row 2: expected bool, found no value"),
        ("bool", "0\n1", "column 'a': row 1: expected bool, found 0"),
        ("datetime64[ns]", "2024-01-01\n2024-13-01", "column 'a': row 2: expected datetime64.*, found '2024-13-01'"),
        ("datetime64[ns]", "2024-01-01T00:00:00Z\n2024-01-01", "column 'a': row 1: expected datetime64"),
        ("datetime64[ns]", "1\n2", r"column 'a': row 1: expected datetime64\[ns\], found 1"),
        ("flot64", "1\n2", "column 'a': samples.dtypes: expected the name of a dtype, .*, found 'flot64'"),
        ("complex128", "1\n2", "column 'a': samples.dtypes: complex128 is not supported"),
        ("period[D]", "1\n2", "column 'a': samples.dtypes: .*not supported"),
    ],
)
def test_a_value_that_its_dtype_cannot_hold_is_named(tmp_path, dtype, values, words):
    path = tmp_path / "X.csv"
    path.write_text(f"a\n{values}\n")
    with pytest.raises(SamplesError, match=words):
        read_frame(path, {"a": dtype})


WHOLE = {
    "X.csv": b'a,b\n1,"x y"\n2.5,\n',
    "X.jsonl": b'{"a": 1, "b": "x"}\n{"a": null}\n',
    "X.npy": NUMBERS,
    "X.parquet": parquet(pd.DataFrame({"a": [1.0, None], "c": pd.Categorical(["x", "y"])})),
}


@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(tmp_path_factory, name, data):
    whole = bytearray(WHOLE[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
        whole = whole or bytearray(b"x")
    path = tmp_path_factory.mktemp("damaged") / name
    path.write_bytes(whole)
    for read in (lambda: read_columns(path), lambda: read_frame(path, {})):
        with contextlib.suppress(SamplesError):
            read()
