"""Whether a loaded object can answer requests: an instance, fitted, with predict or transform for new rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import LocalOutlierFactor
from sklearn.utils.validation import check_is_fitted

from artifact_builder.worker.errors import WorkerError

_METHODS = ("predict", "transform")


def check_servable(file_name: str, estimator: Any) -> None:
    """Raise WorkerError with what was found instead, and what to save."""
    is_rows = hasattr(type(estimator), "iloc")  # pandas' own transform() is none of an estimator
    if isinstance(estimator, type) or is_rows or not any(_has(estimator, method) for method in _METHODS):
        raise _unservable(file_name, estimator)
    try:
        check_is_fitted(estimator)
    except NotFittedError as error:
        message = f"the {type(estimator).__name__} in {file_name} is not fitted: call fit() before it is saved"
        raise WorkerError("not_fitted", message) from error
    except TypeError:
        return  # other libraries' estimators need not follow the protocol that check_is_fitted asks for
    except Exception as error:  # a damaged estimator can raise anything
        message = f"the {type(estimator).__name__} in {file_name} is damaged: {type(error).__name__}: {error}"
        raise WorkerError("estimator", message) from error


def _has(estimator: Any, method: str) -> bool:
    try:
        return callable(getattr(estimator, method, None))
    except Exception:  # noqa: BLE001  # methods of scikit-learn's are looked up by code that a damaged object breaks
        return False


def _unservable(file_name: str, estimator: Any) -> WorkerError:
    last = _last_step(estimator)
    name = type(last).__name__
    if isinstance(last, LocalOutlierFactor):
        message = f"the {name} in {file_name} judges only the rows it was fitted on: fit it with novelty=True"
    elif _has(last, "fit_predict"):
        message = (
            f"the {name} in {file_name} has only fit_predict(): it labels the rows it was fitted on and cannot answer "
            "new ones; use a clusterer with predict(), such as KMeans, or fit a classifier on its labels_"
        )
    elif _has(last, "fit_transform"):
        message = (
            f"the {name} in {file_name} has only fit_transform(): it places the rows it was fitted on and cannot "
            "answer new ones; use one with transform(), such as PCA"
        )
    else:
        return WorkerError("estimator", f"{file_name} must hold a fitted estimator with predict(), {_found(estimator)}")
    return WorkerError("estimator", message)


def _last_step(estimator: Any) -> Any:
    steps = getattr(estimator, "steps", None)
    if isinstance(steps, list) and steps and isinstance(steps[-1], tuple):
        return steps[-1][-1]
    return estimator


def _found(value: Any) -> str:
    """What was saved instead, and what to do about it."""
    if isinstance(value, type):
        return f"found the class {value.__name__}: save an object of it, fitted"
    if isinstance(value, np.ndarray) or hasattr(value, "iloc"):
        return f"found a {type(value).__name__} of shape {value.shape}: rows belong under samples"
    if type(value) in (tuple, list, dict):
        items = [*value.values()] if isinstance(value, dict) else value
        kinds = ", ".join(type(item).__name__ for item in items[:5]) + (", …" if len(items) > 5 else "")  # noqa: PLR2004
        joined = f"found a {type(value).__name__} of {len(items)} ({kinds})"
        if any(_has(item, method) for item in items for method in _METHODS):
            return f"{joined}: join the steps in one sklearn.pipeline.Pipeline and save that, or save the model alone"
        return joined
    has_neither = ", which has neither predict() nor transform()" if _has(value, "fit") else ""
    return f"found a {type(value).__name__}{has_neither}"
