"""Data sources: what a program asks of the service without owning it (Pulumi's functions).

A result's fields are those of the resource with every one computed; an object inside is a list, as in Terraform's data
sources. `filters` are applied on this side, after the service's own.
"""

from __future__ import annotations

import dataclasses
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from oci_provider import state
from oci_provider.errors import NotThereError
from oci_provider.operation import Operation
from oci_provider.rest import Service
from oci_provider.schema import Field, Fields, Mode, Sent, Type, camel_case, fields, optional, required

FILTERS: Final = optional(
    "filter",
    Type.OBJECTS,
    plural="filters",
    sent=Sent.NEVER,
    fields=fields(required("name"), required("values", Type.STRINGS), optional("regex", Type.BOOL)),
)
_NOT_FOUND: Final = 404
_GONE: Final = "DELETED"


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """One function.

    `arguments` in the path's braces travel there, the others in the query, but for those never sent. `key` is the
    property that holds the list of what was found; without it the answer is one object and `noun` says what it is.
    """

    pulumi_type: str
    service: Service
    path: str
    arguments: Fields
    result: Fields
    key: str = ""
    noun: str = ""

    def read(self, operation: Operation, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the function's result; raises NotThereError, ServiceError."""
        path = self.path.format(**arguments)
        if not self.key:
            return self._one(operation, path, arguments)
        found = [state.nested(self.result, item) for item in self._pages(operation, path, arguments)]
        kept = [item for item in found if all(_holds(one, item) for one in arguments.get("filters") or [])]
        told = {one.name: arguments.get(one.name) for one in self.arguments.all}
        return {**told, "id": told.get("id") or self._hash(arguments), self.key: kept}

    def _one(self, operation: Operation, path: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        answer = operation.rest.call(self.service, "GET", path, operation=operation, accept=(_NOT_FOUND,))
        if answer.status == _NOT_FOUND or answer.body.get("lifecycleState") == _GONE:
            raise NotThereError(
                f"{self.pulumi_type}: there is no {self.noun} {', '.join(map(str, arguments.values()))}"
            )
        told = state.outputs(self.result, answer.body, {})
        return {**told, **arguments, "id": answer.body.get("id", "")}

    def _pages(self, operation: Operation, path: str, arguments: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
        query = {one.json_name: _text(arguments[one.name]) for one in self._queried() if one.name in arguments}
        while True:
            asked = f"{path}?{urlencode(query)}" if query else path
            answer = operation.rest.call(self.service, "GET", asked, operation=operation)
            yield from answer.body
            if not (further := answer.headers.get("opc-next-page")):
                return
            query["page"] = further

    def _queried(self) -> list[Field]:
        return [one for one in self.arguments.all if one.sent is not Sent.NEVER and f"{{{one.name}}}" not in self.path]

    def _hash(self, arguments: Mapping[str, Any]) -> str:
        """The id of a list, as Terraform's provider makes it up of what was asked for."""
        scalars = sorted((one.tf_name, one.name) for one in self.arguments.all if one.type is not Type.OBJECTS)
        told = "".join(f"{_text(arguments[name])}-" for _, name in scalars if name in arguments)
        group, _, name = self.pulumi_type.partition(":")[2].partition("/")
        title = name.partition(":")[0].removeprefix("get")
        return f"{group.capitalize()}{title}DataSource-{zlib.crc32(told.encode())}"


def shown(resource: Fields) -> Fields:
    """Return a resource's fields as a data source shows them."""
    return Fields(tuple(_shown(one) for one in resource.all))


def _shown(one: Field) -> Field:
    made = dataclasses.replace(one, mode=Mode.COMPUTED, force_new=False, only_for=frozenset())
    if one.type is Type.OBJECT and one.fields:
        name = _plural(camel_case(one.tf_name))
        return dataclasses.replace(
            made, type=Type.OBJECTS, json_is_single=True, plural=name, json=one.json_name, fields=shown(one.fields)
        )
    return dataclasses.replace(made, fields=shown(one.fields)) if one.fields else made


def _plural(name: str) -> str:
    if name.endswith("ss"):
        return f"{name}es"
    if name.endswith("s"):
        return name
    return f"{name.removesuffix('y')}ies" if name.endswith("y") else f"{name}s"


def _holds(wanted: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    """Whether an item has one of a filter's values at the filter's name (Terraform's or Pulumi's, dots go inside)."""
    values = [_text(value) for value in _found(item, str(wanted["name"]).split("."))]
    if wanted.get("regex"):
        return any(re.search(pattern, value) for pattern in wanted["values"] for value in values)
    return any(value in wanted["values"] for value in values)


def _found(value: Any, path: list[str]) -> Iterable[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _found(item, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping):
        whole = ".".join(path)
        if whole in value:
            yield value[whole]
            return
        for name in {path[0], camel_case(path[0])} & value.keys():
            yield from _found(value[name], path[1:])


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
