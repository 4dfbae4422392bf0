"""What a build is about: a fitted estimator, what it takes, how it answers, and its samples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.estimator import feature_names
from artifact_builder.worker.frames import read_features
from artifact_builder.worker.golden import GOLDEN_ROWS, json_answers, json_rows
from artifact_builder.worker.inputs import RECORDS, TEXTS, as_fitted, check_texts, input_kind
from artifact_builder.worker.methods import answer, method_of, raw_answer


@dataclass(frozen=True)
class Subject:
    """``features``: the samples, columns in the estimator's order; ``input_kind`` and ``method``: score.py's words."""

    estimator: Any
    features: pd.DataFrame
    input_kind: str
    method: str

    @cached_property
    def given(self) -> Any:
        """The samples as the estimator takes them."""
        return as_fitted(self.features, self.input_kind)

    @cached_property
    def answers(self) -> np.ndarray[Any, Any]:
        """What the bare estimator answers to all samples, one item a row. Raises WorkerError."""
        return self._answers(self.given)

    def golden(self) -> dict[str, object]:
        """``{"rows", "predictions", "dtype"}``: the first samples and the answer to a request with these only."""
        head = self.features.head(GOLDEN_ROWS)
        rows = as_fitted(head, RECORDS) if self.input_kind == RECORDS else json_rows(head)
        answers = self._answers(as_fitted(head, self.input_kind))
        return {"rows": rows, "predictions": json_answers(answers), "dtype": str(answers.dtype)}

    def _answers(self, given: Any) -> np.ndarray[Any, Any]:
        try:
            answers = answer(self.estimator, given, self.method)
        except Exception as error:
            lines = str(error).splitlines()
            reason = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
            message = f"the estimator's {self.method}() fails on its samples: {reason}{self._suspects()}"
            raise WorkerError("predict", message) from error
        if answers.ndim == 0 or len(answers) != len(given):
            found = "one value" if answers.ndim == 0 else f"{len(answers)} items"
            message = (
                f"the estimator's {self.method}() must answer {len(given)} samples with as many items, found {found}"
            )
            raise WorkerError("predict", message)
        return answers

    def _suspects(self) -> str:
        """What most often is the cause: columns with texts, or with nothing, in a row."""
        parts = []
        for name in self.features:
            column = self.features[name]
            if column.isna().any():
                parts.append(f"{name!r} has no value in row {int(column.isna().to_numpy().argmax())}")
            if pd.api.types.is_object_dtype(column.dtype) or pd.api.types.is_string_dtype(column.dtype):
                parts.append(f"{name!r} holds texts")
        return f" (of the samples' columns, {'; '.join(parts[:5])})" if parts else ""


def read_subject(estimator: Any, samples: Path, *, dtypes: dict[str, str], predict_proba: bool) -> Subject:
    """Put estimator and samples together. Raises WorkerError where they do not agree."""
    method = method_of(estimator, predict_proba=predict_proba)
    features = read_features(
        samples, feature_names(estimator), n_features=getattr(estimator, "n_features_in_", None), dtypes=dtypes
    )
    kind = input_kind(estimator, features, lambda given: raw_answer(estimator, given, method))
    if kind == TEXTS:
        check_texts(features, samples.name)
    return Subject(estimator, features, kind, method)
