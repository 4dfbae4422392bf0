"""A sample file of any format as columns of plain values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from artifact_builder.errors import SamplesError
from artifact_builder.samples.csv_file import read_csv
from artifact_builder.samples.json_lines_file import read_json_lines
from artifact_builder.samples.npy_file import read_npy

# Column → one value a row, JSON-ready: numbers, texts, booleans, None for a missing value.
Columns = dict[str, list[object]]

_FORMATS = (".csv", ".parquet", ".jsonl", ".ndjson", ".npy")
_READERS: dict[str, Callable[[Path], Columns]] = {
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".npy": read_npy,
}


def read_columns(path: Path, dtypes: Mapping[str, str] | None = None) -> Columns:
    """The columns of a CSV, JSON lines, .npy or Parquet file.

    ``dtypes`` (model.yaml's ``samples.dtypes``) matters here to a CSV's columns of texts only: their digits stay texts.
    Raises SamplesError.
    """
    with reading(path):
        if path.suffix == ".csv":
            columns = read_csv(path, texts=_text_columns(dtypes or {}))
        elif path.suffix == ".parquet":
            columns = _read_parquet(path, dtypes or {})
        elif path.suffix in _READERS:
            columns = _READERS[path.suffix](path)
        else:
            raise SamplesError(f"{path.name}: expected a name that ends in {', '.join(_FORMATS)}")
        _check_finite(path, columns)
        return columns


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """What the system says about a file, as a SamplesError."""
    try:
        yield
    except OSError as error:
        raise SamplesError(f"{path.name}: cannot be read: {error.strerror or error}") from error
    except MemoryError as error:
        raise SamplesError(f"{path.name}: does not fit in memory; a few hundred rows are enough as samples") from error


def _text_columns(dtypes: Mapping[str, str]) -> frozenset[str]:
    """The columns that are declared as texts."""
    return frozenset(
        name for name, dtype in dtypes.items() if dtype in {"object", "str", "string"} or dtype.startswith("string[")
    )


def _check_finite(path: Path, columns: Columns) -> None:
    """JSON has no infinity: no client could send such a row."""
    for name, values in columns.items():
        for row, value in enumerate(values, start=1):
            if isinstance(value, float) and math.isinf(value):
                raise SamplesError(f"{path.name}: row {row}, column {name!r}: expected a finite number, found {value}")


def _read_parquet(path: Path, dtypes: Mapping[str, str]) -> Columns:
    from artifact_builder.worker.golden import json_rows
    from artifact_builder.worker.sample_frame import read_frame

    frame = read_frame(path, dtypes)
    rows = json_rows(frame)
    return {str(name): [row[str(name)] for row in rows] for name in frame.columns}
