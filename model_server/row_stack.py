"""The prepared samples of several requests as one: arrays, pandas frames, or ONNX's feeds.

Only what is exactly alike is put together, so that no value is read in another dtype than it would be alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Stacked = tuple[Any, list[int]]
"""All rows, and how many of them each request brought."""


def stack(samples: Sequence[Any]) -> Stacked | None:
    """Give all rows as one of the same kind; None for samples that are not alike."""
    import numpy as np

    kind = type(samples[0])
    if any(type(sample) is not kind for sample in samples):
        return None
    if kind is np.ndarray:
        rows = _stack_arrays(samples)
        return None if rows is None else (rows, [len(sample) for sample in samples])
    if kind is dict:
        return _stack_feeds(samples)
    if kind is list:
        return _stack_lists(samples)
    if kind.__name__ == "DataFrame" and kind.__module__.partition(".")[0] == "pandas":
        rows = _stack_frames(samples)
        return None if rows is None else (rows, [len(sample) for sample in samples])
    return None


def _stack_lists(lists: Sequence[list[Any]]) -> Stacked | None:
    """Texts or records; lists of numbers would be made an array of a dtype that all of them decide."""
    rows = [row for one in lists for row in one]
    return (rows, [len(one) for one in lists]) if all(type(row) in {str, dict} for row in rows) else None


def _stack_arrays(arrays: Sequence[Any]) -> Any:
    import numpy as np

    first = arrays[0]
    if first.ndim not in {1, 2}:
        return None
    width, dtype = first.shape[1:], first.dtype
    if any(array.ndim != first.ndim or array.shape[1:] != width or array.dtype != dtype for array in arrays):
        return None
    if first.dtype.hasobject and not all(_is_all_text(array) for array in arrays):
        return None
    return np.concatenate(arrays)


def _stack_feeds(feeds: Sequence[dict[str, Any]]) -> Stacked | None:
    import numpy as np

    rows: dict[str, Any] = {}
    for name in feeds[0]:
        tensors = [feed.get(name) for feed in feeds]
        if any(type(tensor) is not np.ndarray for tensor in tensors):
            return None
        rows[name] = _stack_arrays(tensors)
        if rows[name] is None:
            return None
    counts = [len(next(iter(feed.values()))) for feed in feeds]
    if any(len(feed) != len(rows) for feed in feeds) or any(len(tensor) != sum(counts) for tensor in rows.values()):
        return None
    return rows, counts


def _stack_frames(frames: Sequence[Any]) -> Any:
    import numpy as np
    import pandas as pd

    first = frames[0]
    dtypes = first.dtypes.tolist()
    for frame in frames:
        if not isinstance(frame.index, pd.RangeIndex):
            return None
        if frame.columns is not first.columns and not frame.columns.equals(first.columns):
            return None
        if frame is not first and frame.dtypes.tolist() != dtypes:
            return None
    if all(dtype == dtypes[0] for dtype in dtypes) and isinstance(dtypes[0], np.dtype) and dtypes[0].kind in "fiu":
        return pd.DataFrame(np.concatenate([frame.to_numpy() for frame in frames]), columns=first.columns, copy=False)
    for name, dtype in zip(first.columns, dtypes, strict=True):
        if dtype.kind == "O" and not all(_is_all_text(frame[name].to_numpy()) for frame in frames):
            return None
    return pd.concat(frames, ignore_index=True)


def _is_all_text(array: Any) -> bool:
    """Tell whether objects are text alone: mixed types may be read differently in other company."""
    return all(type(value) is str for value in array.flat)
