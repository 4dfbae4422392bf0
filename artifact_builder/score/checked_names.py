"""Whether an estimator that was fitted on a frame would answer the same to the bare array.

scikit-learn's numeric estimators compare the names with those of fit() and go on with the array. Checking them takes a
third of a millisecond a call; score.py has put the columns in order by then.
"""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline

# Of these modules each class turns its input into one array first. Not of them: what handles a frame column by column
# (encoders, imputers, boosting by histograms), and what calls a function of the user's.
_MODULES = tuple(
    f"sklearn.{name}"
    for name in (
        "cluster._birch",
        "cluster._kmeans",
        "decomposition._pca",
        "discriminant_analysis",
        "dummy",
        "ensemble._bagging",
        "ensemble._forest",
        "ensemble._gb",
        "ensemble._iforest",
        "ensemble._weight_boosting",
        "linear_model.",
        "naive_bayes",
        "neural_network.",
        "svm.",
        "tree.",
    )
)
_SCALERS = ("StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler", "Normalizer", "PowerTransformer")
_PASSES_ON = (Pipeline, GridSearchCV, RandomizedSearchCV)


def names_are_checked_only(estimator: Any) -> bool:
    """True only where every part of it is known for that."""
    if hasattr(estimator, "_sklearn_output_config"):  # set_output(): the answer is a frame with the input's index
        return False
    if type(estimator) in _PASSES_ON:
        is_pipeline = isinstance(estimator, Pipeline)
        inner = [step for _, step in estimator.steps] if is_pipeline else [estimator.best_estimator_]
        return all(names_are_checked_only(step) for step in inner)
    module, name = type(estimator).__module__, type(estimator).__name__
    is_known = module.startswith(_MODULES) or (module == "sklearn.preprocessing._data" and name in _SCALERS)
    return is_known and all(_is_known_inside(part) for part in vars(estimator).values())


def _is_known_inside(part: Any) -> bool:
    if isinstance(part, list | tuple):
        return all(_is_known_inside(one) for one in part)
    if isinstance(part, BaseEstimator):
        return not hasattr(part, "feature_names_in_") and names_are_checked_only(part)
    return not callable(part) or isinstance(part, type) or type(part).__module__.startswith("sklearn._loss.")
