"""Samples in Parquet, whose columns have dtypes of their own."""

from __future__ import annotations

import datetime as dt
import decimal
from pathlib import Path

import numpy as np
import pandas as pd

from artifact_builder.errors import SamplesError

_CAUSE_CHARACTERS = 300  # some of pyarrow's messages list what it would have understood


def read_parquet(path: Path) -> pd.DataFrame:
    """The file's columns with their own dtypes, pandas' and Arrow's nullable ones as numpy's.

    Raises SamplesError, OSError.
    """
    with path.open("rb") as file:
        try:
            frame = pd.read_parquet(file)
        except Exception as error:  # pyarrow's errors for a broken file have no common base
            cause = " ".join(str(error).split())[:_CAUSE_CHARACTERS]
            message = f"{path.name}: expected a whole Parquet file, found what cannot be read: {cause}"
            raise SamplesError(message) from error
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SamplesError(f"{path.name}: expected each column once, found twice: {', '.join(map(repr, twice))}")
    if frame.empty:
        raise SamplesError(f"{path.name}: expected at least one row and one column, found {frame.shape}")
    columns = {
        name: _plain(frame.iloc[:, index].reset_index(drop=True), f"{path.name}: column {name!r}")
        for index, name in enumerate(names)
    }
    return pd.DataFrame(columns)


def _plain(series: pd.Series, place: str) -> pd.Series:
    dtype = series.dtype
    if isinstance(dtype, pd.ArrowDtype):
        series = series.astype(object)
        series = series.where(series.notna(), None).infer_objects()
        dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return series
    if pd.api.types.is_extension_array_dtype(dtype) and not isinstance(dtype, pd.DatetimeTZDtype):
        return _numpy(series, place)
    if dtype.kind == "O":
        return _objects(series, place)
    if dtype.kind == "f" and np.isinf(series.to_numpy()).any():
        row = int(np.flatnonzero(np.isinf(series.to_numpy()))[0])
        raise SamplesError(f"{place}: row {row + 1}: expected a finite number, found {series.iloc[row]}")
    if dtype.kind not in "fiubmM":
        raise _unsupported(place, str(dtype))
    return series


def _numpy(series: pd.Series, place: str) -> pd.Series:
    """Of a nullable dtype numpy's: whole numbers with a gap are fractions with NaN, truths with a gap are objects."""
    dtype = series.dtype
    if pd.api.types.is_string_dtype(dtype):
        texts = series.astype(object)
        return texts.where(texts.notna(), np.nan).astype("str")
    has_gap = bool(series.isna().any())
    if pd.api.types.is_bool_dtype(dtype):
        truths = series.astype(object)
        return truths.where(truths.notna(), np.nan) if has_gap else series.astype(bool)
    if pd.api.types.is_numeric_dtype(dtype) and hasattr(dtype, "numpy_dtype"):
        whole = dtype.numpy_dtype.kind in "iu"
        return pd.Series(
            series.to_numpy(np.float64 if has_gap and whole else dtype.numpy_dtype, na_value=np.nan)
            if has_gap
            else series.to_numpy(dtype.numpy_dtype)
        )
    raise _unsupported(place, str(dtype))


def _objects(series: pd.Series, place: str) -> pd.Series:
    """Texts and truths; days become dates, decimal numbers fractions; None is NaN, as score.py makes it of a null."""
    values = [np.nan if value is None else value for value in series.tolist()]
    present = [value for value in values if not (isinstance(value, float) and np.isnan(value))]
    if present and all(type(value) is dt.date for value in present):
        return pd.Series(pd.to_datetime(values))
    if present and all(isinstance(value, decimal.Decimal) for value in present):
        return pd.Series([float(value) for value in values], dtype=np.float64)
    for row, value in enumerate(values, start=1):
        if not isinstance(value, str | bool | int | float):
            raise _unsupported(f"{place}: row {row}", type(value).__name__)
    return pd.Series(values, dtype=object)


def _unsupported(place: str, found: str) -> SamplesError:
    return SamplesError(f"{place}: expected numbers, texts, booleans, categories or dates, found {found}")
