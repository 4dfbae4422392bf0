"""Sample rows for requests, without pandas: the command line shows predictions in a blink."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from artifact_builder.errors import SamplesError
from artifact_builder.model_yaml import ModelYaml

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


@dataclass(frozen=True)
class Samples:
    """``rows``: JSON-ready, column → value, missing values None; ``truths``: one true value a row, where known."""

    rows: list[dict[str, object]]
    truths: list[object] | None


def read_samples(model: ModelYaml, limit: int | None = None) -> Samples:
    """The first ``limit`` sample rows of a model. Raises SamplesError."""
    if model.samples_path is None:
        raise SamplesError(f"{model.name}: has no sample files; name them in its model.yaml under samples")
    rows = _rows(model.samples_path)[:limit]
    if model.truths_path is None:
        return Samples(rows, None)
    truths = _rows(model.truths_path)[:limit]
    if len(truths) != len(rows):
        raise SamplesError(
            f"{model.truths_path.name}: expected {len(rows)} rows as the features have, found {len(truths)}"
        )
    values: list[object] = [next(iter(row.values())) if len(row) == 1 else list(row.values()) for row in truths]
    return Samples(rows, values)


def read_csv(path: Path) -> dict[str, list[object]]:
    """Columns by name, each of one type. The builder reads its samples here too: one parser, equal numbers."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [line for line in csv.reader(file) if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SamplesError(f"{path.name} cannot be read: {error}") from error
    if not lines:
        raise SamplesError(f"{path.name} must begin with a line of column names, found an empty file")
    header, body = lines[0], lines[1:]
    for number, line in enumerate(body, start=1):
        if len(line) != len(header):
            raise SamplesError(f"{path.name}: row {number} must have {len(header)} values, found {len(line)}")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise SamplesError(f"{path.name} must name each column once, found twice: {', '.join(twice)}")
    return {name: _typed([line[index] for line in body]) for index, name in enumerate(header)}


def _rows(path: Path) -> list[dict[str, object]]:
    if path.suffix == ".parquet":
        return _parquet_rows(path)
    columns = read_csv(path)
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _typed(texts: list[str]) -> list[object]:
    """A column's values: all whole numbers, else all numbers, else all true/false, else texts."""
    kinds: tuple[Callable[[str], object], ...] = (int, float, _TRUTH.__getitem__)
    for kind in kinds:
        try:
            return [None if text in _MISSING else kind(text) for text in texts]
        except (ValueError, KeyError):
            continue
    return [None if text in _MISSING else text for text in texts]


def _parquet_rows(path: Path) -> list[dict[str, object]]:
    import pandas as pd

    from artifact_builder.worker.golden import json_rows

    try:
        return json_rows(pd.read_parquet(path))
    except (ImportError, OSError, ValueError) as error:
        raise SamplesError(f"{path.name} cannot be read: {error}") from error
