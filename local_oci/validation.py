"""Bodies against Oracle's own models: the classes of the `oci` SDK say which fields, types and values there are.

All problems of a body are collected; each names the field's path, what was expected and what was found. The SDK is
imported at the first use, because it takes a second.
"""

from __future__ import annotations

import functools
import importlib
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from local_oci.clock import from_rfc3339

_ALLOWED = re.compile(r"Allowed values for (?:this property|items in this list) are: (.*)")
_QUOTED = re.compile(r'"([^"]*)"')
_LIST = re.compile(r"list\[(.*)\]")
_DICT = re.compile(r"dict\(str, (.*)\)")
_LONGEST_FOUND = 60


@dataclass(frozen=True, slots=True)
class Field:
    """One property of a model."""

    type: str
    is_required: bool
    allowed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """One model: its properties by their names on the wire."""

    name: str
    fields: dict[str, Field]


def is_warm(service: str) -> bool:
    """Whether the service's models are imported already."""
    return f"oci.{service}.models" in sys.modules


def warm(service: str) -> None:
    """Import the service's models."""
    importlib.import_module(f"oci.{service}.models")


@functools.cache
def model(service: str, name: str) -> Model:
    """Read one class of `oci.<service>.models`."""
    described = getattr(importlib.import_module(f"oci.{service}.models"), name)
    blank = described()
    fields = {}
    for attribute, type_name in blank.swagger_types.items():
        words = getattr(described, attribute).fget.__doc__ or ""
        allowed = _ALLOWED.search(words)
        fields[blank.attribute_map[attribute]] = Field(
            type=type_name,
            is_required="**[Required]**" in words,
            allowed=tuple(_QUOTED.findall(allowed.group(1))) if allowed else (),
        )
    return Model(name, fields)


def without_nulls(value: Any) -> Any:
    """The same JSON without members that are null: to OCI they are the same as absent."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value]
    return value


def problems(body: Any, service: str, model_name: str) -> list[str]:
    """Everything in which `body` does not fit the model; empty where it fits."""
    return list(_check_model(body, service, model_name, ""))


def _check_model(value: Any, service: str, model_name: str, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path or 'the body'}: must be a JSON object ({model_name}), found {_show(value)}"
        return
    described = model(service, _subtype(value, service, model_name))
    for name in value:
        if name not in described.fields:
            known = ", ".join(sorted(described.fields))
            yield f"{_join(path, name)}: {described.name} has no such field; it has {known}"
    for name, field in described.fields.items():
        if value.get(name) is not None:
            yield from _check_value(value[name], service, field.type, field.allowed, _join(path, name))
        elif field.is_required:
            yield f"{_join(path, name)}: is required by {described.name}, found none"


def _subtype(value: dict[str, Any], service: str, model_name: str) -> str:
    """The subclass that the discriminator asks for, or the class itself."""
    described = getattr(importlib.import_module(f"oci.{service}.models"), model_name)
    if not hasattr(described, "get_subtype"):
        return model_name
    try:
        found = described.get_subtype(value)
    except (KeyError, TypeError):  # the discriminator is missing or no text: the class's own check says so
        return model_name
    return str(found)


def _check_value(value: Any, service: str, type_name: str, allowed: tuple[str, ...], path: str) -> Iterator[str]:
    if inner := _LIST.fullmatch(type_name):
        if not isinstance(value, list):
            yield f"{path}: must be a list, found {_show(value)}"
            return
        for index, item in enumerate(value):
            yield from _check_value(item, service, inner.group(1), allowed, f"{path}[{index}]")
    elif inner := _DICT.fullmatch(type_name):
        if not isinstance(value, dict):
            yield f"{path}: must be an object, found {_show(value)}"
            return
        for key, item in value.items():
            yield from _check_value(item, service, inner.group(1), (), _join(path, key))
    elif type_name in _PLAIN or not _is_class(service, type_name):
        expected, fits = _PLAIN[type_name if type_name in _PLAIN else "str"]  # the SDK has no class for an enum's words
        if not fits(value):
            yield f"{path}: must be {expected}, found {_show(value)}"
        elif allowed and value not in allowed:
            yield f"{path}: must be one of {', '.join(allowed)}, found {_show(value)}"
    else:
        yield from _check_model(value, service, type_name, path)


def _is_class(service: str, type_name: str) -> bool:
    return hasattr(importlib.import_module(f"oci.{service}.models"), type_name)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_datetime(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        from_rfc3339(value)
    except (ValueError, OverflowError, OSError):
        return False
    return True


_PLAIN: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "str": ("a string", lambda value: isinstance(value, str)),
    "int": ("a whole number", _is_int),
    "float": ("a number", lambda value: isinstance(value, float) or _is_int(value)),
    "bool": ("true or false", lambda value: isinstance(value, bool)),
    "datetime": ("an RFC 3339 time", _is_datetime),
    "object": ("anything", lambda _: True),
}


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_FOUND else f"{text[:_LONGEST_FOUND]}…"
