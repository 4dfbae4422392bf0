"""Samples as frames, and their agreement with the estimator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd

from artifact_builder.errors import SamplesError
from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.sample_frame import check_dtypes, read_frame


def read_features(
    path: Path, names: list[str] | None, *, n_features: int | None, dtypes: Mapping[str, str]
) -> pd.DataFrame:
    """The features' samples, columns in the estimator's order.

    ``names``: what it was fitted on, None for a bare array (the columns then stay as the file has them); ``dtypes``:
    columns that get another dtype than the file gives them.
    """
    frame = _read(path, dtypes, only_column="text")
    if frame.empty:
        raise WorkerError("samples", f"{path.name} must have at least one row and one column, found {frame.shape}")
    if names is None:
        if n_features is not None and n_features != frame.shape[1]:
            message = f"{path.name} must have {n_features} columns as the estimator's fit had, found {frame.shape[1]}"
            raise WorkerError("samples", message)
        return frame
    if path.suffix == ".npy" and frame.shape[1] == len(names):  # an array has no names: its columns are in order
        frame.columns = pd.Index(names)
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


def read_truths(path: Path, n_rows: int, dtypes: Mapping[str, str]) -> pd.DataFrame:
    """The true values' samples, one row for each row of features."""
    frame = _read(path, dtypes, only_column="y")
    if len(frame) != n_rows:
        raise WorkerError(
            "samples", f"{path.name} must have {n_rows} rows as the features' samples have, found {len(frame)}"
        )
    return frame


def check_dtype_names(dtypes: Mapping[str, str], *frames: pd.DataFrame | None) -> None:
    """Every column that ``samples.dtypes`` names is in one of the frames. Raises WorkerError."""
    try:
        check_dtypes(dtypes, *(frame for frame in frames if frame is not None))
    except SamplesError as error:
        raise WorkerError("samples", str(error)) from error


def _read(path: Path, dtypes: Mapping[str, str], *, only_column: str) -> pd.DataFrame:
    try:
        # What our own training task wrote is .joblib; all else is a user's file.
        frame = _as_frame(joblib.load(path), only_column) if path.suffix == ".joblib" else read_frame(path, dtypes)
    except SamplesError as error:
        raise WorkerError("samples", str(error)) from error
    frame.columns = pd.Index([str(column) for column in frame.columns])
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
