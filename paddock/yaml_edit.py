"""Setting and taking away single values in a YAML file that a person wrote: every other byte stays as it is.

A round trip through a YAML library keeps comments and order, but folds, quotes and indents anew what it was not asked
about. Here PyYAML only says where a value stands; the text is cut there, and the result is read again and compared with
what was meant, so that an edit is right or refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from paddock.errors import PaddockError

# Texts that need no quotes whatever stands around them.
_BARE: Final = re.compile(r"[A-Za-z][A-Za-z0-9 ._/-]*[A-Za-z0-9]|[A-Za-z]")

Pair = tuple[yaml.Node, yaml.Node]


class Removed:
    """Stands for "no such key"; there is one, `REMOVED`."""

    def __repr__(self) -> str:
        return "REMOVED"


REMOVED: Final = Removed()


@dataclass(frozen=True)
class Edit:
    """One value of a document: `path` are keys of nested mappings; `value` is plain data, or REMOVED.

    `instead_of`: a key beside the last one of `path` that goes; the new one takes its place.
    """

    path: tuple[str, ...]
    value: object
    instead_of: str | None = None


class YamlEditError(PaddockError):
    """The file is written in a way that this room does not edit; nothing was changed."""


def edited(text: str, edits: Sequence[Edit], *, file: str) -> str:
    """The text with the edits made, one after the other; raises YamlEditError. `file` names it in messages."""
    for edit in edits:
        before = _document(text, file)
        expected = _with(before, edit)
        if expected == before:
            continue
        text = _edited(text, edit, file)
        if _document(text, file) != expected:
            raise YamlEditError(
                f"{file}: {'.'.join(edit.path)}: a program can't write it there; set it by hand: {flow(edit.value)}"
            )
    return text


def flow(value: object) -> str:
    """The value as YAML on one line, as a person would write it."""
    if value is REMOVED:
        return "nothing (no such key)"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        is_bare = _BARE.fullmatch(value) and yaml.safe_load(value) == value
        return value if is_bare else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


def _document(text: str, file: str) -> Any:
    try:
        return yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise YamlEditError(f"{file} is not YAML: {error}") from error


def _with(document: Any, edit: Edit) -> Any:
    """The document as it must be afterwards. A mapping that loses its last key stays, empty."""
    if edit.value is REMOVED and not isinstance(document, Mapping):
        return document
    rest = dict(document or {})
    key, below = edit.path[0], edit.path[1:]
    if below:
        inner = _with(rest.get(key), Edit(below, edit.value, edit.instead_of))
        return rest if edit.value is REMOVED and key not in rest else {**rest, key: inner}
    if edit.instead_of is not None:
        rest.pop(edit.instead_of, None)
    if edit.value is not REMOVED:
        return {**rest, key: edit.value}
    rest.pop(key, None)
    return rest


def _edited(text: str, edit: Edit, file: str) -> str:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        return f"{text}{_line(edit.path, edit.value)}\n"
    for depth, key in enumerate(edit.path):
        rest = edit.path[depth:]
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null":
            return _cut(text, node.start_mark.index, node.end_mark.index, " {" + _line(rest, edit.value) + "}")
        if not isinstance(node, yaml.MappingNode):
            raise YamlEditError(f"{file}: {'.'.join(edit.path[:depth])}: expected a mapping, found {node.tag}")
        pairs: dict[str, Pair] = {pair[0].value: pair for pair in node.value}
        if len(rest) == 1:
            return _last(text, node, pairs, edit)
        if key not in pairs:
            return _added(text, node, _line(rest, edit.value))
        node = pairs[key][1]
    raise AssertionError("an edit has a path")


def _last(text: str, mapping: yaml.MappingNode, pairs: Mapping[str, Pair], edit: Edit) -> str:
    """The edit in the mapping that holds its key."""
    key, other = edit.path[-1], pairs.get(edit.instead_of or "")
    if edit.value is REMOVED:
        return _removed(text, mapping, pairs[key])
    if key in pairs:
        text = _replaced(text, pairs[key], edit.value)
        # Marks are of the old text: the other key goes in a step of its own.
        return text if other is None else _edited(text, Edit((*edit.path[:-1], str(edit.instead_of)), REMOVED), "")
    if other is not None:
        return _cut(text, other[0].start_mark.index, _end(text, other[1]), _line((key,), edit.value))
    return _added(text, mapping, _line((key,), edit.value))


def _replaced(text: str, pair: Pair, value: object) -> str:
    key, old = pair
    colon = text.index(":", key.end_mark.index) + 1
    gap = text[colon : old.start_mark.index]
    # A block below its key moves up beside it; the spaces that a person put after the colon stay.
    return _cut(text, colon, _end(text, old), (gap if gap.isspace() and "\n" not in gap else " ") + flow(value))


def _added(text: str, mapping: yaml.MappingNode, line: str) -> str:
    if mapping.flow_style:
        close = mapping.end_mark.index - 1
        body = text[:close].rstrip()
        comma = "" if body.endswith("{") else " " if body.endswith(",") else ", "
        return f"{body}{comma}{line}{text[close:]}"
    indent = " " * mapping.value[0][0].start_mark.column
    end = _line_end(text, _end(text, mapping.value[-1][1]))
    newline = "" if end and text[end - 1] == "\n" else "\n"
    return _cut(text, end, end, f"{newline}{indent}{line}\n")


def _removed(text: str, mapping: yaml.MappingNode, pair: Pair) -> str:
    position = mapping.value.index(pair)
    start, end = pair[0].start_mark.index, _end(text, pair[1])
    if mapping.flow_style:
        if position + 1 < len(mapping.value):
            end = mapping.value[position + 1][0].start_mark.index
        elif position:
            start = _end(text, mapping.value[position - 1][1])
        return _cut(text, start, end, "")
    if len(mapping.value) == 1 and pair[0].start_mark.column:
        return _cut(text, start, end, "{}")
    if text[end : _line_end(text, end)].strip():
        return _cut(text, start, end, "")  # a comment at the line's end is the person's: it stays
    return _cut(text, text.rfind("\n", 0, start) + 1, _line_end(text, end), "")


def _end(text: str, node: yaml.Node) -> int:
    """Behind the last character of a node; the end mark of a block is where the next token begins."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(text, last[1] if isinstance(last, tuple) else last)
    end: int = node.end_mark.index
    is_block_text = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
    return len(text[:end].rstrip()) if is_block_text else end


def _line_end(text: str, index: int) -> int:
    newline = text.find("\n", index)
    return len(text) if newline < 0 else newline + 1


def _line(path: tuple[str, ...], value: object) -> str:
    """`a: {b: value}`."""
    inner = flow(value)
    for key in reversed(path[1:]):
        inner = "{" + f"{flow(key)}: {inner}" + "}"
    return f"{flow(path[0])}: {inner}"


def _cut(text: str, start: int, end: int, between: str) -> str:
    return text[:start] + between + text[end:]
