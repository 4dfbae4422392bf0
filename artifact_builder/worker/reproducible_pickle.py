"""joblib's file format with the same bytes for the same estimator.

scikit-learn keeps the nodes of its trees in C structures of 57 bytes that are padded to 64, and the padding is memory
that nobody wrote: every dump of a forest differs in it. Here padding is zero.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from joblib.numpy_pickle import NumpyPickler

# Fixed, so that the bytes do not follow Python's default; every Python of OCI's packs reads it.
_PROTOCOL = 4


def dump(value: Any, path: Path) -> None:
    """Write ``value`` as ``joblib.dump`` does, uncompressed; ``joblib.load`` reads it."""
    with path.open("wb") as file:
        _Pickler(file, protocol=_PROTOCOL).dump(value)


class _Pickler(NumpyPickler):  # type: ignore[misc]  # joblib has no types
    def save(self, obj: Any, *arguments: Any) -> None:
        if type(obj) is np.ndarray and obj.dtype.names is not None and not obj.dtype.hasobject:
            obj = _with_zero_padding(obj)
        super().save(obj, *arguments)


def _with_zero_padding(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    clean = np.zeros(array.shape, array.dtype, order="F" if array.flags.fnc else "C")
    for name in array.dtype.names or ():
        clean[name] = array[name]
    return clean
