"""Read a log's file from a point in time on, either way, without reading what lies before.

Lines are JSON records in about the order of their `time` (several processes append); the beginning is found by halving,
with some slack on both sides. A line that is still being written, or is no record, is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from local_oci.clock import from_rfc3339

SLACK_S = 60.0
_BLOCK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One record, its time, and the offsets at which its line begins and ends."""

    record: dict[str, Any]
    time_s: float
    begin: int
    end: int


def forward(path: Path, start_s: float, end_s: float, offset: int | None = None) -> Iterator[Line]:
    """Records with `start_s <= time < end_s` as they lie, from `offset` or from where they can begin."""
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(_first_at(file, start_s - SLACK_S) if offset is None else offset)
        while text := file.readline():
            line = _parse(text, file.tell() - len(text))
            if line is None:
                continue
            if line.time_s >= end_s + SLACK_S:
                return
            if start_s <= line.time_s < end_s:
                yield line


def backward(path: Path, start_s: float, end_s: float, offset: int | None = None) -> Iterator[Line]:
    """The same, last one first, from `offset` (a line's beginning) or from where they can end."""
    if not path.exists():
        return
    with path.open("rb") as file:
        before = _first_at(file, end_s + SLACK_S) if offset is None else offset
        for text, begin in _lines_before(file, before):
            line = _parse(text, begin)
            if line is None:
                continue
            if line.time_s < start_s - SLACK_S:
                return
            if start_s <= line.time_s < end_s:
                yield line


def _lines_before(file: BinaryIO, end: int) -> Iterator[tuple[bytes, int]]:
    """Whole lines that end before `end`, last one first, read in blocks."""
    rest, position = b"", end
    while position > 0:
        size = min(_BLOCK_BYTES, position)
        position -= size
        file.seek(position)
        rest = file.read(size) + rest
        first, *whole = rest.split(b"\n")
        at = position + len(rest)
        for text in reversed(whole):
            at -= len(text)
            if text:
                yield text + b"\n", at
            at -= 1
        rest = first
    if rest:
        yield rest + b"\n", 0


def _first_at(file: BinaryIO, time_s: float) -> int:
    """The offset of a line from which on (nearly) all lines are at `time_s` or later."""
    file.seek(0, 2)
    low, high = 0, file.tell()
    while low < high:
        middle = (low + high) // 2
        begin, line = _line_from(file, middle, high)
        if line is None or line.time_s >= time_s:
            high = middle
        else:
            low = max(begin, line.end)
    begin, _ = _line_from(file, low, low)
    return begin


def _line_from(file: BinaryIO, offset: int, limit: int) -> tuple[int, Line | None]:
    """The first line that begins at `offset` or later, with its record if it has one before `limit`."""
    file.seek(max(offset - 1, 0))
    if offset > 0:
        file.readline()
    begin = file.tell()
    while file.tell() < limit:
        at = file.tell()
        if line := _parse(file.readline(), at):
            return begin, line
    return begin, None


def _parse(text: bytes, begin: int) -> Line | None:
    if not text.endswith(b"\n"):
        return None
    try:
        record = json.loads(text)
        return Line(record, from_rfc3339(record["time"]), begin, begin + len(text))
    except (ValueError, KeyError, TypeError):
        return None
