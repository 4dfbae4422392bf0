"""A model's sample rows as a client sends them, with their true values."""

from __future__ import annotations

from dataclasses import dataclass

from artifact_builder.errors import SamplesError
from artifact_builder.model_yaml import ModelYaml
from artifact_builder.samples.columns import Columns, read_columns


@dataclass(frozen=True)
class Samples:
    """``rows``: JSON-ready, column → value, missing values None; ``truths``: one true value a row, where known."""

    rows: list[dict[str, object]]
    truths: list[object] | None


def read_samples(model: ModelYaml, limit: int | None = None) -> Samples:
    """The first ``limit`` sample rows of a model. Raises SamplesError."""
    if model.samples is None or model.samples_path is None:
        raise SamplesError(f"{model.name}: has no sample files; name them in its model.yaml under samples")
    rows = _rows(read_columns(model.samples_path, model.samples.dtypes))
    if model.truths_path is None:
        return Samples(rows[:limit], None)
    truths = _rows(read_columns(model.truths_path, model.samples.dtypes))
    if len(truths) != len(rows):
        raise SamplesError(
            f"{model.truths_path.name}: expected {len(rows)} rows as {model.samples_path.name} has, found {len(truths)}"
        )
    values: list[object] = [next(iter(row.values())) if len(row) == 1 else list(row.values()) for row in truths[:limit]]
    return Samples(rows[:limit], values)


def _rows(columns: Columns) -> list[dict[str, object]]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
