"""Converters of ours, in the form that skl2onnx calls: they add nodes to ``container`` for ``operator``."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto
from skl2onnx.common._registration import get_converter, register_converter
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType
from skl2onnx.operator_converters.common import concatenate_variables

_IMPUTER = "SklearnSimpleImputer"
_their_imputer = get_converter(_IMPUTER)


def register_converters() -> None:
    """Put ours in the place of skl2onnx's."""
    register_converter(_IMPUTER, _simple_imputer, overwrite=True)


def _simple_imputer(scope: Any, operator: Any, container: Any) -> None:
    """skl2onnx's rounds the values that it fills in to floats, takes no doubles, and no texts where none is missing."""
    imputer, kind = operator.raw_operator, type(operator.inputs[0].type)
    output = operator.outputs[0].full_name
    if imputer.indicator_ is not None:
        raise NotImplementedError("SimpleImputer(add_indicator=True)")
    is_nan = isinstance(imputer.missing_values, float) and np.isnan(imputer.missing_values)
    if kind is StringTensorType and (is_nan or imputer.missing_values is None):
        # A text in a tensor is never missing: score.py refuses such rows.
        container.add_node("Identity", [concatenate_variables(scope, operator.inputs, container)], [output])
        return
    if kind not in {DoubleTensorType, FloatTensorType} or not is_nan:
        _their_imputer(scope, operator, container)
        return
    statistics = np.asarray(imputer.statistics_, dtype=np.float64)
    if np.isnan(statistics).any():
        raise NotImplementedError("SimpleImputer of a column in which all values were missing")
    element_type = TensorProto.DOUBLE if kind is DoubleTensorType else TensorProto.FLOAT
    given = concatenate_variables(scope, operator.inputs, container)
    filling, missing = scope.get_unique_variable_name("filling"), scope.get_unique_variable_name("missing")
    container.add_initializer(filling, element_type, [1, len(statistics)], statistics.tolist())
    container.add_node("IsNaN", [given], [missing], op_version=13)
    container.add_node("Where", [missing, filling, given], [output], op_version=16)
