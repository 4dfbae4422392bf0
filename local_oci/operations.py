"""Oracle's operations: which there are, on which path, with which parameters (`operations.json`, read from oci 2.189).

The table is larger than what is emulated on purpose: an operation that is not there is refused by its name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

_TAKES_THE_REST = ("{objectName}",)  # an object's name may have slashes, encoded or not


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; `path` includes the service's base path, such as `/20190101/models/{modelId}`.

    `required` and `allowed` are of query parameters.
    """

    service: str
    name: str
    method: str
    path: str
    query: frozenset[str]
    headers: frozenset[str]
    required: tuple[str, ...] = ()
    allowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def query_problems(self, query: Mapping[str, str]) -> Iterator[str]:
        """What is wrong with query parameters: unknown ones, and values that are not among Oracle's."""
        if unknown := sorted(set(query) - self.query):
            known = ", ".join(sorted(self.query)) or "none"
            yield f"{', '.join(unknown)}: {self.name} has no such query parameter; it has {known}"
        for name, allowed in self.allowed.items():
            if name in query and query[name] not in allowed:
                yield f"{name}: must be one of {', '.join(allowed)}, found {query[name]!r}"


@dataclass(slots=True)
class _Node:
    """A place in the tree of path segments."""

    literals: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    rest: _Node | None = None
    methods: dict[str, tuple[Operation, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """What a path stands for: the operation of each method, and the values of its parameters."""

    methods: Mapping[str, tuple[Operation, tuple[str, ...]]]
    values: tuple[str, ...]

    def operation(self, method: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation of that method with its path parameters by name."""
        found = self.methods.get(method)
        return (found[0], dict(zip(found[1], self.values, strict=True))) if found else None


class OperationTable:
    """Finds the operation that a request asks for."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        self._by_name: dict[tuple[str, str], Operation] = {}
        for operation in operations:
            self._by_name[operation.service, operation.name] = operation
            self._add(operation)

    def named(self, service: str, name: str) -> Operation:
        """The operation of that service and name; KeyError where Oracle has none."""
        return self._by_name[service, name]

    def match(self, raw_path: str) -> Match | None:
        """What a percent-encoded path stands for; None where no operation has it."""
        segments = [unquote(segment) for segment in raw_path.removeprefix("/").split("/")]
        found = _descend(self._root, segments, ())
        if found is None and segments[-1] == "":
            return _descend(self._root, segments[:-1], ())
        return found

    def _add(self, operation: Operation) -> None:
        node, names = self._root, []
        for segment in operation.path.strip("/").split("/"):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                if segment in _TAKES_THE_REST and operation.path.endswith(segment):
                    node.rest = node.rest or _Node()
                    node = node.rest
                    continue
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, _Node())
        node.methods.setdefault(operation.method, (operation, tuple(names)))


def _descend(node: _Node, segments: list[str], values: tuple[str, ...]) -> Match | None:
    if not segments:
        return Match(node.methods, values) if node.methods else None
    first, rest = segments[0], segments[1:]
    literal = node.literals.get(first)
    found = _descend(literal, rest, values) if literal else None
    if found is None and node.parameter is not None and first:
        found = _descend(node.parameter, rest, (*values, first))
    if found is None and node.rest is not None and segments != [""]:
        return Match(node.rest.methods, (*values, "/".join(segments)))
    return found


def read_table() -> OperationTable:
    """All operations of `operations.json`."""
    services = json.loads(Path(__file__).with_name("operations.json").read_text())
    return OperationTable(
        Operation(
            service=service,
            name=name,
            method=entry["method"],
            path=described["basePath"] + entry["path"],
            query=frozenset(entry["query"]),
            headers=frozenset(entry["headers"]),
            required=tuple(entry.get("required", ())),
            allowed={parameter: tuple(values) for parameter, values in entry.get("allowed", {}).items()},
        )
        for service, described in services.items()
        for name, entry in described["operations"].items()
    )
