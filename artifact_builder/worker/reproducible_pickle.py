"""joblib's file format with the same bytes for an equal estimator.

Plain ``joblib.load`` reads the files, no code of ours is in them. What "equal" means is in ``canonical_form``.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import struct
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from joblib.numpy_pickle import NumpyPickler, Pickler  # Pickler is pickle's own that is written in Python

from artifact_builder.worker.canonical_form import SharedValues, canonical_records, canonical_state, ordered

# Fixed, so that the bytes do not follow Python's default; every Python of OCI's packs reads it.
_PROTOCOL = 4
_CHUNK_BYTES = 16 << 20  # joblib's own
_BIG_BYTES = 1 << 20


def dump(value: Any, path: Path) -> None:
    """Write ``value`` as ``joblib.dump`` does, uncompressed; big arrays are not copied."""
    with path.open("wb") as file:
        _Pickler(file).dump(value)


def dump_sha256_hex(value: Any) -> str:
    """SHA-256 of what ``dump`` would write; nothing is written, and nothing kept."""
    sink = _HashingSink()
    _Pickler(sink).dump(value)
    return sink.sha256.hexdigest()


class _CanonicalPickler(Pickler):  # type: ignore[misc]  # joblib has no types
    """A pickler that writes the canonical form."""

    shared: SharedValues
    legacy_generator: Any = None
    dispatch = Pickler.dispatch.copy()

    def save(self, obj: Any, *arguments: Any) -> None:
        super().save(obj if _is_big(obj) else self.shared.one_of(obj), *arguments)

    def save_bytes(self, obj: bytes) -> None:
        """Big ones are written as often as they occur: pickle's memo would keep each array of a forest in memory."""
        if _is_big(obj):
            self._write_large_bytes(pickle.BINBYTES8 + struct.pack("<Q", len(obj)), obj)
        else:
            Pickler.save_bytes(self, obj)

    def save_reduce(self, func: Any, args: Any, state: Any = None, *rest: Any, obj: Any = None) -> None:
        if type(obj) is np.random.RandomState:
            self.legacy_generator = args[0]
        elif obj is not None and obj is self.legacy_generator:
            # The seed of a RandomState's generator is either gone or what the system's entropy was when a file was
            # read, and nothing reads it: its state is all there is. (Generators spawn from theirs, and keep it.)
            state = (state[0], None)
        state = canonical_state(obj, state)
        super().save_reduce(func, args, state, *rest, obj=obj)
        if _is_big(state) and id(state) in self.memo:
            index, _ = self.memo.pop(id(state))
            self.memo[~index] = index, None  # the place in the memo stays taken, the bytes of an array go

    def save_set(self, obj: set[Any]) -> None:
        self.write(pickle.EMPTY_SET)
        self.memoize(obj)
        self.write(pickle.MARK)
        for element in ordered(obj, _dumped):
            self.save(element)
        self.write(pickle.ADDITEMS)

    def save_frozenset(self, obj: frozenset[Any]) -> None:
        self.write(pickle.MARK)
        for element in ordered(obj, _dumped):
            self.save(element)
        if id(obj) in self.memo:  # an element leads back to this set, which was written on that way
            self.write(pickle.POP_MARK + self.get(self.memo[id(obj)][0]))
            return
        self.write(pickle.FROZENSET)
        self.memoize(obj)

    dispatch[bytes] = save_bytes
    dispatch[set] = save_set
    dispatch[frozenset] = save_frozenset


class _PlainPickler(_CanonicalPickler):
    """What joblib has inside its files for arrays of objects: a whole pickle of its own, arrays and all."""

    def __init__(self, file: BinaryIO | _Sink) -> None:
        super().__init__(file, protocol=_PROTOCOL)
        self.shared = SharedValues()


class _Pickler(_CanonicalPickler, NumpyPickler):  # type: ignore[misc]
    """Arrays beside the pickle, as joblib has them."""

    dispatch = _CanonicalPickler.dispatch

    def __init__(self, file: BinaryIO | _Sink) -> None:
        NumpyPickler.__init__(self, file, protocol=_PROTOCOL)
        self.shared = SharedValues()

    def save(self, obj: Any, *arguments: Any) -> None:
        if type(obj) in (np.ndarray, np.memmap):
            self._save_array(_native(np.asarray(obj).view(np.ndarray)))
        elif type(obj) is np.matrix:  # joblib would load it as an array that multiplies otherwise
            Pickler.save(self, obj)
        else:
            super().save(obj, *arguments)

    def _save_array(self, array: np.ndarray[Any, Any]) -> None:
        wrapper = self._create_array_wrapper(array)
        _CanonicalPickler.save(self, wrapper)
        self.framer.commit_frame(force=True)  # the array's bytes stand right behind its wrapper
        if array.dtype.hasobject:
            _PlainPickler(self.file_handle).dump(array)
        elif array.dtype.names is not None:
            wrapper.write_array(np.empty(0, array.dtype), self)  # only what joblib aligns arrays with
            for chunk in _chunks(array, wrapper.order):
                self.file_handle.write(canonical_records(chunk).tobytes())
        else:
            wrapper.write_array(array, self)


class _Sink(Protocol):
    """As much of a file as a pickler needs."""

    def write(self, data: bytes, /) -> int: ...

    def tell(self) -> int: ...


class _HashingSink:
    """A file of which only the hash is kept."""

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()
        self._size_bytes = 0

    def write(self, data: bytes, /) -> int:
        self.sha256.update(data)
        self._size_bytes += len(data)
        return len(data)

    def tell(self) -> int:
        return self._size_bytes


def _is_big(value: Any) -> bool:
    """An array's bytes, or the state of an array that holds them."""
    if type(value) is tuple:
        return any(type(part) is bytes and len(part) > _BIG_BYTES for part in value)
    return type(value) is bytes and len(value) > _BIG_BYTES


def _dumped(value: Any) -> bytes:
    file = io.BytesIO()
    _PlainPickler(file).dump(value)
    return file.getvalue()


def _native(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """In this machine's byte order, as ``joblib.load`` would give it."""
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _chunks(array: np.ndarray[Any, Any], order: Any) -> Any:
    size = max(_CHUNK_BYTES // array.itemsize, 1)
    return np.nditer(array, flags=["external_loop", "buffered", "zerosize_ok"], buffersize=size, order=order)
