"""Models to time score.py with: a linear one of an array, a forest of a frame, a pipeline of mixed columns."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

_ROWS = 10


@dataclass(frozen=True)
class ScoreModel:
    """`samples`: what the estimator was fitted on, as a frame; `given`: ten rows of it as the estimator takes them."""

    name: str
    estimator: Any
    samples: pd.DataFrame
    input_kind: str

    @property
    def given(self) -> Any:
        """A ready array or frame."""
        rows = self.samples.head(_ROWS)
        return rows if self.input_kind == "frame" else rows.to_numpy()

    def bodies(self) -> Iterator[tuple[str, str, bool]]:
        """(form, JSON text of ten rows, whether it is a body of lists: rows or objects)."""
        frame = json.loads(self.samples.head(_ROWS).to_json(date_format="iso", double_precision=15))
        columns = {name: list(values.values()) for name, values in frame.items()}
        rows = [list(row) for row in zip(*columns.values(), strict=True)]
        objects = [dict(zip(columns, row, strict=True)) for row in rows]
        as_frame = "<class 'pandas.core.frame.DataFrame'>"
        yield "list of lists", json.dumps(rows), True
        yield "list of objects", json.dumps(objects), True
        yield "list in data", json.dumps({"data": rows, "data_type": "<class 'list'>"}), True
        yield "columns", json.dumps(columns), False
        yield "columns of to_json()", json.dumps(frame), False
        yield "oracle-ads's frame", json.dumps({"data": json.dumps(frame), "data_type": as_frame}), False
        yield "JSON text in JSON", json.dumps(json.dumps(frame)), False
        if len(set(self.samples.dtypes)) == 1:
            buffer = io.BytesIO()
            np.save(buffer, self.samples.head(_ROWS).to_numpy())
            encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
            yield "oracle-ads's array", json.dumps({"data": encoded, "data_type": "<class 'numpy.ndarray'>"}), False


def score_models() -> list[ScoreModel]:
    """Fitted here, seeded."""
    random = np.random.default_rng(0)
    numbers = pd.DataFrame(random.normal(size=(200, 13)), columns=[f"number {index}" for index in range(13)])
    target = numbers.sum(axis=1)
    linear = LinearRegression().fit(numbers.to_numpy(), target)
    forest = RandomForestClassifier(n_estimators=20, random_state=0).fit(numbers, target > 0)
    mixed = _mixed(random)
    return [
        ScoreModel("linear, array", linear, numbers, "array"),
        ScoreModel("forest, frame", forest, numbers, "frame"),
        ScoreModel("pipeline, mixed frame", _pipeline().fit(mixed, target), mixed, "frame"),
    ]


def _mixed(random: np.random.Generator) -> pd.DataFrame:
    """16 columns: numbers with missing ones, whole numbers, texts, categories, true and false, dates."""
    frame = pd.DataFrame(random.normal(size=(200, 8)), columns=[f"number {index}" for index in range(8)])
    frame.loc[::3, "number 1"] = np.nan
    for name in ("rooms", "floors"):
        frame[name] = random.integers(0, 9, 200)
    for name in ("colour", "town"):
        frame[name] = pd.Series(random.choice(["red", "green", "blue"], 200), dtype=object)
    for name in ("grade", "class"):
        frame[name] = pd.Categorical(random.choice(["a", "b", "c"], 200))
    frame["is new"] = random.random(200) > 0.5  # noqa: PLR2004  # a coin
    frame["sold"] = np.datetime64("2020-01-01", "ns") + random.integers(0, 1000, 200) * np.timedelta64(1, "D")
    return frame


def _pipeline() -> Any:
    numbers = [f"number {index}" for index in range(8)]
    steps = make_column_transformer(
        (SimpleImputer(), numbers),
        (OneHotEncoder(handle_unknown="ignore"), ["colour", "town", "grade", "class"]),
        (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["sold"]),
        ("passthrough", ["rooms", "floors", "is new"]),
    )
    return make_pipeline(steps, LinearRegression())
