"""The state: what the service answers, in the form that the official plugin writes into Pulumi's state file.

The form is needed to the last key: a state can be moved to the official plugin, which rebuilds Terraform's state out of
it by way of `__pulumi_raw_state_delta` (pulumi-terraform-bridge, pkg/tfbridge/rawstate.go) and `__meta`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from oci_provider.schema import COLLECTIONS, Field, Fields, Sent, Type

META_KEY: Final = "__meta"
RAW_STATE_DELTA_KEY: Final = "__pulumi_raw_state_delta"
_TIMEOUTS_KEY: Final = "e2bfb730-ecaa-11e6-8f88-34363bc7c4c0"  # terraform-plugin-sdk, schema.TimeoutKey
_RESERVED: Final = frozenset({META_KEY, RAW_STATE_DELTA_KEY, "id"})


@dataclass(frozen=True)
class Timeouts:
    """How long an operation may take; the defaults are Oracle's provider's."""

    create_s: float = 20 * 60
    update_s: float = 20 * 60
    delete_s: float = 20 * 60


def outputs(fields: Fields, body: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties that an answer's JSON body tells; `kept` has those that no answer tells."""
    return {
        one.name: _kept(one, kept.get(one.name)) if _is_kept(one, body) else _top(one, body.get(one.json_name))
        for one in fields.all
    }


def sealed(fields: Fields, resource_id: str, properties: Mapping[str, Any], timeouts: Timeouts) -> dict[str, Any]:
    """Return the properties with what the official plugin adds: id, timeouts, the way back to Terraform's state."""
    bare = {name: value for name, value in properties.items() if name not in _RESERVED}
    nanoseconds = {
        "create": round(timeouts.create_s * 1e9),
        "delete": round(timeouts.delete_s * 1e9),
        "update": round(timeouts.update_s * 1e9),
    }
    meta = json.dumps({_TIMEOUTS_KEY: nanoseconds}, separators=(",", ":"))
    return {META_KEY: meta, RAW_STATE_DELTA_KEY: raw_state_delta(fields, bare), **bare, "id": resource_id}


def raw_state_delta(fields: Fields, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return how Terraform's form of an object differs from Pulumi's."""
    obj: dict[str, Any] = {}
    parts = {one.name: _delta(one, properties.get(one.name)) for one in fields.all}
    if changed := {name: part for name, part in parts.items() if part}:
        obj["ps"] = changed
    if renamed := {one.name: one.tf_name for one in fields.all if one.is_renamed}:
        obj["renamed"] = renamed
    return {"obj": obj}


def go_time(text: str, *, zone: str = "UTC") -> str:
    """Return an RFC 3339 time as Go's `time.Time.String()` writes it; a fraction keeps no trailing zeros."""
    moment = datetime.fromisoformat(text)
    if moment.utcoffset():
        return f"{moment:%Y-%m-%d %H:%M:%S}{_fraction(moment)} {moment:%z} {moment:%z}"
    moment = moment.replace(tzinfo=UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}{_fraction(moment)} +0000 {zone}"


def rfc3339_nano(text: str) -> str:
    """Return an RFC 3339 time as Go's layout `RFC3339Nano` writes it: a fraction keeps no trailing zeros."""
    return re.sub(r"\.(\d*?)0*(?=[Z+-])", lambda found: f".{found[1]}" if found[1] else "", text)


def go_http_date(text: str) -> str:
    """Return an HTTP date, such as Last-Modified, as Go's `time.Time.String()` writes it."""
    return go_time(parsedate_to_datetime(text).astimezone(UTC).isoformat(), zone="GMT")


def _fraction(moment: datetime) -> str:
    digits = f"{moment.microsecond:06d}".rstrip("0")
    return f".{digits}" if digits else ""


def _is_kept(one: Field, body: Mapping[str, Any]) -> bool:
    """Whether the program's word stands: also where a creation does not send it and the service knows of nothing.

    So a model's version set is in the state from its creation on, and sent with the next update (Terraform's provider).
    """
    return one.kept or (one.is_input and one.sent in (Sent.UPDATE, Sent.NEVER) and body.get(one.json_name) is None)


def _kept(one: Field, value: Any) -> Any:
    """What a program said of a property, as if an answer had told it."""
    if one.fields is None or value is None:
        return value
    if one.type is Type.OBJECTS:
        return [_kept_object(one.fields, item) for item in value]
    return _kept_object(one.fields, value)


def _kept_object(fields: Fields, value: Mapping[str, Any]) -> dict[str, Any]:
    told = ((one, value.get(one.name)) for one in fields.all)
    return {one.name: one.zero if part is None else _kept(one, part) for one, part in told}


def _top(one: Field, value: Any) -> Any:
    if value is None:
        if one.type in COLLECTIONS:
            return one.zero
        return "" if one.empty_is_text else None
    return _property(one, value)


def _property(one: Field, value: Any) -> Any:
    if one.type is Type.OBJECT and one.fields:
        return nested(one.fields, value)
    if one.type is Type.OBJECTS and one.fields:
        return [nested(one.fields, item) for item in ([value] if one.json_is_single else value)]
    if one.type is Type.DEFINED_TAGS:
        return {
            f"{space}.{key}": str(tag) for space, tags in sorted(value.items()) for key, tag in sorted(tags.items())
        }
    return _scalar(one, value)


def _scalar(one: Field, value: Any) -> Any:
    if one.type is Type.TIME:
        return go_time(value)
    if one.same_moment:
        return rfc3339_nano(value)
    if one.type is Type.STRING_SET:
        return sorted(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return str(value) if one.type is Type.STRING else value


def nested(fields: Fields, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object inside the properties: what nothing is known of is zero there, and not null."""
    told = ((one, body.get(one.json_name)) for one in fields.all)
    return {one.name: one.zero if value is None else _property(one, value) for one, value in told}


def _delta(one: Field, value: Any) -> dict[str, Any]:
    if one.type is Type.OBJECT and one.fields:
        return {"plu": {"i": {} if value is None else raw_state_delta(one.fields, value)}}
    if value is None:
        return {}
    if one.type in (Type.MAP, Type.DEFINED_TAGS):
        return {"map": {}}
    if one.type in (Type.STRINGS, Type.STRING_SET):
        return {"arr": {}} if one.type is Type.STRINGS else {"set": {}}
    if one.type is Type.OBJECTS and one.fields:
        elements = {str(index): raw_state_delta(one.fields, item) for index, item in enumerate(value)}
        return {"arr": {"el": elements} if elements else {}}
    return {}
