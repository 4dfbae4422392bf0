"""Inputs read back out of a state: for an import, and for a refresh."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oci_provider import property_path
from oci_provider.check import DEFAULTS_KEY
from oci_provider.diff import same
from oci_provider.properties import plain
from oci_provider.schema import Field, Fields, Mode, Type


def imported(fields: Fields, state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that a program would have to give for this state: what is required, and what is set."""
    told = {one.name: _imported(one, state.get(one.name)) for one in fields.inputs()}
    return {DEFAULTS_KEY: [], **{name: value for name, value in told.items() if value is not None}}


def refreshed(fields: Fields, state: Mapping[str, Any], olds: Mapping[str, Any]) -> dict[str, Any]:
    """Return the old inputs with the values that the state has now; what the program left to the service stays out."""
    values: dict[str, Any] = {}
    for name, old in olds.items():
        one = fields.by_name.get(name)
        if one is None or not one.is_input:
            continue
        value = _refreshed(one, state.get(name), plain(old))
        if value is not None:
            values[name] = value
    made_up = [name for name in olds.get(DEFAULTS_KEY, []) if values.get(name) == plain(olds.get(name))]
    return {DEFAULTS_KEY: made_up, **values}


def _imported(one: Field, value: Any) -> Any:
    if one.type is Type.OBJECT and one.fields:
        return None if value is None else imported(one.fields, value)
    if one.type is Type.OBJECTS and one.fields:
        return [imported(one.fields, item) for item in value] if value else None
    if one.mode is Mode.REQUIRED:
        return value
    return value or None


def _refreshed(one: Field, value: Any, old: Any) -> Any:
    if value is None:
        return None
    if one.type is Type.OBJECT and one.fields:
        return refreshed(one.fields, value, old)
    if one.type is Type.OBJECTS and one.fields:
        shared = [refreshed(one.fields, item, like) for item, like in zip(value, old, strict=False)]
        return shared + [imported(one.fields, item) for item in value[len(old) :]]
    return old if one.type in (Type.STRING, Type.STRING_SET) and same(one, old, value) else value


def held(values: Mapping[str, Any], state: Mapping[str, Any], ignore_changes: list[str]) -> dict[str, Any]:
    """Return the inputs with the state's values where the program asks not to change anything."""
    remaining: dict[str, Any] = dict(values)
    for text in ignore_changes:
        remaining = _held(remaining, state, property_path.parse(text))
    return remaining


def _held(value: Any, before: Any, path: property_path.Path) -> Any:
    """Return a value with what the path names taken from `before`; what is not there is dropped. Lists stay whole."""
    if not path or not isinstance(value, dict) or not isinstance(before, dict):
        return value
    step, rest = path[0], path[1:]
    kept: dict[str, Any] = {}
    for name, item in value.items():
        if step not in ("*", name):
            kept[name] = item
        elif rest:
            kept[name] = _held(item, before.get(name), rest)
        elif (said := _said(before.get(name))) is not None:
            kept[name] = said
    return kept


def _said(value: Any) -> Any:
    """Return what a state says: its empty texts, empty lists and zeros stand for "never set" and are not sent."""
    if isinstance(value, dict):
        return {name: said for name, item in value.items() if (said := _said(item)) is not None}
    if isinstance(value, list):
        return [_said(item) for item in value] or None
    is_zero = isinstance(value, int | float) and not isinstance(value, bool) and value == 0
    return None if value == "" or is_zero else value
