"""Loading a pickle that may do nothing but rebuild what an honest estimator is made of.

First ``pickle_scan`` lists what the pickle names without making anything; all of it that is not allowed is refused at
once. Then it is loaded by an unpickler that knows only those names, and that asks at each opcode that could run
something: may this be called, with such arguments (``guarded_calls``); is state set on an object and not on a class or
function; do items go to a container and not to an attribute that was put there to be called.

An escape needs such a step: pickles call functions by REDUCE, OBJ and INST, by ``__setstate__`` of what BUILD is given,
by ``extend``, ``append`` and ``add`` of what items are put into. NumPy arrays with objects hold a pickle of their own,
which older joblibs read without asking.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
from joblib.numpy_pickle import NumpyArrayWrapper
from joblib.numpy_pickle_utils import Unpickler

from artifact_builder.worker.guard.guarded_calls import Calls, Hostile
from artifact_builder.worker.guard.guarded_file import GuardedFile
from artifact_builder.worker.guard.numpy_state import Malformed, array_items, check_array_state, check_dtype_state
from artifact_builder.worker.guard.pickle_globals import Found, GlobalName
from artifact_builder.worker.guard.pickle_scan import python3_name

# Double-underscore names that a user's class may keep in an object; any other would change how the object behaves.
_HARMLESS_STATE = frozenset({"__orig_class__", "__doc__", "__module__", "__name__", "__qualname__", "__wrapped__"})


def load_guarded(file: GuardedFile, found: Mapping[GlobalName, Found]) -> Any:
    """The object in ``file``; ``found`` are the globals that it names, all of them allowed."""
    return _Guarded(file, found, Calls(found)).load()


class _Guarded(Unpickler):  # type: ignore[misc]  # joblib has no types; it is Python's own in Python, with opcodes as methods
    dispatch = Unpickler.dispatch.copy()
    # What joblib's array wrapper asks of its unpickler.
    np = np
    mmap_mode = None

    def __init__(self, file: GuardedFile, found: Mapping[GlobalName, Found], calls: Calls) -> None:
        super().__init__(file)
        self.file_handle = file
        self._allowed, self._calls = found, calls

    def find_class(self, module: str, name: str) -> Any:
        asked = python3_name(module, name, self.proto)
        if asked not in self._allowed:
            raise Hostile(f"names {asked} in a place where it was not seen at first")
        return self._allowed[asked].value

    def get_extension(self, code: int) -> None:
        raise Malformed(f"the extension code {code}")

    def load_reduce(self) -> None:
        arguments = self.stack.pop()
        self.stack[-1] = self._calls.call(self.stack[-1], arguments)

    dispatch[pickle.REDUCE[0]] = load_reduce

    def _instantiate(self, klass: Any, arguments: Any) -> None:  # of the opcodes OBJ and INST
        self.append(self._calls.call(klass, tuple(arguments)))

    def load_newobj(self) -> None:
        self._calls.check_make(self.stack[-2])
        super().load_newobj()

    dispatch[pickle.NEWOBJ[0]] = load_newobj

    def load_newobj_ex(self) -> None:
        self._calls.check_make(self.stack[-3])
        super().load_newobj_ex()

    dispatch[pickle.NEWOBJ_EX[0]] = load_newobj_ex

    def load_build(self) -> None:
        target, state = self.stack[-2:]
        if self._calls.is_global(target):
            raise Hostile(
                f"sets attributes of {getattr(target, '__name__', type(target).__name__)}, which is shared by all"
            )
        for part in state if isinstance(state, tuple) else (state,):
            _check_state(part)
        if isinstance(target, np.ndarray):
            check_array_state(state)
        elif isinstance(target, np.dtype):
            check_dtype_state(target, state)
        _check_distribution(target, state)
        super().load_build()
        if isinstance(self.stack[-1], NumpyArrayWrapper):
            self.stack.append(self._array(self.stack.pop()))

    dispatch[pickle.BUILD[0]] = load_build

    def _array(self, wrapper: Any) -> Any:
        """What joblib puts behind the object that describes array."""
        array_items(wrapper.shape)
        if not isinstance(wrapper.dtype, np.dtype):
            raise Malformed("an array without a dtype")
        if wrapper.dtype.hasobject:
            return type(self)(self.file_handle, self._allowed, self._calls).load()
        return wrapper.read(self, True)

    def load_append(self) -> None:
        _check_container(self.stack[-2])
        super().load_append()

    dispatch[pickle.APPEND[0]] = load_append

    def load_appends(self) -> None:
        _check_container(self.metastack[-1][-1])
        super().load_appends()

    dispatch[pickle.APPENDS[0]] = load_appends

    def load_additems(self) -> None:
        _check_container(self.metastack[-1][-1])
        super().load_additems()

    dispatch[pickle.ADDITEMS[0]] = load_additems


def _check_container(target: object) -> None:
    attributes = getattr(target, "__dict__", {})
    if isinstance(target, type) or not {"append", "extend", "add"}.isdisjoint(attributes):
        raise Hostile(f"puts items into a {type(target).__name__} by an attribute of the pickle's own making")


def _check_state(state: object) -> None:
    if isinstance(state, dict):
        for name in state:
            if isinstance(name, str) and name.startswith("__") and name.endswith("__") and name not in _HARMLESS_STATE:
                raise Hostile(f"sets {name} of an object")


def _check_distribution(target: object, state: object) -> None:
    """Distributions of scipy run a text of their state as code when they are loaded: it must be one of scipy's own."""
    infrastructure = sys.modules.get("scipy.stats._distn_infrastructure")
    if infrastructure is None or not isinstance(target, infrastructure.rv_generic):
        return
    distributions = (
        value for value in vars(sys.modules["scipy.stats"]).values() if isinstance(value, infrastructure.rv_generic)
    )
    known = {distribution._parse_arg_template for distribution in distributions}  # noqa: SLF001  # it has no other name
    if not isinstance(state, dict) or state.get("_parse_arg_template") not in known:
        raise Hostile("holds a scipy distribution with code in it that is not scipy's")
