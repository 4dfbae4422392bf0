"""Rows that a user hands over, as JSON for the endpoint."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

from paddock.errors import WordsError


def read_rows(source: str) -> Any:
    """A .csv becomes a list of objects; JSON (`.json`, or `-` for stdin) goes as it stands. Raises WordsError."""
    if source == "-":
        return _json(sys.stdin.read(), "standard input")
    path = Path(source)
    if not path.is_file():
        raise WordsError(f"--rows {source}: there is no such file")
    if path.suffix.lower() == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [{column: _value(text) for column, text in row.items()} for row in csv.DictReader(file)]
    if path.suffix.lower() == ".json":
        return _json(path.read_text(encoding="utf-8"), source)
    raise WordsError(f"--rows {source}: expected a .csv, a .json or - (JSON from standard input)")


def _json(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise WordsError(f"--rows: {place} is not JSON: {error}") from error


def _value(text: str | None) -> Any:
    """A cell: nothing for an empty one, a number where it reads as one, else text."""
    if not text:
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
