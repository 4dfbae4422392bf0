"""Which of an estimator's methods answers requests, and its answer as a list with one item a row."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from artifact_builder.worker.errors import WorkerError

PREDICT, PREDICT_PROBA, TRANSFORM = "predict", "predict_proba", "transform"


def method_of(estimator: Any, *, predict_proba: bool) -> str:
    """``predict`` or, of a pipeline that ends in a transformer, ``transform``; ``predict_proba`` where asked for."""
    if predict_proba:
        if callable(getattr(estimator, PREDICT_PROBA, None)):
            return PREDICT_PROBA
        message = (
            f"predict_proba: the {type(estimator).__name__} has no predict_proba(): leave the key out of model.yaml, "
            "or fit a classifier that gives probabilities (an SVC needs probability=True)"
        )
        raise WorkerError("predict_proba", message)
    return PREDICT if callable(getattr(estimator, PREDICT, None)) else TRANSFORM


def raw_answer(estimator: Any, given: Any, method: str) -> Any:
    """What the bare method returns, its warnings left out: a remark of scikit-learn's on the samples is no error."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return getattr(estimator, method)(given)


def answer(estimator: Any, given: Any, method: str) -> np.ndarray[Any, Any]:
    """An array with one item a row: [n], [n, outputs], or [n, outputs, classes] for several outputs' probabilities.

    Where several outputs have different numbers of classes the array is [n, outputs] of lists.
    """
    return rows_of(raw_answer(estimator, given, method))


def rows_of(raw: Any) -> np.ndarray[Any, Any]:
    """Whatever a method returned, with rows first: sparse made dense, a list of outputs' arrays turned round."""
    if hasattr(raw, "toarray"):
        return np.asarray(raw.toarray())
    if isinstance(raw, list) and raw and all(isinstance(output, np.ndarray) and output.ndim > 1 for output in raw):
        if len({output.shape for output in raw}) == 1:
            return np.stack(raw, axis=1)
        ragged = np.empty((len(raw[0]), len(raw)), dtype=object)
        for index, output in enumerate(raw):
            ragged[:, index] = [row.tolist() for row in output]
        return ragged
    return np.asarray(raw)
