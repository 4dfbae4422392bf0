"""The tokens of a query language, taken one after the other: what the languages' readers share."""

from __future__ import annotations

import re

from local_oci.errors import InvalidParameter


class QueryTokens:
    """A query's tokens. `token` matches one, its text as group 1; `field` is the query's name in messages."""

    def __init__(self, text: str, token: re.Pattern[str], *, field: str) -> None:
        self._tokens, at = list[str](), 0
        text = text.rstrip()
        while at < len(text):
            found = token.match(text, at)
            if found is None:
                raise InvalidParameter(f"{field}: cannot be read from {text[at : at + 40]!r} on")
            self._tokens.append(found.group(1))
            at = found.end()
        self._at = 0
        self._field = field
        self.depth = 0

    def peek(self) -> str:
        """The next token; "" at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def is_at_end(self) -> bool:
        """Whether nothing is left."""
        return self._at >= len(self._tokens)

    def word(self) -> str:
        """The next token, whatever it is; "" at the end."""
        token = self.peek()
        self._at += 1
        return token

    def take(self, expected: str) -> bool:
        """Whether the next token is that one; if so it is taken."""
        if self.peek().lower() != expected:
            return False
        self._at += 1
        return True

    def expect(self, expected: str) -> None:
        """Take that token; 400 where another one is there."""
        if not self.take(expected):
            raise InvalidParameter(f"{self._field}: expected {expected!r}, found {self.peek()[:40] or 'the end'!r}")
