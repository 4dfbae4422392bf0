"""Diff: the new inputs against the old state, as Terraform's SDK compares them for the official plugin.

- An optional and computed property that the program does not set has no difference, whatever the state holds.
- A property that is set is compared with the state, not with the old inputs: drift that a refresh found shows.
- Unknown differs. "" and null are the same text.
- Maps are compared whole: a key that is only in the state is a deletion. An empty list of objects counts as not set.
- An object that appears takes its parts along: it replaces the resource if a part of it does, also a computed map that
  the program does not set (Terraform marks the map as newly computed, and ForceNew then asks for a new resource).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from oci_provider import property_path
from oci_provider.properties import UNKNOWN, has_unknown, plain
from oci_provider.property_path import Path
from oci_provider.schema import Field, Fields, Type


class Change(Enum):
    """What happens to a property."""

    ADD = "ADD"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


@dataclass(frozen=True)
class Difference:
    """One property that differs; `replaces` if it cannot be changed in place."""

    path: Path
    change: Change
    replaces: bool = False


def diff(
    fields: Fields, olds: Mapping[str, Any], news: Mapping[str, Any], *, ignore_changes: Sequence[str] = ()
) -> list[Difference]:
    """Return how the inputs `news` differ from the state `olds`, in the order of the fields."""
    ignored = [property_path.parse(text) for text in ignore_changes]
    found = _object(fields, plain(dict(olds)), plain(dict(news)), ())
    return [one for one in found if not any(property_path.covers(pattern, one.path) for pattern in ignored)]


def _object(fields: Fields, old: Mapping[str, Any], new: Mapping[str, Any], path: Path) -> Iterator[Difference]:
    for one in fields.inputs():
        yield from _field(one, old.get(one.name), new.get(one.name), (*path, one.name))


def _field(one: Field, old: Any, new: Any, path: Path) -> Iterator[Difference]:
    if new is UNKNOWN:
        yield Difference(path, Change.ADD if old is None else Change.UPDATE, one.force_new)
    elif new is None or (one.type is Type.OBJECTS and not new):
        if not one.is_computed and old not in (None, "", [], {}):
            yield Difference(path, Change.DELETE, one.force_new)
    elif one.type is Type.OBJECT and one.fields:
        yield from _one_object(one, one.fields, old, new, path)
    elif one.type in (Type.OBJECTS, Type.STRINGS):
        yield from _list(one, old or [], new, path)
    elif one.type is Type.STRING_SET:
        yield from _set(one, old or [], new, path)
    elif one.type in (Type.MAP, Type.DEFINED_TAGS):
        yield from _map(one, old, new, path)
    elif not same(one, old, new):
        yield Difference(path, Change.ADD if old is None else Change.UPDATE, one.force_new)


def _one_object(one: Field, fields: Fields, old: Any, new: Any, path: Path) -> Iterator[Difference]:
    if old is None:
        yield Difference(path, Change.ADD, one.force_new or _brings_force_new(fields, new))
    else:
        yield from _object(fields, old, new, path)


def _brings_force_new(fields: Fields, new: Mapping[str, Any]) -> bool:
    """Whether an object that was not there before asks for a new resource."""
    for one in fields.inputs():
        value = new.get(one.name)
        if one.force_new and (value is not None or one.type in (Type.MAP, Type.STRINGS, Type.OBJECTS)):
            return True
        parts = value if isinstance(value, list) else [value]
        if one.fields and any(isinstance(part, dict) and _brings_force_new(one.fields, part) for part in parts):
            return True
    return False


def _list(one: Field, old: list[Any], new: list[Any], path: Path) -> Iterator[Difference]:
    for index in range(max(len(old), len(new))):
        where = (*path, index)
        if index >= len(old):
            yield Difference(where, Change.ADD, one.force_new)
        elif index >= len(new):
            yield Difference(where, Change.DELETE, one.force_new)
        elif one.fields and isinstance(new[index], dict):
            yield from _object(one.fields, old[index], new[index], where)
        elif old[index] != new[index]:
            yield Difference(where, Change.UPDATE, one.force_new)


def _set(one: Field, old: list[Any], new: list[Any], path: Path) -> Iterator[Difference]:
    gone = [index for index, item in enumerate(old) if item not in new]
    come = [index for index, item in enumerate(new) if item not in old]
    for index in sorted({*gone, *come}):
        change = Change.UPDATE if index in gone and index in come else Change.ADD if index in come else Change.DELETE
        yield Difference((*path, index), change, one.force_new)


def _map(one: Field, old: Mapping[str, Any] | None, new: Mapping[str, Any], path: Path) -> Iterator[Difference]:
    if old is None:
        if new:
            yield Difference(path, Change.ADD, one.force_new)
        return
    if one.type is Type.DEFINED_TAGS and _small(old) == _small(new):
        return  # Terraform's DefinedTagsDiffSuppressFunction: OCI tells namespaces and keys in its own capitals
    for key in sorted(old.keys() | new.keys()):
        if key not in old:
            yield Difference((*path, key), Change.ADD, one.force_new)
        elif key not in new:
            yield Difference((*path, key), Change.DELETE, one.force_new)
        elif has_unknown(new[key]) or old[key] != new[key]:
            yield Difference((*path, key), Change.UPDATE, one.force_new)


def _small(tags: Mapping[str, Any]) -> dict[str, Any]:
    return {key.lower(): tag for key, tag in tags.items()}


def _moment(text: str) -> datetime | str:
    """Return the moment that an RFC 3339 text tells, or the text where it tells none."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text


def same(one: Field, old: Any, new: Any) -> bool:
    """Whether two values of a field say the same."""
    if one.type is Type.STRING:
        old, new = old or "", new or ""
        if one.ignores_case:
            return bool(str(old).upper() == str(new).upper())
        if one.same_moment and old and new:
            return _moment(str(old)) == _moment(str(new))
    if one.type is Type.STRING_SET:
        return sorted(old) == sorted(new)
    return bool(old == new)
