"""What the manifest promises: a few rows with the answers that the estimator gave at build time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from artifact_builder.worker.errors import WorkerError

GOLDEN_ROWS = 10


def json_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON has them: missing values are null, dates ISO texts; floats keep every bit."""
    columns = {str(name): [_cell(value, str(name)) for value in frame[name].tolist()] for name in frame.columns}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def json_answers(answers: np.ndarray[Any, Any]) -> list[Any]:
    """An answer as score.py sends it: one item a row, null where a number is not finite."""
    return [_answer(value) for value in answers.tolist()]


def _cell(value: Any, column: str) -> Any:
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    message = (
        f"column {column!r} of the samples must hold numbers, texts, true/false, dates or nothing, "
        f"found {value!r}: a request's JSON could not carry it"
    )
    raise WorkerError("samples", message)


def _answer(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_answer(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | bool | int):
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise WorkerError("predict", f"the estimator answers with a {type(value).__name__}, which JSON cannot carry")
