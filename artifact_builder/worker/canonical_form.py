"""One form for estimators that are equal: what pickle would write of a value's history is taken away.

Nothing that a prediction could read is changed, and values that can be changed are never merged. What goes:

- whether two equal strings, tuples, dtypes or numpy scalars happened to be one object in memory;
- the order in which a set is walked, and the order in which attributes were set;
- memory that nobody wrote: padding of C structures, ``missing_go_to_left`` of a tree's leaves, values under a mask;
- counters and caches: neighbour trees count their visits, sparse matrices remember that they were found sorted, text
  vectorizers at which address their stop words lay.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

import numpy as np

_PLAIN = frozenset({str, bytes, int, bool, type(None), type})
_EXACT = frozenset({float, complex})  # 0.0 == -0.0 and nan != nan: their texts tell them apart
_CONTAINERS = frozenset({tuple, frozenset})
_MERGED_DTYPE_KINDS = frozenset("biufcmMSUVO")
# Attributes that hold an address, or what is found again when it is asked for: left out (scipy and scikit-learn ask
# with a default), or None as before the first use.
_LEFT_OUT = frozenset({"_has_sorted_indices", "_has_canonical_format", "_stop_words_id"})
_CACHED = frozenset({"_cached_dict"})
_THEIRS = ("scipy.sparse", "sklearn.")
_TREE_LEAF = -1  # scikit-learn's TREE_LEAF: left_child of a leaf
_VISITS = slice(7, 11)  # n_trims, n_leaves, n_splits, n_calls in the state of a KDTree or BallTree


class SharedValues:
    """Lets equal immutable values of one dump be one object, whether or not they were."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._values: dict[Hashable, Any] = {}

    def one_of(self, value: Any) -> Any:
        """The first value of the dump that is equal to this one; the value itself if it can be changed."""
        if type(value) is str:
            return self._texts.setdefault(value, value)
        if type(value) in _PLAIN and type(value) is not bytes:
            return value  # pickle writes numbers as often as they occur, and classes by name
        key = value_key(value)
        return value if key is None else self._values.setdefault(key, value)


def value_key(value: Any) -> Hashable | None:  # noqa: PLR0911  # one for each kind of value
    """What is equal for equal values of one type; None for a value that can be changed, or is not known."""
    kind = type(value)
    if kind in _PLAIN:
        return kind, value
    if kind in _EXACT:
        return kind, repr(value)
    if kind in _CONTAINERS:
        keys = []
        for element in value:
            key = value_key(element)
            if key is None:
                return None
            keys.append(key)
        return kind, tuple(keys) if kind is tuple else frozenset(keys)
    if isinstance(value, np.generic) and not isinstance(value, np.void | np.object_):
        return kind, value.dtype.str, value.tobytes()
    if isinstance(value, np.dtype) and value.metadata is None and value.kind in _MERGED_DTYPE_KINDS:
        return np.dtype, value, value.isalignedstruct
    return None


def ordered(elements: Iterable[Any], dumped: Callable[[Any], bytes]) -> list[Any]:
    """A set's elements in an order that depends on nothing but them; ``dumped`` gives the bytes of a single one."""
    known = list(elements)
    kinds = {type(element) for element in known}
    if kinds in ({str}, {int}):
        return sorted(known)
    return sorted(known, key=dumped)


def canonical_state(owner: Any, state: Any) -> Any:
    """What pickle would set on the loaded ``owner``, without its history. ``state`` is not changed."""
    if isinstance(owner, np.ma.MaskedArray):
        return _without_masked_values(owner, state)
    if type(owner) is np.ndarray and owner.dtype.names is not None and not owner.dtype.hasobject:
        return canonical_records(owner).__reduce__()[2]
    if type(state) is tuple and _counts_visits(owner, state):
        return (*state[: _VISITS.start], 0, 0, 0, 0, *state[_VISITS.stop :])
    if type(owner).__name__ == "Bunch" and type(owner).__module__.startswith("sklearn."):
        return None  # its __setstate__ ignores what it is given
    if type(state) is not dict or not all(type(name) is str for name in state):
        return state
    if any(base.__module__.startswith(_THEIRS) for base in type(owner).__mro__):
        state = {name: None if name in _CACHED else value for name, value in state.items() if name not in _LEFT_OUT}
    return {name: state[name] for name in sorted(state)}


def canonical_records(records: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A copy of a structured array in which all that nobody wrote is zero."""
    clean = np.zeros(records.shape, records.dtype, order="F" if records.flags.fnc else "C")
    _copy_fields(clean, records)
    if {"left_child", "missing_go_to_left"} <= set(records.dtype.names or ()):
        clean["missing_go_to_left"][clean["left_child"] == _TREE_LEAF] = 0
    return clean


def _copy_fields(target: np.ndarray[Any, Any], source: np.ndarray[Any, Any]) -> None:
    if source.dtype.names is None:
        target[...] = source
        return
    for name in source.dtype.names:
        _copy_fields(target[name], source[name])


def _counts_visits(owner: Any, state: tuple[Any, ...]) -> bool:
    """Whether ``state`` is laid out as scikit-learn's BinaryTree's, asked from its public counters."""
    if not hasattr(owner, "get_tree_stats") or not hasattr(owner, "get_n_calls"):
        return False
    return state[_VISITS] == (*owner.get_tree_stats(), owner.get_n_calls())


def _without_masked_values(owner: np.ma.MaskedArray[Any, Any], state: Any) -> Any:
    """scikit-learn's search results leave memory that nobody wrote under their masks."""
    if owner.dtype.names is not None:
        return state
    clean = owner.copy()
    hidden = np.ma.getmaskarray(clean)
    np.asarray(clean.data)[hidden] = np.zeros((), owner.dtype)[()]
    if type(owner) is np.ma.MaskedArray:
        clean.fill_value = owner.fill_value  # None until it is asked for, and asked for by every load
    return clean.__reduce__()[2]
