"""What a preview says a resource will be: the inputs, and unknown for what the service decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oci_provider.properties import UNKNOWN, Secret
from oci_provider.schema import Fields, Type


def created(fields: Fields, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties that a creation will have."""
    return _overlaid(fields, inputs, None)


def updated(fields: Fields, inputs: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties that an update will leave: the inputs over the state."""
    return {**state, **_overlaid(fields, inputs, state)}


def _overlaid(fields: Fields, inputs: Mapping[str, Any], state: Mapping[str, Any] | None) -> dict[str, Any]:
    planned: dict[str, Any] = {}
    for one in fields.all:
        value = inputs.get(one.name)
        old = None if state is None else state.get(one.name)
        if value is None:
            planned[one.name] = (UNKNOWN if state is None else old) if one.is_computed else None
        elif one.type is Type.OBJECT and one.fields and isinstance(value, dict):
            planned[one.name] = _overlaid(one.fields, value, _open(old))
        elif one.type is Type.OBJECTS and one.fields and isinstance(value, list):
            planned[one.name] = _elements(one.fields, value, old)
        else:
            planned[one.name] = value
    return planned


def _elements(fields: Fields, items: list[Any], old: Any) -> list[Any]:
    olds = old if isinstance(old, list) else []
    padded = [*olds, *[None] * len(items)]
    return [
        _overlaid(fields, item, _open(before)) if isinstance(item, dict) else item
        for item, before in zip(items, padded, strict=False)
    ]


def _open(old: Any) -> Mapping[str, Any] | None:
    value = old.value if isinstance(old, Secret) else old
    return value if isinstance(value, dict) else None
