"""Loading a fitted estimator, and words for every way in which that fails."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import Any

import joblib
from sklearn.base import is_classifier, is_clusterer, is_regressor
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.utils.validation import check_is_fitted

from artifact_builder.worker.errors import WorkerError


def load_estimator(path: Path) -> Any:
    """Unpickle ``path`` and make sure that it holds a fitted estimator with ``predict``, of this scikit-learn."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            estimator = joblib.load(path)
        except Exception as error:
            _check_versions(path, caught)
            raise WorkerError("estimator", _why_not_loaded(path, error)) from error
    _check_versions(path, caught)
    _check_fitted(path, estimator)
    return estimator


def task_kind(estimator: Any) -> str:
    """``classifier``, ``regressor``, ``clusterer`` or ``other``."""
    for kind, is_kind in (("classifier", is_classifier), ("regressor", is_regressor), ("clusterer", is_clusterer)):
        if is_kind(estimator):
            return kind
    return "other"


def algorithm(estimator: Any) -> str:
    """The class's name; of a pipeline's last step, which is what makes the predictions."""
    steps = getattr(estimator, "steps", None)
    return type(steps[-1][1] if steps else estimator).__name__


def feature_names(estimator: Any) -> list[str] | None:
    """Columns that the estimator was fitted on, in their order; None where it was fitted on a bare array."""
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None else [str(name) for name in names]


def _why_not_loaded(path: Path, error: Exception) -> str:
    name = path.name
    if isinstance(error, ModuleNotFoundError):
        return (
            f"{name} needs the module {error.name}, which is not there where the model is loaded: "
            "install it, or use installed classes only (an artifact holds no code but score.py and hooks.py)"
        )
    if isinstance(error, AttributeError) and "__main__" in str(error):
        return f"{name} was pickled by a script with a class of its own ({error}): move it into an installed module"
    if isinstance(error, EOFError | pickle.UnpicklingError) or not path.stat().st_size:
        return (
            f"{name} is no whole pickle ({path.stat().st_size} bytes; {type(error).__name__}: {error}): write it again"
        )
    return f"{name} cannot be loaded: {type(error).__name__}: {error}"


def _check_versions(path: Path, caught: list[warnings.WarningMessage]) -> None:
    for warning in caught:
        if isinstance(warning.message, InconsistentVersionWarning):
            theirs, ours = warning.message.original_sklearn_version, warning.message.current_sklearn_version
            message = (
                f"{path.name} was pickled by scikit-learn {theirs}, and {ours} is installed: a pickle is only promised "
                f"to load in the version that wrote it; install scikit-learn=={theirs}, or fit the model again"
            )
            raise WorkerError("scikit_learn_version", message)


def _check_fitted(path: Path, estimator: Any) -> None:
    if isinstance(estimator, type) or not callable(getattr(estimator, "predict", None)):
        found = f"the class {estimator.__name__}" if isinstance(estimator, type) else f"a {type(estimator).__name__}"
        raise WorkerError("estimator", f"{path.name} must hold a fitted estimator with predict(), found {found}")
    try:
        check_is_fitted(estimator)
    except NotFittedError as error:
        message = f"the {type(estimator).__name__} in {path.name} is not fitted: call fit() before it is saved"
        raise WorkerError("not_fitted", message) from error
    except TypeError:
        return  # other libraries' estimators need not follow the protocol that check_is_fitted asks for
