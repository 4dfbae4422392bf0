"""What the manifest promises: a few rows with the predictions that the estimator gave at build time."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, mean_absolute_error, r2_score

_GOLDEN_ROWS = 10


def golden_rows(frame: pd.DataFrame, predictions: Any) -> dict[str, object]:
    """``{"rows": [{column: value}], "predictions": [...]}``, JSON-ready, at most 10 rows."""
    rows = json_rows(frame.head(_GOLDEN_ROWS))
    return {"rows": rows, "predictions": np.asarray(predictions)[: len(rows)].tolist()}


def json_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON has them: missing values are null, dates ISO texts; floats keep every bit."""
    columns = {str(name): [_json_value(value) for value in frame[name].tolist()] for name in frame.columns}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def metrics(kind: str, truths: pd.DataFrame, predictions: Any) -> dict[str, float]:
    """How good the estimator is on its samples; empty where no usual measure fits the kind."""
    values: np.ndarray[Any, Any] = truths.to_numpy()
    if values.shape[1] == 1:
        values = values.ravel()
    if kind == "classifier" and values.ndim == 1:
        return {"accuracy": float(accuracy_score(values, predictions))}
    if kind == "regressor":
        return {
            "r2": float(r2_score(values, predictions)),
            "mean_absolute_error": float(mean_absolute_error(values, predictions)),
        }
    return {}


def _json_value(value: Any) -> Any:
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    json.dumps(value)  # raises here, beside its cause, rather than when the manifest is written
    return value
