"""The package schema of the kinds that are here; `pulumi import` and `pulumi about` ask for it."""

from __future__ import annotations

import functools
import importlib.metadata
import json
from typing import Any

from oci_provider.data_source import DataSource
from oci_provider.functions import FUNCTIONS
from oci_provider.kinds import KINDS
from oci_provider.schema import Field, Fields, Mode, Type, optional

_PRIMITIVES = {
    Type.STRING: "string",
    Type.TIME: "string",
    Type.INT: "integer",
    Type.FLOAT: "number",
    Type.BOOL: "boolean",
}


@functools.cache
def version() -> str:
    """Return the version of pulumi-oci that is installed: the plugin is its counterpart."""
    return importlib.metadata.version("pulumi_oci")


@functools.cache
def text() -> str:
    """Return the schema as JSON."""
    types: dict[str, Any] = {}
    functions = {token: _function(one, types) for token, one in FUNCTIONS.items()}
    resources = {token: _resource(token, kind.schema, types) for token, kind in KINDS.items()}
    package = {
        "name": "oci",
        "version": version(),
        "meta": {"moduleFormat": "(.*)(?:/[^/]*)"},
        "language": {"python": {"moduleNameOverrides": {module: module for module in _modules()}}},
        "resources": resources,
        "functions": functions,
        "types": types,
    }
    return json.dumps(package, sort_keys=True)


def _modules() -> list[str]:
    return sorted({token.split(":")[1].partition("/")[0] for token in KINDS})


def _resource(token: str, fields: Fields, types: dict[str, Any]) -> dict[str, Any]:
    module = token.partition("/")[0]
    prefix = token.rpartition(":")[2]
    properties = {one.name: _property(one, module, prefix, types) for one in fields.all}
    required = [one.name for one in fields.all if one.mode is Mode.REQUIRED]
    return {
        "properties": properties,
        "required": required,
        "inputProperties": {one.name: properties[one.name] for one in fields.inputs()},
        "requiredInputs": [name for name in required if not fields.by_name[name].autonamed],
    }


def _function(one: DataSource, types: dict[str, Any]) -> dict[str, Any]:
    module, _, name = one.pulumi_type.rpartition(":")[0].partition("/")
    prefix = name[0].upper() + name[1:]
    given = {each.name: _property(each, module, prefix, types) for each in one.arguments.all}
    if one.key:
        items = optional(one.key, Type.OBJECTS, plural=one.key, fields=one.result)
        told = {**given, one.key: _property(items, module, prefix, types)}
    else:
        told = {**given, **{each.name: _property(each, module, prefix, types) for each in one.result.all}}
    needed = [each.name for each in one.arguments.all if each.mode is Mode.REQUIRED]
    return {
        "inputs": {"type": "object", "properties": given, "required": needed},
        "outputs": {"type": "object", "properties": {**told, "id": {"type": "string"}}},
    }


def _property(one: Field, module: str, prefix: str, types: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"replaceOnChanges": True} if one.force_new else {}
    if one.type in _PRIMITIVES:
        return {"type": _PRIMITIVES[one.type], **told}
    if one.type in (Type.MAP, Type.DEFINED_TAGS):
        return {"type": "object", "additionalProperties": {"type": "string"}, **told}
    if one.fields is None:
        return {"type": "array", "items": {"type": "string"}, **told}
    name = prefix + type_suffix(one)
    token = f"{module}/{name}:{name}"
    types[token] = {
        "type": "object",
        "properties": {part.name: _property(part, module, name, types) for part in one.fields.all},
        "required": [part.name for part in one.fields.all if part.mode is Mode.REQUIRED],
    }
    reference = {"$ref": f"#/types/{token}", **told}
    return reference if one.type is Type.OBJECT else {"type": "array", "items": reference}


def type_suffix(one: Field) -> str:
    """Return what a field adds to the name of the type that holds it: its name, one of it where it is a list."""
    name = one.name[0].upper() + one.name[1:]
    if one.type is not Type.OBJECTS:
        return name
    if name.endswith("sses"):
        return name.removesuffix("es")
    return f"{name.removesuffix('ies')}y" if name.endswith("ies") else name.removesuffix("s")
