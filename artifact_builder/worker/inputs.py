"""What an estimator takes: a frame, a bare array, texts or records; and samples in that form.

Estimators that were fitted on named columns know them (``feature_names_in_``), those fitted on an array know how many
there were (``n_features_in_``). Pipelines that begin with a vectorizer know neither: their first step tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.golden import json_rows

FRAME, ARRAY, TEXTS, RECORDS = "frame", "array", "texts", "records"

_TAKES_TEXTS = frozenset({"CountVectorizer", "TfidfVectorizer", "HashingVectorizer"})
_TAKES_RECORDS = frozenset({"DictVectorizer", "FeatureHasher"})


def input_kind(estimator: Any, features: pd.DataFrame, answer: Callable[[Any], object]) -> str:
    """``frame``, ``array``, ``texts`` or ``records``.

    ``answer``: the estimator's method. It is tried on ``features`` only where the estimator says nothing about itself.
    Raises WorkerError where it takes the samples in no form.
    """
    if getattr(estimator, "feature_names_in_", None) is not None:
        return FRAME
    first = {type(step).__name__ for step in _first_steps(estimator)}
    if first & _TAKES_TEXTS:
        return TEXTS
    if first & _TAKES_RECORDS:
        return RECORDS
    if getattr(estimator, "n_features_in_", None) is not None:
        return ARRAY
    return _tried(features, answer)


def as_fitted(features: pd.DataFrame, kind: str) -> Any:
    """The samples as the estimator takes them: frame, array [rows, columns], list of texts, list of records."""
    if kind == FRAME:
        return features
    if kind == ARRAY:
        return _array(features)
    if kind == TEXTS:
        return features.iloc[:, 0].astype(object).tolist()
    return [{name: value for name, value in row.items() if value is not None} for row in json_rows(features)]


def check_texts(features: pd.DataFrame, file_name: str) -> None:
    """Texts come in one column, every row of it filled. Raises WorkerError."""
    if features.shape[1] != 1:
        columns = ", ".join(map(repr, features.columns))
        message = f"{file_name} must have one column, the texts that the estimator's vectorizer takes, found {columns}"
        raise WorkerError("samples", message)
    rows = [number for number, text in enumerate(features.iloc[:, 0].tolist()) if not isinstance(text, str)]
    if rows:
        raise WorkerError("samples", f"{file_name} must have a text in every row, found none in row {rows[0]}")


def _array(features: pd.DataFrame) -> Any:
    array = features.to_numpy()
    if array.dtype == object:  # numbers with a gap in them, read as objects
        try:
            return array.astype(np.float64)
        except (TypeError, ValueError):
            return array
    return array


def _tried(features: pd.DataFrame, answer: Callable[[Any], object]) -> str:
    refusals = []
    for kind in (FRAME, ARRAY, TEXTS):
        try:
            answer(as_fitted(features, kind))
        except Exception as error:  # noqa: BLE001  # whatever user code raises means: not in this form
            refusals.append(f"as {kind}: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
        else:
            return kind
    raise WorkerError("predict", "the estimator takes its samples in no form:\n  " + "\n  ".join(refusals))


def _first_steps(estimator: Any) -> Iterator[Any]:
    """The estimator and what it hands its input to unchanged, such as a pipeline's first step."""
    yield estimator
    inner = getattr(estimator, "best_estimator_", None)
    if inner is None and getattr(estimator, "steps", None):
        inner = estimator.steps[0][1]
    for name in ("estimator_", "estimator", "regressor_"):
        inner = getattr(estimator, name, None) if inner is None else inner
    if inner is not None and not isinstance(inner, type) and inner is not estimator:
        yield from _first_steps(inner)
