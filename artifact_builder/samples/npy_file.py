"""Samples in numpy's .npy: a bare array, without the pickled objects that the format allows."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from artifact_builder.errors import SamplesError

if TYPE_CHECKING:
    import numpy as np

_MATRIX_DIMENSIONS = 2
_CAUSE_CHARACTERS = 300


def read_npy(path: Path) -> dict[str, list[object]]:
    """Columns named ``column_0``, ``column_1`` …; NaN is a missing value. Raises SamplesError, OSError."""
    array = read_array(path)
    return {f"column_{index}": [_value(value) for value in array[:, index].tolist()] for index in range(array.shape[1])}


def read_array(path: Path) -> np.ndarray[Any, Any]:
    """The array, two-dimensional (a 1-D one is one column), of native byte order. Raises SamplesError, OSError."""
    import numpy as np

    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that Python 2 wrote the header is no matter
        shape, dtype = _header(path, file)
        _check_form(path, shape, dtype)
        expected_bytes = file.tell() + math.prod(shape) * dtype.itemsize
        found_bytes = path.stat().st_size
        if found_bytes != expected_bytes:
            raise SamplesError(
                f"{path.name}: expected {expected_bytes} bytes for the array of shape {shape} and type {dtype} "
                f"that its header declares, found {found_bytes}"
            )
        file.seek(0)
        array: np.ndarray[Any, Any] = np.load(file, allow_pickle=False)
    if dtype.kind == "S":
        array = _decoded(path, array)
    array = array.astype(array.dtype.newbyteorder("="), copy=False).reshape(len(array), -1)
    if dtype.kind == "f" and np.isinf(array).any():
        row, column = np.argwhere(np.isinf(array))[0]
        raise SamplesError(
            f"{path.name}: row {row + 1}, column 'column_{column}': expected a finite number, "
            f"found {array[row, column]}"
        )
    return array


def _header(path: Path, file: BinaryIO) -> tuple[tuple[int, ...], np.dtype[Any]]:
    from numpy.lib import format as npy

    try:
        version = npy.read_magic(file)
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read_header(file)
    except Exception as error:  # numpy's parser of the header, a Python literal, has errors of many kinds
        raise SamplesError(
            f"{path.name}: expected an array written by numpy.save, found another file: {_one_line(error)}"
        ) from error
    return shape, dtype


def _check_form(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    if dtype.hasobject:
        raise SamplesError(f"{path.name}: expected numbers or texts, found pickled objects, which are never loaded")
    if dtype.names is not None:
        names = ", ".join(dtype.names)
        raise SamplesError(
            f"{path.name}: expected a plain array, found a structured one ({names}); save a frame as Parquet instead"
        )
    if dtype.kind not in "fiubUS" or (dtype.itemsize > 8 and dtype.kind == "f"):  # noqa: PLR2004  # float64's 8 bytes
        raise SamplesError(f"{path.name}: expected numbers of at most 64 bits, booleans or texts, found {dtype}")
    if len(shape) not in {1, _MATRIX_DIMENSIONS}:
        raise SamplesError(
            f"{path.name}: expected one row for each sample [rows, columns], found an array of shape {shape}"
        )
    if 0 in shape:
        raise SamplesError(f"{path.name}: expected at least one row and one column, found an array of shape {shape}")


def _decoded(path: Path, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    try:
        return np.char.decode(array, "utf-8")
    except UnicodeDecodeError as error:
        raise SamplesError(f"{path.name}: expected texts in UTF-8, found other bytes: {error}") from error


def _value(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:_CAUSE_CHARACTERS]
