"""A sample file of any format as a frame with the dtypes that the estimator was fitted with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from artifact_builder.errors import SamplesError
from artifact_builder.samples.columns import read_columns, reading
from artifact_builder.samples.npy_file import read_array
from artifact_builder.worker.parquet_frame import read_parquet


def read_frame(path: Path, dtypes: Mapping[str, str]) -> pd.DataFrame:
    """Rows as numbered from 0, columns named by texts, missing values NaN (or NaT), numpy's own dtypes.

    ``dtypes``: pandas' name of a column's dtype; columns that are not in this file are no matter. Without one
    a column has the dtype that its values suggest, in Parquet and .npy the file's own. Raises SamplesError.
    """
    with reading(path):
        if path.suffix == ".parquet":
            frame = read_parquet(path)
        elif path.suffix == ".npy":
            array = read_array(path)
            frame = pd.DataFrame(array, columns=[f"column_{index}" for index in range(array.shape[1])])
        else:
            frame = pd.DataFrame({name: _untyped(values) for name, values in read_columns(path, dtypes).items()})
    for name, dtype in dtypes.items():
        if name in frame.columns:
            frame[name] = _typed(frame[name], dtype, f"{path.name}: column {name!r}")
    return frame


def check_dtypes(dtypes: Mapping[str, str], *frames: pd.DataFrame) -> None:
    """Every column that ``samples.dtypes`` names is in one of the frames (X, y). Raises SamplesError."""
    known = [name for frame in frames for name in frame.columns]
    for name in dtypes:
        if name not in known:
            raise SamplesError(
                f"samples.dtypes names the column {name!r}, the sample files have {', '.join(map(repr, known))}"
            )


def _untyped(values: list[object]) -> pd.Series:
    """None becomes NaN, as score.py makes it of a null; a column without any value is one of numbers."""
    if all(value is None for value in values):
        return pd.Series([np.nan] * len(values), dtype=np.float64)
    series = pd.Series(values)
    return series.where(series.notna(), np.nan) if series.dtype.kind == "O" else series


def _typed(series: pd.Series, dtype: str, place: str) -> pd.Series:
    if dtype == "category":
        return _category(series, place)
    try:
        wanted = pd.api.types.pandas_dtype(dtype)
    except (TypeError, ValueError) as error:
        raise SamplesError(
            f"{place}: samples.dtypes: expected the name of a dtype, such as float64, category or datetime64[ns], "
            f"found {dtype!r}"
        ) from error
    if pd.api.types.is_datetime64_any_dtype(wanted):
        return _converted(series, lambda values: _dates(values, wanted), dtype, place)
    if pd.api.types.is_timedelta64_dtype(wanted):
        return _converted(series, lambda values: pd.to_timedelta(values).astype(wanted), dtype, place)
    if pd.api.types.is_bool_dtype(wanted):
        return _converted(series, lambda values: _truth(values, nullable=dtype == "boolean"), dtype, place)
    if pd.api.types.is_numeric_dtype(wanted) and not pd.api.types.is_complex_dtype(wanted):
        return _converted(series, lambda values: _numbers(values, wanted), dtype, place)
    if pd.api.types.is_string_dtype(wanted):  # object too
        return _converted(series, lambda values: _texts(values, is_object=dtype == "object"), dtype, place)
    raise SamplesError(
        f"{place}: samples.dtypes: {dtype} is not supported; "
        "expected numbers, bool, object, str, category, datetime64 or timedelta64"
    )


def _category(series: pd.Series, place: str) -> pd.Series:
    """Categories are sorted: their order must not depend on which row came first."""
    values = series.dropna()
    try:
        categories = sorted(values.unique().tolist())
    except TypeError as error:
        kinds = " and ".join(sorted({type(value).__name__ for value in values.tolist()}))
        raise SamplesError(f"{place}: expected categories of one type, found {kinds}") from error
    return pd.Series(pd.Categorical(series, categories=categories), index=series.index)


def _converted(series: pd.Series, convert: Callable[[pd.Series], pd.Series], dtype: str, place: str) -> pd.Series:
    """``convert(series)``; where that fails, the first row that fails alone is named."""
    try:
        return convert(series)
    except (TypeError, ValueError, OverflowError, AttributeError):
        for row in range(len(series)):
            try:
                convert(series.iloc[row : row + 1])
            except (TypeError, ValueError, OverflowError, AttributeError) as error:
                found = "no value" if pd.isna(series.iloc[row]) else repr(series.tolist()[row])
                raise SamplesError(f"{place}: row {row + 1}: expected {dtype}, found {found}") from error
        raise SamplesError(f"{place}: expected {dtype}, found values that do not go together") from None


def _dates(values: pd.Series, wanted: Any) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values.dtype) and not values.isna().all():
        raise ValueError("a number tells no date without its unit")
    zone = getattr(wanted, "tz", None)
    if zone is None:
        dates = _instants(values, utc=False)
        if dates.dt.tz is not None:
            raise ValueError("the dtype has no time zone")
        return dates.astype(wanted)
    return _instants(values, utc=True).dt.tz_convert(zone).astype(wanted)


def _instants(values: pd.Series, *, utc: bool) -> pd.Series:
    """ISO 8601 in any of its forms, row by row; other forms as pandas guesses them from the first row."""
    try:
        return pd.to_datetime(values, utc=utc, format="ISO8601")
    except ValueError:
        return pd.to_datetime(values, utc=utc)


def _truth(values: pd.Series, *, nullable: bool) -> pd.Series:
    if not all(isinstance(value, bool) or (nullable and pd.isna(value)) for value in values.tolist()):
        raise ValueError("neither true nor false")
    return values.astype(object).where(values.notna(), np.nan) if values.isna().any() else values.astype(bool)


def _numbers(values: pd.Series, wanted: Any) -> pd.Series:
    """Of pandas' nullable dtypes (Int64 …) numpy's: a fraction's NaN where a value is missing."""
    if not all(isinstance(value, int | float) for value in values.tolist()):
        raise ValueError("no number")
    if isinstance(wanted, np.dtype):
        numpy_dtype = wanted
    else:
        numpy_dtype = wanted.numpy_dtype
        if values.isna().any() and numpy_dtype.kind in "iu":
            numpy_dtype = np.dtype(np.float64)
    numbers = values.astype(np.float64) if values.dtype.kind == "O" else values
    if numpy_dtype.kind in "iu":
        limits = np.iinfo(numpy_dtype)
        if not all(value == value // 1 and limits.min <= value <= limits.max for value in numbers.tolist()):
            raise ValueError("no whole number in the dtype's range")
    return numbers.astype(numpy_dtype)


def _texts(values: pd.Series, *, is_object: bool) -> pd.Series:
    if not is_object and not all(isinstance(value, str) or pd.isna(value) for value in values.tolist()):
        raise ValueError("no text")
    objects = values.astype(object)
    objects = objects.where(objects.notna(), np.nan)
    return objects if is_object else objects.astype("str")
