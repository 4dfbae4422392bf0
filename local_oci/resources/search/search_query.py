"""Resource Search's query language, as far as clients write it.

    query <type>[, <type>]… resources [where <condition>] [sorted by <field> [asc|desc]]

(docs: Search/Concepts/samplequeries.) A type may be `all`; a condition is `<field> <operator> '<value>'` with =, !=,
==, !==, =~, >, >=, <, <=, joined by && and ||, in parentheses. Field names match whatever their case; = and !=
ignore it in values, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from local_oci.errors import InvalidParameter
from local_oci.resources.query_tokens import QueryTokens

Fields = Mapping[str, str]
"""A resource's searchable fields by lower-case name."""

Condition = Callable[[Fields], bool]
_TOKEN = re.compile(r"""\s*('(?:[^'\\]|\\.)*'|"[^"]*"|&&|\|\||!==|==|!=|=~|<=|>=|[=<>(),]|[\w.$-]+)""")
_DEEPEST = 32


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A parsed query: lower-case types, the condition, the order."""

    types: tuple[str, ...]
    condition: Condition
    sort_field: str
    descending: bool


def parse(text: str) -> SearchQuery:
    """Read a query; 400 where it is none."""
    reader = _Reader(text)
    reader.expect("query")
    types = [reader.word().lower()]
    while reader.take(","):
        types.append(reader.word().lower())
    reader.expect("resources")
    if reader.take("return"):
        while reader.peek() and reader.peek().lower() not in ("where", "sorted"):
            reader.word()
    condition: Condition = reader.condition() if reader.take("where") else lambda _: True
    sort_field, descending = "timecreated", True
    if reader.take("sorted"):
        reader.expect("by")
        sort_field = reader.word().lower()
        descending = reader.take("desc") or not reader.take("asc")
    if reader.peek():
        raise InvalidParameter(f"query: expected the end, found {reader.peek()[:40]!r}")
    return SearchQuery(tuple(types), condition, sort_field, descending)


class _Reader(QueryTokens):
    """A search's tokens, taken one after the other."""

    def __init__(self, text: str) -> None:
        super().__init__(text, _TOKEN, field="query")

    def word(self) -> str:
        """The next token; 400 at the end."""
        if self.is_at_end():
            raise InvalidParameter("query: ends too early")
        return super().word()

    def condition(self) -> Condition:
        alternatives = [self._all_of()]
        while self.take("||") or self.take("or"):
            alternatives.append(self._all_of())
        return lambda fields: any(found(fields) for found in alternatives)

    def _all_of(self) -> Condition:
        needed = [self._single()]
        while self.take("&&") or self.take("and"):
            needed.append(self._single())
        return lambda fields: all(found(fields) for found in needed)

    def _single(self) -> Condition:
        if not self.take("("):
            return self._comparison()
        self.depth += 1
        if self.depth > _DEEPEST:
            raise InvalidParameter(f"query: a condition may be nested {_DEEPEST} deep")
        found = self.condition()
        self.expect(")")
        self.depth -= 1
        return found

    def _comparison(self) -> Condition:
        name, sign, value = self.word().lower(), self.word(), self.word()
        if sign not in _COMPARE:
            raise InvalidParameter(f"query: expected one of {', '.join(_COMPARE)}, found {sign[:40]!r}")
        wanted = value[1:-1] if value[:1] in "'\"" else value
        return lambda fields: _COMPARE[sign](fields.get(name, ""), wanted)


def _like(found: str, wanted: str) -> bool:
    return fnmatchcase(found.lower(), f"*{wanted.lower().replace('[', '[[]')}*")


_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "=": lambda found, wanted: found.lower() == wanted.lower(),
    "==": lambda found, wanted: found == wanted,
    "!=": lambda found, wanted: found.lower() != wanted.lower(),
    "!==": lambda found, wanted: found != wanted,
    "=~": _like,
    "<=": lambda found, wanted: found <= wanted,
    ">=": lambda found, wanted: found >= wanted,
    "<": lambda found, wanted: found < wanted,
    ">": lambda found, wanted: found > wanted,
}
