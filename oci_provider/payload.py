"""Request bodies: properties in Oracle's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oci_provider.properties import plain
from oci_provider.schema import Field, Fields, Mode, Sent, Type


def create_body(fields: Fields, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a creation: what the program sets and nothing else."""
    return _body(fields, plain(dict(inputs)), {}, Sent.CREATE)


def update_body(fields: Fields, inputs: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of an update: what the program sets and, for what it leaves to the service, what the state holds.

    Terraform's provider sends both, so a deployment's configuration always travels whole. Empty text, empty lists and
    zeros of the state stand for "never set" and are not sent.
    """
    return _body(fields, plain(dict(inputs)), _ever_set(fields, plain(dict(state))), Sent.UPDATE)


def _body(fields: Fields, inputs: Mapping[str, Any], state: Mapping[str, Any], operation: Sent) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for one in fields.applying_to({**state, **inputs}):
        if one.mode is Mode.COMPUTED or one.sent not in (Sent.BOTH, operation):
            continue
        value = _json(one, inputs.get(one.name), state.get(one.name), operation)
        if value is not None:
            body[one.json_name] = value.upper() if one.name == fields.discriminator else value
    return body


def _json(one: Field, value: Any, old: Any, operation: Sent) -> Any:
    if value is None and old is None:
        return None
    if one.type is Type.OBJECT and one.fields:
        return _body(one.fields, value or {}, old or {}, operation)
    value = old if value is None else value
    if one.zero_is_absent and not value:
        return None
    if one.type is Type.OBJECTS and one.fields:
        places = zip(value, [*(old or []), *[{}] * len(value)], strict=False)
        return [_body(one.fields, item, before, operation) for item, before in places]
    if one.type is Type.STRING_SET:
        return sorted(value)
    return _by_namespace(value) if one.type is Type.DEFINED_TAGS else value


def _ever_set(fields: Fields, state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of an object's state that says something."""
    kept: dict[str, Any] = {}
    for one in fields.all:
        value = state.get(one.name)
        if value in (None, "", []) or (one.type in (Type.INT, Type.FLOAT) and value == 0):
            continue
        if one.type is Type.OBJECT and one.fields:
            value = _ever_set(one.fields, value)
        elif one.type is Type.OBJECTS and one.fields:
            value = [_ever_set(one.fields, item) for item in value]
        kept[one.name] = value
    return kept


def _by_namespace(tags: Mapping[str, str]) -> dict[str, dict[str, str]]:
    spaces: dict[str, dict[str, str]] = {}
    for name, value in tags.items():
        space, _, key = name.partition(".")
        spaces.setdefault(space, {})[key] = value
    return spaces
