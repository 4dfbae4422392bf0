"""What an ONNX graph takes: one tensor of numbers, or one tensor for each column; and samples as these tensors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.inputs import RECORDS, TEXTS

DOUBLE, FLOAT, INT64, STRING = "double", "float", "int64", "string"
_NUMPY_TYPES: dict[str, Any] = {DOUBLE: np.float64, FLOAT: np.float32, INT64: np.int64, STRING: np.object_}


@dataclass(frozen=True)
class GraphInput:
    """A tensor ``[rows, len(columns)]``; ``columns`` are positions in the frame of samples."""

    name: str
    element_type: str
    columns: tuple[int, ...]


@dataclass(frozen=True)
class GraphInputs:
    """All inputs of a graph. ``element_type`` is that of its fractions: ``double`` or ``float``."""

    inputs: tuple[GraphInput, ...]
    element_type: str

    def tensors(self, features: pd.DataFrame) -> dict[str, np.ndarray[Any, Any]]:
        """What a session is fed for these rows; missing numbers are NaN."""
        return {one.name: _tensor(features, one) for one in self.inputs}


def graph_inputs(features: pd.DataFrame, kind: str) -> Iterator[GraphInputs]:
    """The ways in which these columns can be given to a graph, the most exact first.

    Raises WorkerError ``onnx_unsupported`` where there is none (dates, missing texts, texts mixed with numbers).
    """
    if kind == RECORDS:
        message = (
            "the estimator takes lists of records, and an ONNX graph takes tensors with the same columns in each row"
        )
        raise WorkerError("onnx_unsupported", message)
    kinds = [_kind(features.iloc[:, index], str(name)) for index, name in enumerate(features.columns)]
    for element_type, whole in ((DOUBLE, DOUBLE), (FLOAT, FLOAT), (DOUBLE, INT64), (FLOAT, INT64)):
        if whole == INT64 and INT64 not in kinds:
            continue
        types = [{DOUBLE: element_type, INT64: whole}.get(one, one) for one in kinds]
        yield GraphInputs(_inputs(types, kind), element_type)
        if set(kinds) == {STRING}:
            return


def _inputs(types: list[str], kind: str) -> tuple[GraphInput, ...]:
    if kind != TEXTS and len(set(types)) == 1 and types[0] != STRING:
        return (GraphInput("X", types[0], tuple(range(len(types)))),)
    return tuple(GraphInput(f"column_{index}", one, (index,)) for index, one in enumerate(types))


def _kind(series: pd.Series, name: str) -> str:
    """``double``, ``int64`` or ``string``: what the column's values are."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.cat.categories.dtype) if not series.isna().any() else series.astype(object)
    if pd.api.types.is_bool_dtype(series.dtype) or pd.api.types.is_float_dtype(series.dtype):
        return DOUBLE
    if pd.api.types.is_integer_dtype(series.dtype):
        return INT64 if not series.isna().any() else DOUBLE
    if pd.api.types.is_datetime64_any_dtype(series.dtype) or pd.api.types.is_timedelta64_dtype(series.dtype):
        raise WorkerError("onnx_unsupported", f"column {name!r} holds dates, which ONNX has no type for")
    return _kind_of_objects(series, name)


def _kind_of_objects(series: pd.Series, name: str) -> str:
    values = series.tolist()
    missing = [row for row, value in enumerate(values) if value is None or value is pd.NA or value != value]  # noqa: PLR0124  # NaN
    present = [value for value in values if value is not None and value is not pd.NA and value == value]  # noqa: PLR0124
    if present and all(isinstance(value, str) for value in present):
        if missing:
            message = (
                f"column {name!r} lacks a text in row {missing[0]}, and a text in an ONNX tensor cannot be missing"
            )
            raise WorkerError("onnx_unsupported", message)
        return STRING
    if all(isinstance(value, int | float | np.number | np.bool_) for value in present):
        return DOUBLE
    found = ", ".join(sorted({type(value).__name__ for value in present}))
    message = f"column {name!r} must hold texts or numbers to go into an ONNX tensor, found {found}"
    raise WorkerError("onnx_unsupported", message)


def _tensor(features: pd.DataFrame, graph_input: GraphInput) -> np.ndarray[Any, Any]:
    columns = [_column(features.iloc[:, index], graph_input.element_type) for index in graph_input.columns]
    return np.stack(columns, axis=1)


def _column(series: pd.Series, element_type: str) -> np.ndarray[Any, Any]:
    if element_type == STRING:
        return np.array(series.tolist(), dtype=np.object_)
    if element_type == INT64:
        return np.asarray(series.tolist(), dtype=np.int64)
    numbers: np.ndarray[Any, Any] = series.astype(object).where(series.notna(), np.nan).to_numpy(dtype=np.float64)
    return numbers.astype(_NUMPY_TYPES[element_type], copy=False)
