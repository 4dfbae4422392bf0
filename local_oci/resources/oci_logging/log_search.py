"""What a log search asks for: the small part of Logging's query language that model deployments' logs need.

SEARCH "<compartment>/<log group>/<log>" [| WHERE source = '*<text>*'] [| SORT BY datetime [ASC|DESC]]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from local_oci.errors import InvalidParameter

_SEARCH = re.compile(r'search\s+"([^"/]+)/([^"/]+)/([^"/]+)"', re.IGNORECASE)
_WHERE = re.compile(r"where\s+(?:logContent\.)?source\s*=\s*'([^']*)'", re.IGNORECASE)
_SORT = re.compile(r"sort\s+by\s+datetime(?:\s+(asc|desc))?", re.IGNORECASE)
_SUPPORTED = (
    "the local OCI understands: SEARCH \"<compartment>/<log group>/<log>\" | WHERE source = '*<text>*' | "
    "SORT BY datetime ASC|DESC (the two last are optional)"
)


@dataclass(frozen=True, slots=True)
class LogQuery:
    """A parsed search; `source` is a pattern with `*`, or None."""

    compartment_id: str
    log_group_id: str
    log_id: str
    source: str | None
    newest_first: bool

    def takes(self, source: str) -> bool:
        """Whether a line from that source is asked for."""
        if self.source is None:
            return True
        return fnmatchcase(source, self.source.replace("[", "[[]").replace("?", "[?]"))


def parse(text: str) -> LogQuery:
    """Read a search; 400 with what is supported for any other form."""
    first, *stages = [part.strip() for part in text.split("|")]
    found = _SEARCH.fullmatch(first)
    if found is None:
        raise InvalidParameter(f"searchQuery: {first!r} is not supported; {_SUPPORTED}")
    source, newest_first = None, True
    for stage in stages:
        if where := _WHERE.fullmatch(stage):
            source = where.group(1)
        elif sort := _SORT.fullmatch(stage):
            newest_first = (sort.group(1) or "asc").lower() == "desc"
        else:
            raise InvalidParameter(f"searchQuery: {stage!r} is not supported; {_SUPPORTED}")
    return LogQuery(found.group(1), found.group(2), found.group(3), source, newest_first)
