"""The condition of a log search's `where`, and the tokens that the query language is made of."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable
from typing import Any

from local_oci.errors import InvalidParameter
from local_oci.resources.query_tokens import QueryTokens

FieldPath = tuple[str, ...]
Condition = Callable[[dict[str, Any]], bool]
_TOKEN = re.compile(
    r"""\s*('(?:[^']|'')*'|"(?:[^"]|"")*"|!=|<=|>=|[=<>|,().]|-?\d+(?:\.\d+)?(?![\w.])|[A-Za-z_$][\w$]*|\d\w*)"""
)
_DEEPEST = 32


class Tokens(QueryTokens):
    """A log query's tokens, taken one after the other."""

    def __init__(self, text: str) -> None:
        super().__init__(text, _TOKEN, field="searchQuery")

    def quoted(self, quote: str) -> str:
        """A text in quotes."""
        token = self.word()
        if not token.startswith(quote):
            raise InvalidParameter(f"searchQuery: expected a text in {quote}, found {token[:40] or 'the end'!r}")
        return token[1:-1].replace(quote * 2, quote)

    def path(self) -> FieldPath:
        """A field such as `data.message`; a leading `logContent.` is left out."""
        parts = [self._name()]
        while self.take("."):
            parts.append(self._name())
        return tuple(parts[1:] if len(parts) > 1 and parts[0].lower() == "logcontent" else parts)

    def _name(self) -> str:
        token = self.peek()
        if token.startswith('"'):
            return self.quoted('"')
        if not re.match(r"[A-Za-z_$]", token):
            raise InvalidParameter(f"searchQuery: expected a field, found {token[:40] or 'the end'!r}")
        return self.word()


def value_of(line: dict[str, Any], path: FieldPath) -> Any:
    """The field's value in a line; None where it is not there."""
    if path == ("datetime",):
        return line["datetime"]
    if len(path) == 1 and path[0].lower() == "logcontent":
        return json.dumps(line["logContent"], ensure_ascii=False)
    value: Any = line["logContent"]
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def parse(tokens: Tokens) -> Condition:
    """A condition with `or` under `and`."""
    alternatives = [_all_of(tokens)]
    while tokens.take("or"):
        alternatives.append(_all_of(tokens))
    return lambda line: any(found(line) for found in alternatives)


def _all_of(tokens: Tokens) -> Condition:
    needed = [_single(tokens)]
    while tokens.take("and"):
        needed.append(_single(tokens))
    return lambda line: all(found(line) for found in needed)


def _single(tokens: Tokens) -> Condition:
    tokens.depth += 1
    if tokens.depth > _DEEPEST:
        raise InvalidParameter(f"searchQuery: a condition may be nested {_DEEPEST} deep")
    try:
        if tokens.take("not"):
            inner = _single(tokens)
            return lambda line: not inner(line)
        if tokens.take("("):
            found = parse(tokens)
            tokens.expect(")")
            return found
        return _comparison(tokens)
    finally:
        tokens.depth -= 1


def _comparison(tokens: Tokens) -> Condition:
    path, sign = tokens.path(), tokens.word()
    if sign not in _COMPARE:
        raise InvalidParameter(f"searchQuery: expected one of {', '.join(_COMPARE)}, found {sign[:40] or 'the end'!r}")
    token = tokens.word()
    if token.startswith(("'", '"')):
        return _text_comparison(path, sign, token[1:-1].replace("''", "'"))
    if re.fullmatch(r"-?\d+(\.\d+)?", token):
        number = float(token)
        return lambda line: _is_number(found := value_of(line, path)) and bool(_COMPARE[sign](found, number))
    if token.lower() in _WORDS:
        wanted = _WORDS[token.lower()]
        return lambda line: bool(_COMPARE[sign](value_of(line, path), wanted)) if sign in ("=", "!=") else False
    raise InvalidParameter(f"searchQuery: expected a text in single quotes or a number, found {token[:40]!r}")


def _text_comparison(path: FieldPath, sign: str, text: str) -> Condition:
    if sign not in ("=", "!="):
        return lambda line: isinstance(found := value_of(line, path), str) and bool(_COMPARE[sign](found, text))
    pattern = re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL)

    def matches(line: dict[str, Any]) -> bool:
        found = value_of(line, path)
        return found is not None and pattern.fullmatch(str(found)) is not None

    return matches if sign == "=" else lambda line: not matches(line)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
