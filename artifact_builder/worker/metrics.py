"""How good the estimator is on its samples, by scikit-learn's scorers."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, get_scorer, get_scorer_names, mean_absolute_error, r2_score

from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.estimator import task_kind
from artifact_builder.worker.methods import PREDICT, answer
from artifact_builder.worker.subject import Subject


def metrics(subject: Subject, truths: pd.DataFrame | None, scorers: Sequence[str]) -> dict[str, float]:
    """Measures by name. ``scorers``: names that scikit-learn knows; empty: what is usual for the kind of estimator.

    Raises WorkerError where a measure cannot be had.
    """
    if truths is None:
        if scorers:
            raise WorkerError("metrics", "metrics need true values: name their file in model.yaml as samples.y")
        return {}
    estimator, given = subject.estimator, subject.given
    values: np.ndarray[Any, Any] = truths.to_numpy()
    if values.shape[1] == 1:
        values = values.ravel()
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # such as an undefined measure, which comes as nan and is left out
            found = (
                {name: float(_scorer(name)(estimator, given, values)) for name in scorers}
                if scorers
                else _usual(estimator, given, values)
            )
    except WorkerError:
        raise
    except Exception as error:  # a scorer runs the estimator's own code
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        message = f"the true values of the samples cannot be compared with the estimator's predictions: {words}"
        raise WorkerError("samples", message) from error
    return {name: value for name, value in found.items() if np.isfinite(value)}


def _usual(estimator: Any, given: Any, values: np.ndarray[Any, Any]) -> dict[str, float]:
    kind = task_kind(estimator)
    if kind == "classifier" and values.ndim == 1:
        return {"accuracy": float(accuracy_score(values, answer(estimator, given, PREDICT)))}
    if kind == "regressor":
        predictions = answer(estimator, given, PREDICT)
        return {
            "r2": float(r2_score(values, predictions)),
            "mean_absolute_error": float(mean_absolute_error(values, predictions)),
        }
    return {}


def _scorer(name: str) -> Any:
    known = get_scorer_names()
    if name in known:
        return get_scorer(name)
    near = difflib.get_close_matches(name, known, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
    raise WorkerError("metrics", f"metrics: scikit-learn has no scorer {name!r}, {hint}")
