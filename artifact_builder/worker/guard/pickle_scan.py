"""A first reading of a pickle that makes nothing: which globals it names, which it calls, how large it is.

Each global is a stub, each object made from one an inert stand-in; only plain data and NumPy's dtypes, which say how
long an array is, are what they are. Arrays and long strings are passed over, so that the reading costs no memory.
"""

from __future__ import annotations

import _compat_pickle
import pickle
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from joblib.numpy_pickle_utils import Unpickler

from artifact_builder.worker.guard.guarded_file import GuardedFile
from artifact_builder.worker.guard.numpy_state import Malformed, array_items, check_dtype_state
from artifact_builder.worker.guard.pickle_globals import GETATTR, GlobalName

_ARRAY = GlobalName("joblib.numpy_pickle", "NumpyArrayWrapper")
_STRING_DTYPE = "_convert_to_stringdtype_kwargs"
_SHORT_BYTES = 4096


@dataclass
class Scan:
    """What a pickle names (global → whether it calls it) and the versions of scikit-learn in its estimators."""

    globals_called: dict[GlobalName, bool] = field(default_factory=dict)
    sklearn_versions: set[str] = field(default_factory=set)
    size_bytes: int = 0


@dataclass(frozen=True, eq=False)
class Named:
    """Stands for a class or function."""

    asked: GlobalName


class _Inert:
    """Stands for an object; takes items and state, and forgets them."""

    def __init__(self, asked: GlobalName | None) -> None:
        self.asked = asked

    def append(self, _item: object) -> None: ...

    def extend(self, _items: object) -> None: ...

    def add(self, _item: object) -> None: ...

    def __setitem__(self, _key: object, _item: object) -> None: ...


def scan(file: GuardedFile) -> Scan:
    """Read a pickle, or joblib's file, to its end."""
    found = Scan()
    _Scanner(file, found).load()
    found.size_bytes = file.position
    return found


def python3_name(module: str, name: str, protocol: int) -> GlobalName:
    """The global in Python 3's words: protocols below 3 use Python 2's."""
    if protocol < 3:  # noqa: PLR2004  # the first protocol of Python 3
        module, name = _compat_pickle.NAME_MAPPING.get((module, name), (module, name))
        module = _compat_pickle.IMPORT_MAPPING.get(module, module)
    return GlobalName(module, name)


