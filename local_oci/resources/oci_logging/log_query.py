"""What a log search asks for: the part of Logging's query language that clients and the console write.

    search "<compartment>[/<log group>[/<log>]]" [, "…"]
    | where <condition>          =, !=, <, <=, >, >= with '*' in texts; and, or, not, parentheses
    | sort by <field> [asc|desc]
    | limit <n>                  top <n> is the same
    | summarize count() [as <name>] [by <field>, …]

(docs: Logging/Reference/query_language_specification.) Groups and logs go by OCID or name. A field is one of
`datetime`, `logContent` (the whole line), or a path in the record such as `data.message`; a leading `logContent.` is
left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from local_oci.errors import InvalidParameter
from local_oci.resources.oci_logging import log_condition
from local_oci.resources.oci_logging.log_condition import Condition, FieldPath, Tokens

_SUPPORTED = (
    "the local OCI understands: search \"<compartment>/<log group>/<log>\" | where <field> = '*text*' and|or … | "
    "sort by <field> asc|desc | limit <n> | summarize count() by <field>"
)


@dataclass(frozen=True, slots=True)
class LogQuery:
    """A parsed search. `streams` are compartment, group and log as written, the last two perhaps absent."""

    streams: tuple[tuple[str, ...], ...]
    condition: Condition | None = None
    sort_field: FieldPath = ("datetime",)
    newest_first: bool = True
    limit: int | None = None
    count_name: str = ""
    count_by: tuple[FieldPath, ...] = field(default=())

    @property
    def is_by_time(self) -> bool:
        """Whether lines come in the order in which they lie in the files."""
        return self.sort_field == ("datetime",)

    def takes(self, line: dict[str, Any]) -> bool:
        """Whether a line (`{"datetime", "logContent"}`) is asked for."""
        return self.condition is None or self.condition(line)


def parse(text: str) -> LogQuery:
    """Read a search; 400 with what is supported for any other form."""
    try:
        return _parsed(Tokens(text))
    except InvalidParameter as error:
        raise InvalidParameter(f"{error.message}; {_SUPPORTED}") from error


def _parsed(tokens: Tokens) -> LogQuery:
    query = LogQuery(_streams(tokens))
    while not tokens.is_at_end():
        tokens.expect("|")
        word = tokens.word()
        stage = _STAGES.get(word.lower())
        if stage is None:
            raise InvalidParameter(f"searchQuery: the stage {word!r} is not supported")
        query = stage(tokens, query)
    return query


def _streams(tokens: Tokens) -> tuple[tuple[str, ...], ...]:
    tokens.expect("search")
    found = [tuple(tokens.quoted('"').split("/"))]
    while tokens.take(",") or tokens.peek().startswith('"'):
        found.append(tuple(tokens.quoted('"').split("/")))
    for stream in found:
        if len(stream) > 3 or not all(stream):  # noqa: PLR2004 - compartment, group, log
            raise InvalidParameter(f"searchQuery: {'/'.join(stream)!r} is no log stream")
    return tuple(found)


def _where(tokens: Tokens, query: LogQuery) -> LogQuery:
    added = log_condition.parse(tokens)
    before = query.condition
    both = added if before is None else (lambda line: before(line) and added(line))
    return replace(query, condition=both)


def _sort(tokens: Tokens, query: LogQuery) -> LogQuery:
    tokens.expect("by")
    path = tokens.path()
    is_descending = tokens.take("desc")
    if not is_descending:
        tokens.take("asc")
    return replace(query, sort_field=path, newest_first=is_descending)


def _limit(tokens: Tokens, query: LogQuery) -> LogQuery:
    number = tokens.word()
    if not re.fullmatch(r"[1-9][0-9]{0,6}", number):
        raise InvalidParameter(f"searchQuery: limit must be followed by a whole number from 1, found {number!r}")
    return replace(query, limit=int(number))


def _summarize(tokens: Tokens, query: LogQuery) -> LogQuery:
    for expected in ("count", "(", ")"):
        tokens.expect(expected)
    name = tokens.word() if tokens.take("as") else "count"
    by = []
    if tokens.take("by"):
        by.append(tokens.path())
        while tokens.take(","):
            by.append(tokens.path())
    return replace(query, count_name=name, count_by=tuple(by))


_STAGES: dict[str, Callable[[Tokens, LogQuery], LogQuery]] = {
    "where": _where,
    "sort": _sort,
    "limit": _limit,
    "top": _limit,
    "summarize": _summarize,
}
