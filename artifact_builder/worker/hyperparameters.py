"""The estimator's parameters as scikit-learn names them, for people who compare two models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

_LONGEST_TEXT = 200


def hyperparameters(estimator: Any) -> dict[str, Any]:
    """`get_params()` of the estimator and of what is in it, sorted by name, as JSON has values.

    Estimators and other objects stand with their class's name. Lists that hold such (a pipeline's ``steps``) are left
    out: what is in them stands under names of its own. Empty where the estimator does not tell.
    """
    if not isinstance(estimator, BaseEstimator):
        return {}
    try:
        params: Mapping[str, Any] = estimator.get_params(deep=True)
    except AttributeError:  # a class of one's own that did not keep what its constructor took; it predicts all the same
        return {}
    plain = {name: _plain(value) for name, value in sorted(params.items())}
    return {name: value for name, value in plain.items() if value is not ...}


def _plain(value: Any) -> Any:
    """The value in JSON's types; ``...`` for what is left out."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)  # JSON has no nan, which is SimpleImputer's missing_values
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_TEXT else f"{value[:_LONGEST_TEXT]}…"
    if isinstance(value, list | tuple):
        items = [_plain(item) for item in value]
        is_plain = all(isinstance(item, str | bool | int | float | type(None)) for item in value)
        return items if is_plain else ...
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items() if _plain(item) is not ...}
    return getattr(value, "__name__", None) or type(value).__name__