class _Scanner(Unpickler):  # type: ignore[misc]  # joblib has no types; it is Python's own in Python, with opcodes as methods
    dispatch = Unpickler.dispatch.copy()

    def __init__(self, file: GuardedFile, found: Scan) -> None:
        super().__init__(file)
        self._file, self._found = file, found

    def find_class(self, module: str, name: str) -> Any:
        return self._named(python3_name(module, name, self.proto))

    def _named(self, asked: GlobalName) -> Named:
        self._found.globals_called.setdefault(asked, False)
        return Named(asked)

    def _called(self, function: object, arguments: Any) -> Any:
        if not isinstance(function, Named):
            return _Inert(None)
        asked = function.asked
        if asked == ("numpy", "dtype") and arguments and isinstance(arguments[0], str):
            return np.dtype(arguments[0], align=False, copy=True)
        if asked == ("_codecs", "encode") and arguments and isinstance(arguments[0], str):
            self._found.globals_called[asked] = True
            return arguments[0].encode("latin1")  # how old protocols write bytes, also those of a dtype
        attribute = attribute_name(asked, arguments)
        if attribute is not None:
            return self._named(attribute)
        self._found.globals_called[asked] = True
        is_of_first = asked.module == "copyreg" and arguments and isinstance(arguments[0], Named)
        return _Inert(arguments[0].asked if is_of_first else asked)

    def load_reduce(self) -> None:
        arguments = self.stack.pop()
        self.stack[-1] = self._called(self.stack[-1], arguments)

    dispatch[pickle.REDUCE[0]] = load_reduce

    def load_newobj(self) -> None:
        self.stack.pop()
        self._make(self.stack.pop())

    dispatch[pickle.NEWOBJ[0]] = load_newobj

    def load_newobj_ex(self) -> None:
        del self.stack[-2:]
        self._make(self.stack.pop())

    dispatch[pickle.NEWOBJ_EX[0]] = load_newobj_ex

    def _make(self, made_from: object) -> None:
        self.append(_Inert(made_from.asked if isinstance(made_from, Named) else None))

    def _instantiate(self, klass: object, arguments: Any) -> None:  # of the opcodes OBJ and INST
        self.append(self._called(klass, tuple(arguments)))

    def load_build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if isinstance(target, np.dtype):
            check_dtype_state(target, state)
            # a copy made above: NumPy's shared ones stay as they are
            target.__setstate__(state)  # type: ignore[attr-defined]  # not in NumPy's stubs
        elif isinstance(target, _Inert) and isinstance(state, dict):
            if target.asked == _ARRAY:
                self.stack[-1] = self._passed_array(state)
            elif target.asked is not None and target.asked.module.startswith("sklearn."):
                version = state.get("_sklearn_version")
                self._found.sklearn_versions.update([version] if isinstance(version, str) else [])

    dispatch[pickle.BUILD[0]] = load_build

    def _passed_array(self, state: dict[str, Any]) -> _Inert:
        dtype = state.get("dtype")
        if isinstance(dtype, _Inert) and dtype.asked is not None and dtype.asked.name == _STRING_DTYPE:
            has_objects, item_bytes = True, 0
        elif isinstance(dtype, np.dtype):
            has_objects, item_bytes = dtype.hasobject, dtype.itemsize
        else:
            raise Malformed("an array without a dtype")
        if has_objects:
            _Scanner(self._file, self._found).load()
            return _Inert(None)
        if state.get("numpy_array_alignment_bytes") is not None:
            self._file.skip(ord(self._file.read(1)))
        self._file.skip(array_items(state.get("shape")) * item_bytes)
        return _Inert(None)

    def get_extension(self, code: int) -> None:
        raise Malformed(f"the extension code {code}, which stands for a class known to the writer's process alone")

    def _passed_bytes(self, size: int) -> Any:
        """The bytes where they may be part of a dtype; a stand-in where they are long."""
        if size <= _SHORT_BYTES:
            return self._whole(size)
        while size > 0:
            size -= len(self._whole(min(size, 1 << 20)))
        return _Inert(None)

    def _whole(self, size: int) -> bytes:
        data: bytes = self.read(size)
        if len(data) < size:
            raise EOFError(f"{size - len(data)} bytes are missing")
        return data

    def load_bytes(self, size_bytes: int) -> None:
        self.append(self._passed_bytes(int.from_bytes(self._whole(size_bytes), "little")))

    def load_text(self, size_bytes: int) -> None:
        data = self._passed_bytes(int.from_bytes(self._whole(size_bytes), "little"))
        self.append(str(data, "utf-8", "surrogatepass") if isinstance(data, bytes) else data)

    dispatch[pickle.BINBYTES[0]] = lambda self: self.load_bytes(4)
    dispatch[pickle.BINBYTES8[0]] = lambda self: self.load_bytes(8)
    dispatch[pickle.BYTEARRAY8[0]] = lambda self: self.load_bytes(8)
    dispatch[pickle.BINUNICODE[0]] = lambda self: self.load_text(4)
    dispatch[pickle.BINUNICODE8[0]] = lambda self: self.load_text(8)


def attribute_name(asked: GlobalName, arguments: tuple[Any, ...]) -> GlobalName | None:
    """The global that ``getattr(class, name)`` is another way to write, or that it binds to an object of the class."""
    if asked != GETATTR or len(arguments) != 2:  # noqa: PLR2004
        return None
    owner, name = arguments
    if not isinstance(owner, Named | _Inert) or owner.asked is None or not isinstance(name, str):
        return None
    return GlobalName(owner.asked.module, f"{owner.asked.name}.{name}")
