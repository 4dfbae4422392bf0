"""The golden rows as request bodies, in each form that a client may send."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import numpy as np

from artifact_builder.worker.inputs import RECORDS, TEXTS

_FRAME = "<class 'pandas.core.frame.DataFrame'>"
_ARRAY = "<class 'numpy.ndarray'>"


def request_bodies(rows: list[dict[str, Any]], input_kind: str) -> dict[str, tuple[Any, int]]:
    """Form's name → (body, how many rows it holds)."""
    count = len(rows)
    bodies: dict[str, tuple[Any, int]] = {"list of objects": (rows, count), "one object": (rows[0], 1)}
    if input_kind == RECORDS:
        return {**bodies, "data": ({"data": rows}, count)}
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    lists = [list(row.values()) for row in rows]
    frame = {name: {str(index): value for index, value in enumerate(values)} for name, values in columns.items()}
    bodies |= {
        "list of lists": (lists, count),
        "columns": (columns, count),
        "data": ({"data": lists}, count),
        "frame as text": ({"data": json.dumps(frame), "data_type": _FRAME}, count),
    }
    if input_kind == TEXTS:
        bodies["list of texts"] = ([row[0] for row in lists], count)
    if all(isinstance(value, int | float) and not isinstance(value, bool) for row in lists for value in row):
        bodies["numpy array"] = ({"data": _npy(lists), "data_type": _ARRAY}, count)
    return bodies


def _npy(lists: list[list[Any]]) -> str:
    """Base64 of what numpy.save() writes, as oracle-ads sends an array."""
    buffer = io.BytesIO()
    np.save(buffer, np.array(lists, dtype=np.float64))
    return base64.b64encode(buffer.getvalue()).decode("ascii")
