"""Which values a column takes in a request, and whether another takes them all: score.py's rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KINDS = (("float", "float"), ("int", "int"), ("uint", "int"), ("bool", "bool"), ("datetime64", "datetime"))
_MOST_SHOWN = 5
_WORDS = {
    "float": "numbers",
    "int": "whole numbers",
    "bool": "true and false",
    "datetime": "dates",
    "category": "categories",
    "text": "texts",
}


def value_kind(dtype: str) -> str:
    """``float``, ``int``, ``bool``, ``datetime``, ``category``, or ``text`` for anything else."""
    if dtype == "category":
        return "category"
    return next((kind for prefix, kind in _KINDS if dtype.lower().startswith(prefix)), "text")


def narrower(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:  # noqa: PLR0911  # one for each pair of kinds
    """What ``new`` no longer takes, or takes for something else; None where it takes all that ``old`` did."""
    kinds = value_kind(old["dtype"]), value_kind(new["dtype"])
    if kinds == ("category", "category"):
        return _fewer_categories(old, new)
    if kinds == ("category", "text"):
        others = [value for value in old.get("categories", []) if not isinstance(value, str)]
        return f"categories such as {others[0]!r} were no texts, and are read as texts now" if others else None
    if kinds == ("text", "category"):
        return f"any text was taken, and only {_some(new.get('categories', []))} are known now"
    if kinds == ("datetime", "datetime"):
        return _other_zone(str(old["dtype"]), str(new["dtype"]))
    if kinds == ("int", "float"):
        return None
    if kinds[0] != kinds[1]:
        return f"{_WORDS[kinds[0]]} were taken, and {_WORDS[kinds[1]]} are expected now"
    return _shorter_range(str(old["dtype"]), str(new["dtype"])) if kinds[0] in {"int", "float"} else None


def _fewer_categories(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    known = {(type(value), value) for value in new.get("categories", [])}
    gone = [value for value in old.get("categories", []) if (type(value), value) not in known]
    return f"the categories {_some(gone)} are not known any more" if gone else None


def _other_zone(old: str, new: str) -> str | None:
    has_zone = ["," in dtype for dtype in (old, new)]
    if has_zone[0] == has_zone[1]:
        return None
    return "dates had a time zone, and have none now" if has_zone[0] else "dates had no time zone, and have one now"


def _shorter_range(old: str, new: str) -> str | None:
    if value_kind(old) == "float":
        return f"{old} is read as {new}, with fewer digits" if _bits(new) < _bits(old) else None
    (lowest, highest), (new_lowest, new_highest) = _int_range(old), _int_range(new)
    if new_lowest <= lowest and highest <= new_highest:
        return None
    return f"whole numbers from {lowest} to {highest} were taken, and {new_lowest} to {new_highest} are now"


def _int_range(dtype: str) -> tuple[int, int]:
    bits = _bits(dtype)
    return (0, 2**bits - 1) if dtype.lower().startswith("uint") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _bits(dtype: str) -> int:
    digits = "".join(character for character in dtype if character.isdigit())
    return int(digits or 64)


def _some(values: list[object]) -> str:
    shown = ", ".join(repr(value) for value in values[:_MOST_SHOWN])
    return shown if len(values) <= _MOST_SHOWN else f"{shown} and {len(values) - _MOST_SHOWN} more"
