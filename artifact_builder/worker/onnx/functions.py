"""numpy's elementary functions in a FunctionTransformer, and the way back in a TransformedTargetRegressor."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto
from skl2onnx import update_registered_converter, update_registered_parser
from skl2onnx._parse import _parse_sklearn
from skl2onnx.common._registration import get_converter, get_shape_calculator
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType
from skl2onnx.operator_converters.common import concatenate_variables
from sklearn.compose import TransformedTargetRegressor
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

# Function → ONNX operators, one after the other, with their second operand.
_STEPS: dict[Any, tuple[tuple[str, float | None], ...]] = {
    np.log: (("Log", None),),
    np.log1p: (("Add", 1.0), ("Log", None)),
    np.log2: (("Log", None), ("Mul", 1 / np.log(2))),
    np.log10: (("Log", None), ("Mul", 1 / np.log(10))),
    np.exp: (("Exp", None),),
    np.expm1: (("Exp", None), ("Add", -1.0)),
    np.exp2: (("Mul", np.log(2)), ("Exp", None)),
    np.sqrt: (("Sqrt", None),),
    np.square: (("Pow", 2.0),),
    np.abs: (("Abs", None),),
    np.negative: (("Neg", None),),
    np.reciprocal: (("Reciprocal", None),),
    np.sin: (("Sin", None),),
    np.cos: (("Cos", None),),
    np.tanh: (("Tanh", None),),
}
_INVERSE = "PaddockInverseTarget"


class _InverseTarget:
    """Stands in skl2onnx's tables for the inverse of a target's transformer."""


def register_functions() -> None:
    """Teach skl2onnx."""
    _register_function_transformer()
    update_registered_converter(_InverseTarget, _INVERSE, _same_shape, _inverse_target)
    update_registered_parser(TransformedTargetRegressor, _transformed_target)


def _register_function_transformer() -> None:
    alias = "SklearnFunctionTransformer"
    their_converter, their_shape = get_converter(alias), get_shape_calculator(alias)

    def shape(operator: Any) -> None:
        if operator.raw_operator.func is None:
            their_shape(operator)
        else:
            _same_shape(operator)

    def converter(scope: Any, operator: Any, container: Any) -> None:
        transformer = operator.raw_operator
        if transformer.func is None:
            their_converter(scope, operator, container)
            return
        if transformer.kw_args:
            raise NotImplementedError("FunctionTransformer with kw_args")
        _apply(scope, operator, container, _steps_of(transformer.func))

    update_registered_converter(FunctionTransformer, alias, shape, converter)


def _transformed_target(scope: Any, model: Any, inputs: Any, custom_parsers: Any = None) -> Any:
    predicted = _parse_sklearn(scope, model.regressor_, inputs, custom_parsers=custom_parsers)[0]
    operator = scope.declare_local_operator(_INVERSE, model.transformer_)
    operator.inputs = [predicted]
    output = scope.declare_local_variable("target", predicted.type.__class__())
    operator.outputs.append(output)
    return operator.outputs


def _inverse_target(scope: Any, operator: Any, container: Any) -> None:
    transformer = operator.raw_operator
    steps: tuple[tuple[str, Any], ...]
    if isinstance(transformer, FunctionTransformer) and transformer.inverse_func is not None:
        steps = _steps_of(transformer.inverse_func)
    elif isinstance(transformer, FunctionTransformer):
        steps = ()
    elif type(transformer) is StandardScaler:
        steps = tuple(step for step in (("Mul", transformer.scale_), ("Add", transformer.mean_)) if step[1] is not None)
    elif type(transformer) is MinMaxScaler:
        steps = (("Sub", transformer.min_), ("Div", transformer.scale_))
    else:
        raise NotImplementedError(f"TransformedTargetRegressor with the transformer {type(transformer).__name__}")
    _apply(scope, operator, container, steps)


def _steps_of(function: Any) -> tuple[tuple[str, float | None], ...]:
    try:
        return _STEPS[function]
    except (KeyError, TypeError):
        name = getattr(function, "__name__", repr(function))
        known = ", ".join(sorted(f"numpy.{one.__name__}" for one in _STEPS))
        raise NotImplementedError(f"the function {name} (there is ONNX for {known})") from None


def _apply(scope: Any, operator: Any, container: Any, steps: tuple[tuple[str, Any], ...]) -> None:
    """Nodes for ``steps``, from the operator's inputs to its output."""
    value = concatenate_variables(scope, operator.inputs, container)
    element_type = TensorProto.DOUBLE if isinstance(operator.outputs[0].type, DoubleTensorType) else TensorProto.FLOAT
    if isinstance(operator.inputs[0].type, Int64TensorType):
        value = _added(scope, container, "Cast", [value], to=element_type)
    for name, operand in steps:
        operands = [value]
        if operand is not None:
            numbers = np.atleast_1d(np.asarray(operand, dtype=np.float64))
            operands.append(scope.get_unique_variable_name("operand"))
            container.add_initializer(operands[1], element_type, list(numbers.shape), numbers.tolist())
        value = _added(scope, container, name, operands)
    container.add_node("Identity", [value], [operator.outputs[0].full_name])


def _added(scope: Any, container: Any, name: str, operands: list[str], **attributes: Any) -> str:
    output: str = scope.get_unique_variable_name("step")
    container.add_node(name, operands, [output], op_version=13, **attributes)
    return output


def _same_shape(operator: Any) -> None:
    given = [variable.type for variable in operator.inputs]
    kind = DoubleTensorType if any(isinstance(one, DoubleTensorType) for one in given) else FloatTensorType
    widths = [one.shape[1] for one in given if len(one.shape) > 1 and one.shape[1] is not None]
    operator.outputs[0].type = kind([None, sum(widths) if len(widths) == len(given) else None])
