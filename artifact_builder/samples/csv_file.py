"""Samples in CSV: a line of column names, then one line a row.

Not pandas' parser, neither here nor in the builder: its numbers may differ in the last bit from what a client's JSON
carries, and the command line need not wait for its import.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection
from pathlib import Path

from artifact_builder.errors import SamplesError
from artifact_builder.samples.text_file import read_text

# What pandas.read_csv takes for a missing value, so that a row sent is the row the estimator was built with.
_MISSING = frozenset(
    (
        "",
        "#N/A",
        "#N/A N/A",
        "#NA",
        "-1.#IND",
        "-1.#QNAN",
        "-NaN",
        "-nan",
        "1.#IND",
        "1.#QNAN",
        "<NA>",
        "N/A",
        "NA",
        "NULL",
        "NaN",
        "None",
        "n/a",
        "nan",
        "null",
    ),
)
_TRUTH = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}
_SHOWN_NAMES = 10


def read_csv(path: Path, *, texts: Collection[str] = ()) -> dict[str, list[object]]:
    """Columns by name, each of one type; those named in ``texts`` keep digits as texts.

    Raises SamplesError with the line, OSError.
    """
    lines = _lines(path)
    if not lines:
        raise SamplesError(f"{path.name}: expected a line of column names first, found an empty file")
    header = lines[0][1]
    _check_header(path, header)
    if len(lines) == 1:
        raise SamplesError(f"{path.name}: expected at least one row below the column names, found none")
    for number, line in lines[1:]:
        if len(line) != len(header):
            names = ", ".join(header[:_SHOWN_NAMES]) + (", …" if len(header) > _SHOWN_NAMES else "")
            raise SamplesError(
                f"{path.name}: line {number}: expected {len(header)} values ({names}), found {len(line)}"
            )
    return {
        name: _values([line[index] for _, line in lines[1:]], is_text=name in texts)
        for index, name in enumerate(header)
    }


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """(line number, values) of every line that is not blank; the number is the one a value's last line has."""
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        return [(reader.line_num, line) for line in reader if line]
    except csv.Error as error:
        raise SamplesError(f"{path.name}: line {max(reader.line_num, 1)}: is not valid CSV: {error}") from error


def _check_header(path: Path, header: list[str]) -> None:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise SamplesError(
            f"{path.name}: line 1: expected each column once, found twice: {', '.join(map(repr, twice))}"
        )
    if "" in header:
        raise SamplesError(
            f"{path.name}: line 1: column {header.index('') + 1} has no name; "
            "if it is a frame's index, write the file with to_csv(index=False)"
        )


def _values(texts: list[str], *, is_text: bool) -> list[object]:
    """A column's values: all whole numbers, else all numbers, else all true/false, else texts."""
    kinds: tuple[Callable[[str], object], ...] = () if is_text else (_TRUTH.__getitem__,)
    joined = "".join(texts)
    if not is_text and joined.isascii() and "_" not in joined:  # Python reads "1_000" and other scripts' digits
        kinds = (int, float, *kinds)
    for kind in kinds:
        try:
            return [None if text in _MISSING else kind(text) for text in texts]
        except (ValueError, KeyError):
            continue
    return [None if text in _MISSING else text for text in texts]
