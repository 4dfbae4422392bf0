"""input_schema.json and output_schema.json as oracle-ads writes them, version 1.1 (OCI.md 1.3)."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

_VERSION = "1.1"
_DIGITS = 3  # oracle-ads's own rounding; it also keeps the digest free of the last bits of a processor's arithmetic
_QUANTITIES = {
    "count": "count",
    "mean": "mean",
    "std": "standard deviation",
    "min": "sample minimum",
    "25%": "lower quartile",
    "50%": "median",
    "75%": "upper quartile",
    "max": "sample maximum",
}


def schema_json(frame: pd.DataFrame) -> str:
    """The schema of a frame's columns, in their order."""
    columns = [_column(frame[name], str(name), order) for order, name in enumerate(frame.columns)]
    return json.dumps({"schema": columns, "version": _VERSION}, ensure_ascii=False, allow_nan=False) + "\n"


def _column(series: pd.Series, name: str, order: int) -> dict[str, Any]:
    feature_type, dtype = _types(series)
    return {
        "dtype": dtype,
        "feature_type": feature_type,
        "name": name,
        "domain": {
            "values": feature_type,
            "stats": _stats(series, feature_type),
            "constraints": _constraints(series, feature_type),
        },
        "required": not bool(series.isna().any()),
        "description": name,
        "order": order,
    }


def _types(series: pd.Series) -> tuple[str, str]:  # noqa: PLR0911  # one line for each line of OCI.md's table
    """(oracle-ads's feature type, dtype's name). Texts are ``object``, whichever name this pandas has for them."""
    dtype = series.dtype
    if types.is_bool_dtype(dtype):
        return "Boolean", str(dtype)
    if types.is_datetime64_any_dtype(dtype):
        return "DateTime", str(dtype)
    if isinstance(dtype, pd.CategoricalDtype):
        return "Category", "category"
    if types.is_float_dtype(dtype):
        return "Continuous", str(dtype)
    if types.is_integer_dtype(dtype):
        return "Integer", str(dtype)
    if not _holds_lists(series) and (types.is_string_dtype(dtype) or types.is_object_dtype(dtype)):
        return "String", "object"
    return "Object", str(dtype)


def _holds_lists(series: pd.Series) -> bool:
    """Such as the probabilities of each class, for one output of several."""
    return len(series) > 0 and isinstance(series.iloc[0], list)


def _stats(series: pd.Series, feature_type: str) -> dict[str, Any]:
    stats: dict[str, Any] = {}
    if feature_type in {"Continuous", "Integer"}:
        numbers = series.astype(float)
        with np.errstate(all="ignore"):  # infinite values have no mean and no skew: left out below
            described, skew = numbers.describe(), numbers.skew()
        stats = {name: float(described[key]) for key, name in _QUANTITIES.items()}
        if feature_type == "Continuous":
            stats["skew"] = float(skew)
        stats = {name: round(value, _DIGITS) for name, value in stats.items() if math.isfinite(value)}
    elif feature_type == "DateTime":
        stats = {
            "count": int(series.count()),
            "sample maximum": str(series.max()),
            "sample minimum": str(series.min()),
        }
    elif feature_type != "Object":
        stats = {"count": int(series.count()), "unique": int(series.nunique())}
    missing = int(series.isna().sum())
    return {**stats, "missing": missing} if missing else stats


def _constraints(series: pd.Series, feature_type: str) -> list[dict[str, str]]:
    if feature_type == "Boolean":
        return [{"expression": "$x in [True, False]", "language": "python"}]
    if feature_type == "Category":
        return [{"expression": f"$x in {series.cat.categories.tolist()!r}", "language": "python"}]
    return []
