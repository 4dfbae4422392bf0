"""The frame that output_schema.json describes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from artifact_builder.worker.golden import json_answers
from artifact_builder.worker.methods import PREDICT, PREDICT_PROBA
from artifact_builder.worker.subject import Subject


def output_frame(subject: Subject, truths: pd.DataFrame | None) -> pd.DataFrame:
    """One column for each output. The true values where they are of the answers' kind, as oracle-ads does.

    True values are read from a file, so that their statistics are the same on every machine; answers are computed.
    """
    answers = subject.answers
    columns = [answers] if answers.ndim == 1 else [answers[:, index] for index in range(answers.shape[1])]
    if truths is not None and subject.method == PREDICT:
        typed = _as_answered(truths, columns)
        if typed is not None:
            return typed
    names = output_names(subject, len(columns)) if truths is None or subject.method != PREDICT else list(truths.columns)
    if len(names) != len(columns):
        names = _numbered(len(columns))
    return pd.DataFrame({name: column.tolist() for name, column in zip(names, columns, strict=True)})


def output_classes(subject: Subject) -> list[list[Any] | None] | None:
    """For each output of a classifier's ``predict``, the labels it can be, in the estimator's order; else None."""
    classes = getattr(subject.estimator, "classes_", None)
    if subject.method != PREDICT or classes is None:
        return None
    outputs = classes if isinstance(classes, list) else [classes]
    return [json_answers(np.asarray(labels)) for labels in outputs]


def output_names(subject: Subject, count: int) -> list[str]:
    """``prediction`` for a single output; class labels for probabilities; a transformer's own names; else numbered."""
    if subject.method == PREDICT_PROBA:
        classes = getattr(subject.estimator, "classes_", None)
        if isinstance(classes, np.ndarray) and len(classes) == count:
            return [str(label) for label in classes.tolist()]
    elif subject.method != PREDICT:
        return _transformed_names(subject.estimator) or _numbered(count)
    return ["prediction"] if count == 1 else _numbered(count)


def _transformed_names(estimator: BaseEstimator) -> list[str]:
    try:
        return [str(name) for name in estimator.get_feature_names_out()]
    except Exception:  # noqa: BLE001  # steps without names, or that want them given: numbers do as well
        return []


def _numbered(count: int) -> list[str]:
    return [f"prediction_{index}" for index in range(count)]


def _as_answered(truths: pd.DataFrame, columns: list[np.ndarray[Any, Any]]) -> pd.DataFrame | None:
    """The true values with the answers' types; None where they are not of one kind (such as texts against numbers)."""
    if truths.shape[1] != len(columns):
        return None
    typed = truths.copy()
    for name, column in zip(truths.columns, columns, strict=True):
        theirs, ours = _kind(truths[name].to_numpy()), _kind(column)
        if (theirs, ours) == ("integer", "float"):  # a regressor's targets may be whole numbers
            typed[name] = truths[name].astype(float)
        elif theirs != ours:
            return None
    return typed


def _kind(values: np.ndarray[Any, Any]) -> str:
    return {"i": "integer", "u": "integer", "f": "float", "b": "bool"}.get(values.dtype.kind, "other")
