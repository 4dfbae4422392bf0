"""Samples in JSON lines: one object a line, column → value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NoReturn

from artifact_builder.errors import SamplesError
from artifact_builder.samples.text_file import read_text


def read_json_lines(path: Path) -> dict[str, list[object]]:
    """Columns in the order of their first appearance; a key that a line lacks is a missing value.

    Raises SamplesError with the line, OSError.
    """
    rows = [
        _row(f"{path.name}: line {number}", line)
        for number, line in enumerate(read_text(path).split("\n"), start=1)
        if line.strip()
    ]
    if not rows:
        raise SamplesError(f"{path.name}: expected one JSON object a line, found an empty file")
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not names:
        raise SamplesError(f"{path.name}: expected objects of columns, found only empty ones")
    return {name: [row.get(name) for row in rows] for name in names}


def _row(place: str, line: str) -> dict[str, object]:
    try:
        row = json.loads(line, parse_constant=_no_constant, object_pairs_hook=_pairs)
    except json.JSONDecodeError as error:
        raise SamplesError(f"{place}: expected a JSON object, found what is no JSON: {error.msg}") from error
    except RecursionError as error:
        raise SamplesError(f"{place}: is nested too deeply") from error
    except ValueError as error:  # from the hooks, or a whole number of thousands of digits
        raise SamplesError(f"{place}: {error}") from error
    if not isinstance(row, dict):
        raise SamplesError(f"{place}: expected an object such as {{'column': 1.5}}, found {_kind(row)}")
    for name, value in row.items():
        if isinstance(value, dict | list):
            raise SamplesError(
                f"{place}: column {name!r}: expected a number, a text, true, false or null, found {_kind(value)}"
            )
    return row


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    row = dict(pairs)
    if len(row) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"column {twice!r} is written twice")
    return row


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON; write null for a missing value")


def _kind(value: object) -> str:
    words: dict[type, str] = {dict: "an object", list: "a list", str: "a text"}
    return words.get(type(value), json.dumps(value))
