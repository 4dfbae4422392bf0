"""Sample files as frames, and their agreement with the estimator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd

from artifact_builder.errors import SamplesError
from artifact_builder.samples import read_csv
from artifact_builder.worker.errors import WorkerError


def read_features(
    path: Path, names: list[str] | None, *, n_features: int | None, dtypes: Mapping[str, str]
) -> pd.DataFrame:
    """The features' samples, columns in the estimator's order.

    ``names``: what it was fitted on, None for a bare array (the columns then stay as the file has them); ``dtypes``:
    columns that get another dtype than the file gives them.
    """
    frame = _typed(_as_frame(_read(path), "text"), dtypes, path.name)
    if frame.empty:
        raise WorkerError("samples", f"{path.name} must have at least one row and one column, found {frame.shape}")
    frame.columns = [str(column) for column in frame.columns]
    if names is None:
        if n_features is not None and n_features != frame.shape[1]:
            message = f"{path.name} must have {n_features} columns as the estimator's fit had, found {frame.shape[1]}"
            raise WorkerError("samples", message)
        return frame
    missing = [name for name in names if name not in set(frame.columns)]
    extra = [column for column in frame.columns if column not in set(names)]
    if missing or extra:
        parts = [
            f"{word} {', '.join(map(repr, columns))}"
            for word, columns in (("misses", missing), ("has besides", extra))
            if columns
        ]
        message = f"{path.name} must have the columns that the estimator was fitted on: it {' and '.join(parts)}"
        raise WorkerError("samples", message)
    return frame[names]


def read_truths(path: Path, n_rows: int) -> pd.DataFrame:
    """The true values' samples, one row for each row of features."""
    frame = _as_frame(_read(path), "y")
    frame.columns = [str(column) for column in frame.columns]
    if len(frame) != n_rows:
        raise WorkerError(
            "samples", f"{path.name} must have {n_rows} rows as the features' samples have, found {len(frame)}"
        )
    return frame


def _read(path: Path) -> Any:
    try:
        if path.suffix == ".joblib":
            return joblib.load(path)  # what our own training task wrote
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        # Not pandas' parser: its numbers may differ in the last bit from what a client's JSON carries.
        return pd.DataFrame(read_csv(path))
    except SamplesError as error:
        raise WorkerError("samples", str(error)) from error
    except (ValueError, ImportError, OSError) as error:
        raise WorkerError("samples", f"{path.name} cannot be read: {error}") from error


def _typed(frame: pd.DataFrame, dtypes: Mapping[str, str], file_name: str) -> pd.DataFrame:
    for column, dtype in dtypes.items():
        if column not in frame.columns:
            found = ", ".join(map(repr, frame.columns))
            raise WorkerError("samples", f"samples.dtypes: {file_name} has no column {column!r}, it has {found}")
        try:
            frame[column] = frame[column].astype(dtype)
        except (TypeError, ValueError) as error:
            message = f"samples.dtypes: column {column!r} of {file_name} cannot be {dtype}: {error}"
            raise WorkerError("samples", message) from error
    return frame


def _as_frame(value: Any, only_column: str) -> pd.DataFrame:
    if isinstance(value, pd.DataFrame):
        return value.reset_index(drop=True)
    if isinstance(value, pd.Series):
        return value.reset_index(drop=True).to_frame(value.name if value.name is not None else only_column)
    if hasattr(value, "toarray"):  # a sparse matrix: requests carry every value
        value = value.toarray()
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return pd.DataFrame(value)
    array = np.asarray(value)
    columns = [f"column_{index}" for index in range(array.shape[1])] if array.ndim > 1 else [only_column]
    return pd.DataFrame(array, columns=columns)
