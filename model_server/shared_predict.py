"""One model.predict() for the bodies of several requests, and each request its own answer.

Only where score.py says `rows_are_independent = True` (the generated one does), and only where its predict(data) still
is what the generated one is: `{"prediction": post_inference(model.predict(pre_inference(data, …)))}`. Then the first
and the last step run for each request alone, as they would without sharing, hooks included, and the estimator sees the
rows of all. Whatever is unusual (another type, other columns, other dtypes, an exception) is predicted alone.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

INDEPENDENCE_NAME = "rows_are_independent"


class SharedPredict:
    """What to call of score.py, in place of its predict(), for several bodies at once."""

    def __init__(self, score: ModuleType) -> None:
        self.prepare: Callable[[Any], Any] = score.pre_inference
        self.finish: Callable[[Any], Any] = score.post_inference
        self._model = score.load_model()

    def predict(self, matrices: Sequence[Any]) -> list[Any] | None:
        """Give each matrix's part of one common prediction; None where they cannot be predicted together.

        Raises what the estimator raises.
        """
        rows = stack(matrices)
        if rows is None:
            return None
        yhat = self._model.predict(rows)
        counts = [len(matrix) for matrix in matrices]
        if not hasattr(yhat, "shape") or len(yhat) != sum(counts):
            return None
        ends = [sum(counts[: number + 1]) for number in range(len(counts))]
        return [yhat[end - count : end] for count, end in zip(counts, ends, strict=True)]


def stack(matrices: Sequence[Any]) -> Any:
    """Give all rows in one matrix of the same kind; None for matrices that are not of one kind."""
    import numpy as np

    first = matrices[0]
    if type(first) is np.ndarray:
        if first.ndim != 2 or first.dtype.hasobject:  # noqa: PLR2004  rows and columns
            return None
        width, dtype = first.shape[1], first.dtype
        for matrix in matrices:
            if type(matrix) is not np.ndarray or matrix.ndim != 2 or matrix.shape[1] != width or matrix.dtype != dtype:  # noqa: PLR2004
                return None
        return np.concatenate(matrices)
    return _stack_frames(matrices) if type(first).__name__ == "DataFrame" else None


def _stack_frames(frames: Sequence[Any]) -> Any:
    import pandas as pd

    first = frames[0]
    dtypes = first.dtypes.tolist()
    for frame in frames:
        if type(frame) is not pd.DataFrame or not isinstance(frame.index, pd.RangeIndex):
            return None
        if frame.columns is not first.columns and not frame.columns.equals(first.columns):
            return None
        if frame is not first and frame.dtypes.tolist() != dtypes:
            return None
    if all(dtype == dtypes[0] for dtype in dtypes) and dtypes[0].kind in "fiu":
        import numpy as np

        return pd.DataFrame(np.concatenate([frame.to_numpy() for frame in frames]), columns=first.columns, copy=False)
    if any(dtype.kind == "O" for dtype in dtypes):
        return pd.concat(frames, ignore_index=True) if _hold_one_type(frames) else None
    return pd.concat(frames, ignore_index=True)


def _hold_one_type(frames: Sequence[Any]) -> bool:
    """Tell whether each column of objects holds text alone: mixed types may be read differently in other company."""
    for name in frames[0].columns[[dtype.kind == "O" for dtype in frames[0].dtypes]]:
        if not all(type(value) is str for frame in frames for value in frame[name]):
            return False
    return True


def may_share(score: ModuleType, path: Path) -> bool:
    """Tell whether score.py lets requests be predicted together."""
    if getattr(score, INDEPENDENCE_NAME, False) is not True:
        return False
    if not all(callable(getattr(score, name, None)) for name in ("pre_inference", "post_inference")):
        return False
    return predict_is_the_composition(path.read_text(encoding="utf-8"))


def predict_is_the_composition(source: str) -> bool:
    """Tell whether predict() of this score.py does nothing but its three steps, one after the other."""
    found = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == "predict"]
    if len(found) != 1 or found[0].decorator_list:
        return False
    body = found[0].body[1:] if ast.get_docstring(found[0]) is not None else found[0].body
    if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
        return False
    words = ast.unparse(body[0].value).replace(", input_schema_path", "").replace(", model", "")
    return words == "{'prediction': post_inference(model.predict(pre_inference(data)))}"
