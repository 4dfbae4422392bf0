"""Check: the program's inputs against a kind's fields; every problem is collected, each with its property path."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from oci_provider import property_path
from oci_provider.properties import UNKNOWN, Asset, Secret
from oci_provider.property_path import Path
from oci_provider.schema import COLLECTIONS, Field, Fields, Mode, Type

DEFAULTS_KEY: Final = "__defaults"
"""Where the official plugin notes which inputs it filled in: of these kinds', names that it made up."""

_MISSING: Final = "missing"


@dataclass(frozen=True)
class Failure:
    """One problem: where, and a sentence that says what was expected and found."""

    property: str
    reason: str


@dataclass
class Checked:
    """Inputs as the engine is to keep them, and what is wrong with them."""

    inputs: dict[str, Any]
    failures: list[Failure] = field(default_factory=list)


def check(
    fields: Fields,
    news: Mapping[str, Any],
    names: Mapping[str, str] | None = None,
    olds: Mapping[str, Any] | None = None,
) -> Checked:
    """Return the inputs, numbers and booleans written as text turned into what their fields hold, or why not.

    Coercion is the official plugin's: number and boolean from text and back. Unknown values pass; secrets stay secret.
    `names`: what Pulumi made up where the program sets nothing. `olds`: the inputs of a resource that is there; what
    is required and not among them either (no service told it to an import, and it is under `ignoreChanges`) may miss.
    """
    failures: list[Failure] = []
    made_up = dict(names or {})
    inputs = _object(fields, {**news, **made_up}, (), failures)
    untold = {one.name for one in fields.all if olds and olds.get(one.name) is None and news.get(one.name) is None}
    told = [one for one in failures if one.property not in untold or not one.reason.startswith(_MISSING)]
    return Checked({**inputs, DEFAULTS_KEY: sorted(made_up)}, told)


def _object(fields: Fields, news: Mapping[str, Any], path: Path, failures: list[Failure]) -> dict[str, Any]:
    inputs: dict[str, Any] = {DEFAULTS_KEY: []}
    for name, value in news.items():
        if name == DEFAULTS_KEY or value is None:
            continue
        known = fields.by_name.get(name)
        if known is None or not known.is_input:
            failures.append(Failure(property_path.render((*path, name)), _not_an_input(name, known, fields)))
            continue
        inputs[name] = _value(known, value, (*path, name), failures)
    for missing in fields.all:
        if missing.mode is Mode.REQUIRED and news.get(missing.name) is None:
            where = property_path.render((*path, missing.name))
            failures.append(Failure(where, f"{_MISSING}; expected {_expected(missing)}"))
    return inputs


def _not_an_input(name: str, known: Field | None, fields: Fields) -> str:
    if known is not None:
        return "the service decides on this property; a program cannot set it"
    names = [one.name for one in fields.inputs()]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(names))}"
    return f"no such property; {hint}"


def _value(known: Field, value: Any, path: Path, failures: list[Failure]) -> Any:
    if isinstance(value, Secret):
        return _secretly(lambda inner: _value(known, value.value, path, inner), failures)
    return value if value is UNKNOWN else _shaped(known, value, path, failures)


def _secretly(checked: Callable[[list[Failure]], Any], failures: list[Failure]) -> Secret:
    """Check what is in a secret; what is wrong with it is told without what was found."""
    inner: list[Failure] = []
    value = Secret(checked(inner))
    failures += [Failure(one.property, f"{one.reason.split(', found ')[0]}, found a secret") for one in inner]
    return value


def _shaped(known: Field, value: Any, path: Path, failures: list[Failure]) -> Any:
    if known.type is Type.OBJECT and known.fields and isinstance(value, dict):
        return _object(known.fields, value, path, failures)
    if known.type is Type.OBJECTS and known.fields and isinstance(value, list):
        return [_element(known.fields, item, (*path, index), failures) for index, item in enumerate(value)]
    if known.type in (Type.MAP, Type.DEFINED_TAGS) and isinstance(value, dict):
        return _map(known, value, path, failures)
    if known.type in (Type.STRINGS, Type.STRING_SET) and isinstance(value, list):
        return [_scalar(Type.STRING, item, (*path, index), failures) for index, item in enumerate(value)]
    if known.type is Type.OBJECT or known.type in COLLECTIONS:
        failures.append(Failure(property_path.render(path), f"expected {_expected(known)}, found {_found(value)}"))
        return value
    return _choice(known, _scalar(known.type, value, path, failures), path, failures)


def _element(fields: Fields, item: Any, path: Path, failures: list[Failure]) -> Any:
    if isinstance(item, Secret):
        return _secretly(lambda inner: _element(fields, item.value, path, inner), failures)
    if item is UNKNOWN:
        return item
    if isinstance(item, dict):
        return _object(fields, item, path, failures)
    failures.append(Failure(property_path.render(path), f"expected an object, found {_found(item)}"))
    return item


def _map(known: Field, value: Mapping[str, Any], path: Path, failures: list[Failure]) -> dict[str, Any]:
    if known.type is Type.DEFINED_TAGS:
        failures += [
            Failure(property_path.render((*path, key)), f"expected a key 'namespace.key', found {key!r}")
            for key in value
            if not all(key.partition("."))
        ]
    items: Iterable[tuple[str, Any]] = ((key, item) for key, item in value.items() if item is not None)
    return {key: _scalar(Type.STRING, item, (*path, key), failures) for key, item in items}


def _scalar(type_: Type, value: Any, path: Path, failures: list[Failure]) -> Any:
    if isinstance(value, Secret):
        return _secretly(lambda inner: _scalar(type_, value.value, path, inner), failures)
    if value is UNKNOWN:
        return value
    try:
        return _coerced(type_, value)
    except ValueError:
        failures.append(Failure(property_path.render(path), f"expected {_ARTICLE[type_]}, found {_found(value)}"))
        return value


def _coerced(type_: Type, value: Any) -> Any:
    if not isinstance(value, bool | int | float | str):
        raise ValueError(value)  # noqa: TRY004  # one exception for "cannot be that type", float() raises it too
    if type_ in (Type.STRING, Type.TIME):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if type_ is Type.BOOL:
        return value if isinstance(value, bool) else _bool_from_text(value)
    if isinstance(value, bool):
        raise ValueError(value)  # noqa: TRY004  # as above
    number = float(value)
    if number.is_integer():
        return int(number)
    if type_ is Type.INT:
        raise ValueError(value)
    return number


def _bool_from_text(value: Any) -> bool:
    texts = {"true": True, "false": False}
    if value not in texts:
        raise ValueError(value)
    return texts[value]


def _choice(known: Field, value: Any, path: Path, failures: list[Failure]) -> Any:
    if known.choices and isinstance(value, str) and value.upper() not in known.choices:
        expected = " or ".join(known.choices)
        failures.append(Failure(property_path.render(path), f"expected {expected}, found {_found(value)}"))
    return value


def _expected(known: Field) -> str:
    return " or ".join(known.choices) or _ARTICLE[known.type]


def _found(value: Any) -> str:
    if isinstance(value, Asset):
        return "an asset (give the path as a string)"
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else repr(value)


_ARTICLE: Final[dict[Type, str]] = {
    Type.STRING: "a string",
    Type.TIME: "a string",
    Type.INT: "a whole number",
    Type.FLOAT: "a number",
    Type.BOOL: "true or false",
    Type.MAP: "an object of strings",
    Type.DEFINED_TAGS: "an object of strings",
    Type.STRINGS: "a list of strings",
    Type.STRING_SET: "a list of strings",
    Type.OBJECT: "an object",
    Type.OBJECTS: "a list of objects",
}
