"""Whether a pickle may make a call: of what, with which arguments.

A function that rebuilds objects is harmless with what an honest pickle hands it, and often is not with more: several
take a class, or a function, and call it.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from artifact_builder.worker.guard.pickle_globals import GETATTR, Found, GlobalName

_PLAIN = (str, bytes, bytearray, int, float, complex, type(None), list, tuple, dict, set, frozenset)
# Names of functions that take an array's class and make an empty array of it, without asking the class.
_TAKE_ANY_CLASS = frozenset({"_reconstruct", "_frombuffer", "_mareconstruct"})


class Hostile(Exception):  # noqa: N818  # becomes a WorkerError at the room's edge
    """The pickle does what no saved object does."""


class Calls:
    """The calls that a pickle with these globals may make."""

    def __init__(self, found: Mapping[GlobalName, Found]) -> None:
        self._found = found
        self._by_id = {id(entry.value): (asked, entry) for asked, entry in found.items()}

    def is_global(self, value: object) -> bool:
        """Whether the value is a class, function or constant that is used by its name, not free to be changed."""
        entry = self._by_id.get(id(value))
        return entry is not None and not entry[1].is_free

    def call(self, function: Any, arguments: Any) -> Any:
        """``function(*arguments)``, or ``Hostile`` where no honest pickle calls that."""
        if not isinstance(arguments, tuple):
            raise Hostile("makes a call without a tuple of arguments")
        asked, entry = self._by_id.get(id(function), (None, None))
        if asked is None or entry is None:
            raise Hostile(f"calls {_shown(function)}, which it made itself")
        if asked == GETATTR and not entry.is_free:
            return self._attribute(*arguments)
        if not entry.is_free and not (entry.may_be_called and self._fit(asked, function, arguments)):
            raise Hostile(f"calls {asked} with {', '.join(map(_shown, arguments)) or 'nothing'}")
        return function(*arguments)

    def _attribute(self, owner: Any = None, name: Any = None, *rest: Any) -> Any:
        """``getattr`` of a class is another way to name a global; of an object, it binds a function of its class."""
        is_named = id(owner) in self._by_id
        asked, _ = self._by_id.get(id(owner if is_named else type(owner)), (None, None))
        attribute = None if asked is None else self._found.get(GlobalName(asked.module, f"{asked.name}.{name}"))
        if rest or attribute is None or (not is_named and name in getattr(owner, "__dict__", {})):
            raise Hostile(f"looks up {_shown(name)} of {_shown(owner)}")
        return attribute.value if is_named else getattr(owner, name)

    def check_make(self, made_from: Any) -> None:
        """Raise ``Hostile`` unless ``made_from.__new__`` may be called."""
        if not isinstance(made_from, type) or not self._may_be_made(made_from):
            raise Hostile(f"makes an object from {_shown(made_from)}")

    def _may_be_made(self, value: type) -> bool:
        entry = self._by_id.get(id(value))
        return entry is not None and entry[1].may_be_made

    def _fit(self, asked: GlobalName, function: Any, arguments: tuple[Any, ...]) -> bool:
        rule = _RULES.get(str(asked).replace("numpy.core.", "numpy._core."))
        if rule is not None and not rule(*arguments):
            return False
        if isinstance(function, type):
            is_plain = asked.module not in ("builtins", "collections") or asked.name == "defaultdict"
            return is_plain or all(type(argument) in _PLAIN or isinstance(argument, bool) for argument in arguments)
        return all(self._is_no_lever(asked, argument) for argument in arguments)

    def _is_no_lever(self, asked: GlobalName, argument: object) -> bool:
        """A class or function among the arguments might be called in turn."""
        if isinstance(argument, type):
            return asked.name in _TAKE_ANY_CLASS or self._may_be_made(argument)
        entry = self._by_id.get(id(argument))
        return entry is None or entry[1].may_be_called or not callable(argument)


def _reconstructs(cls: Any, base: Any = None, state: Any = None) -> bool:
    # copyreg calls base.__new__ and base.__init__: fine for Python's own data types, whatever they are given
    return (
        isinstance(cls, type)
        and (base is object or any(base is plain for plain in _PLAIN))
        and (state is None or type(state) is base)
    )


def _is_bit_generator(name: Any = "MT19937", *rest: Any) -> bool:
    is_known = isinstance(name, str | np.random.BitGenerator) or (
        isinstance(name, type) and issubclass(name, np.random.BitGenerator)
    )
    return is_known and all(getattr(item, "__name__", "") == "__bit_generator_ctor" for item in rest)


def _is_index(cls: Any, state: Any) -> bool:
    import pandas as pd

    return isinstance(cls, type) and issubclass(cls, pd.Index) and isinstance(state, dict)


_RULES: dict[str, Callable[..., bool]] = {
    "copyreg._reconstructor": _reconstructs,
    "_codecs.encode": lambda text=None, encoding=None, *rest: (
        isinstance(text, str) and encoding == "latin1" and not rest
    ),
    "numpy.dtype": lambda _code=None, _align=False, copy=False, *_: bool(copy),  # else it would change NumPy's own
    "numpy.random._pickle.__bit_generator_ctor": _is_bit_generator,
    "numpy.random._pickle.__generator_ctor": _is_bit_generator,
    "numpy.random._pickle.__randomstate_ctor": _is_bit_generator,
    "pandas.core.indexes.base._new_Index": _is_index,
    "pandas.core.indexes.datetimes._new_DatetimeIndex": _is_index,
    "pandas.core.indexes.interval._new_IntervalIndex": _is_index,
    "pandas.core.indexes.period._new_PeriodIndex": _is_index,
    "pandas.core.indexes.timedeltas._new_TimedeltaIndex": _is_index,
}


def _shown(value: object) -> str:
    if isinstance(value, type) or callable(value):
        return f"{getattr(value, '__module__', None)}.{getattr(value, '__name__', type(value).__name__)}"
    return f"{value!r:.40}" if type(value) in (str, int, float, bytes, builtins.bool) else f"a {type(value).__name__}"
