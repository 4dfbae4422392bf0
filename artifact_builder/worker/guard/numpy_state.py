"""Whether the state that a pickle gives an array or a dtype is one that NumPy can take.

NumPy believes it: a list shorter than the shape, or a field beyond the item, ends in a read of foreign memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_MOST_DIMENSIONS = 64  # NumPy's own limit
# numpy/ndarraytypes.h: the flags by which NumPy knows that an item holds references to Python objects.
_OBJECT_FLAGS = 0x01 | 0x02 | 0x08
_STATE_ITEMS = 8
_MOST_ALIGNMENT_BYTES = 64


class Malformed(Exception):  # noqa: N818  # becomes a WorkerError at the room's edge
    """The bytes are no pickle, or one that no pickler writes."""


def array_items(shape: object) -> int:
    """How many items an array of this shape has; a shape is a tuple of counts and nothing else."""
    count = 1
    if not isinstance(shape, tuple) or len(shape) > _MOST_DIMENSIONS:
        raise Malformed("an array without a shape")
    for length in shape:
        if type(length) is not int or length < 0:
            raise Malformed(f"an array of the shape {shape!r:.80}")
        count *= length
    return count


def check_array_state(state: object) -> None:
    """The state that ``ndarray.__reduce__`` gives: (version, shape, dtype, is_fortran, data); a masked one has more."""
    if not isinstance(state, tuple) or len(state) < 5:  # noqa: PLR2004
        raise Malformed("an array without a state")
    _, shape, dtype, _, data = state[:5]
    if not isinstance(dtype, np.dtype):
        raise Malformed("an array without a dtype")
    given, needed = (
        (len(data) if isinstance(data, list) else -1, array_items(shape))
        if dtype.hasobject
        else (len(data) if isinstance(data, bytes | bytearray) else -1, array_items(shape) * dtype.itemsize)
    )
    if given != needed:
        raise Malformed(f"an array of the shape {shape!r:.80} and {dtype!r:.80} with other data")


def check_dtype_state(dtype: np.dtype[Any], state: object) -> None:
    """The state that ``dtype.__reduce__`` gives: (version, order, subarray, names, fields, size, alignment, flags)."""
    if not isinstance(state, tuple) or len(state) not in (_STATE_ITEMS, _STATE_ITEMS + 1):
        raise Malformed("a dtype without a state")
    version, order, subarray, names, fields, *numbers = state[:_STATE_ITEMS]
    size_bytes, alignment, flags = numbers
    if not all(type(number) is int for number in (version, *numbers)) or order not in ("<", ">", "=", "|"):
        raise Malformed("a dtype without a size or an order")
    if names is None and fields is None:
        parts = [] if subarray is None else [_subarray_fits(subarray, size_bytes)]
        is_sized = subarray is not None or size_bytes in (-1, dtype.itemsize)
    else:
        parts = _fields_fit(names, fields, size_bytes)
        is_sized = dtype.kind == "V" and subarray is None
    object_flags = dtype.flags & _OBJECT_FLAGS if not parts else 0
    for part in parts:
        object_flags |= part.flags & _OBJECT_FLAGS
    if not is_sized or flags & _OBJECT_FLAGS != object_flags or not -1 <= alignment <= _MOST_ALIGNMENT_BYTES:
        raise Malformed(f"a dtype {dtype!r:.40} with the state of another")
    if dtype.kind in "mM" and not _is_unit(state[-1]):
        raise Malformed(f"a dtype {dtype!r:.40} without its unit")


def _is_unit(metadata: object) -> bool:
    """What the state of a date's dtype ends with: (metadata, (unit, number, denominator, event))."""
    if not isinstance(metadata, tuple) or len(metadata) != 2:  # noqa: PLR2004
        return False
    extra, unit = metadata
    is_four = isinstance(unit, tuple) and len(unit) == 4  # noqa: PLR2004
    return isinstance(extra, dict | None) and is_four and all(type(part) is int for part in unit[1:])


def _subarray_fits(subarray: object, size_bytes: int) -> np.dtype[Any]:
    base, shape = subarray if isinstance(subarray, tuple) and len(subarray) == 2 else (None, None)  # noqa: PLR2004
    shape = shape if isinstance(shape, tuple) else (shape,)
    if not isinstance(base, np.dtype) or base.itemsize * array_items(shape) != size_bytes:
        raise Malformed("a dtype of subarrays of another size")
    return base


def _fields_fit(names: object, fields: object, size_bytes: int) -> list[np.dtype[Any]]:
    if not isinstance(names, tuple) or not isinstance(fields, dict) or not all(type(name) is str for name in names):
        raise Malformed("a dtype without its fields")
    if len(set(names)) != len(names) or not set(names) <= set(fields):
        raise Malformed("a dtype without some of its fields")
    return [_field_fits(field, size_bytes) for field in fields.values()]


def _field_fits(field: object, size_bytes: int) -> np.dtype[Any]:
    dtype, offset = field[:2] if isinstance(field, tuple) and len(field) >= 2 else (None, None)  # noqa: PLR2004
    if not isinstance(dtype, np.dtype) or type(offset) is not int or not 0 <= offset <= size_bytes - dtype.itemsize:
        raise Malformed("a dtype with a field beyond its end")
    return dtype
