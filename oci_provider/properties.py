"""Property values: Pulumi's Struct on the wire, plain Python inside.

Inside, a value is None, bool, int, float, str, list, dict, `UNKNOWN`, `Secret`, or `Asset`. A number without a fraction
is an int. Signatures are Pulumi's (sdk/go/common/resource/sig).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2

SIGNATURE_KEY: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - says that a secret follows, is none
OUTPUT_VALUE_SIGNATURE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE_REFERENCE_SIGNATURE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
ASSET_SIGNATURES: Final = ("c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7")
UNKNOWN_SENTINELS: Final = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # string, and any
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
UNKNOWN_WIRE: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class Unknown:
    """A value that is known only after `up`; there is one, `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that must not be seen; `repr` does not show it either."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(…)"


@dataclass(frozen=True)
class Asset:
    """A Pulumi asset or archive. No property of ours takes one: it is carried only to be refused by name."""


def from_struct(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Return the properties that a message carries."""
    return {key: _from_value(value) for key, value in struct.fields.items()}


def to_struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return properties as a message; raises TypeError for a value that has no form on the wire."""
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        struct.fields[key].CopyFrom(_to_value(value))
    return struct


def plain(value: Any) -> Any:
    """Return the value with its secrets opened, all the way down."""
    match value:
        case Secret():
            return plain(value.value)
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list():
            return [plain(item) for item in value]
    return value


def has_secret(value: Any) -> bool:
    """Whether there is a secret anywhere in the value."""
    return _contains(value, lambda item: isinstance(item, Secret))


def has_unknown(value: Any) -> bool:
    """Whether there is an unknown anywhere in the value."""
    return _contains(plain(value), lambda item: item is UNKNOWN)


def with_secrets_of(value: Any, sample: Any) -> Any:
    """Return `value` with a secret wherever `sample` has one, place by place.

    Where the two differ in shape above a secret, the smallest part that has a place in both is made secret whole.
    """
    if isinstance(value, Secret) or not has_secret(sample):
        return value
    if isinstance(value, dict) and isinstance(sample, dict):
        return {key: with_secrets_of(item, sample.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(sample, list) and len(value) == len(sample):
        return [with_secrets_of(item, like) for item, like in zip(value, sample, strict=True)]
    return Secret(value)


def _contains(value: Any, test: Callable[[Any], bool]) -> bool:
    if test(value):
        return True
    if isinstance(value, dict):
        return any(_contains(item, test) for item in value.values())
    return isinstance(value, list) and any(_contains(item, test) for item in value)


def _from_value(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return UNKNOWN if value.string_value in UNKNOWN_SENTINELS else value.string_value
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [_from_value(item) for item in value.list_value.values]
        case "struct_value":
            return _from_object(value.struct_value)
    return None


def _from_object(struct: struct_pb2.Struct) -> Any:
    fields = struct.fields
    if SIGNATURE_KEY not in fields:
        return from_struct(struct)
    signature = fields[SIGNATURE_KEY].string_value
    if signature == SECRET_SIGNATURE:
        return Secret(_from_value(fields["value"]))
    if signature == OUTPUT_VALUE_SIGNATURE:
        known = _from_value(fields["value"]) if "value" in fields else UNKNOWN
        return Secret(known) if "secret" in fields and fields["secret"].bool_value else known
    if signature == RESOURCE_REFERENCE_SIGNATURE:
        return _from_value(fields["id"]) if "id" in fields else fields["urn"].string_value
    if signature in ASSET_SIGNATURES:
        return Asset()
    raise TypeError(f"a property value has the signature {signature!r}, which this plugin does not know")


def _to_value(value: Any) -> struct_pb2.Value:
    if isinstance(value, Secret):
        value = {SIGNATURE_KEY: SECRET_SIGNATURE, "value": value.value}
    elif value is UNKNOWN:
        value = UNKNOWN_WIRE
    match value:
        case None:
            return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
        case bool():
            return struct_pb2.Value(bool_value=value)
        case int() | float():
            return struct_pb2.Value(number_value=value)
        case str():
            return struct_pb2.Value(string_value=value)
        case list():
            return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_to_value(item) for item in value]))
        case dict():
            return struct_pb2.Value(struct_value=to_struct(value))
    raise TypeError(f"a {type(value).__name__} is not a property value")
