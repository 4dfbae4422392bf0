"""What skl2onnx is told besides: kinds that it does not know, or takes wrongly.

skl2onnx keeps its parsers and converters in tables of its module; ours are put there once a process.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from skl2onnx import update_registered_parser
from skl2onnx._parse import _parse_sklearn, do_not_merge_columns
from skl2onnx.common._registration import get_converter, register_converter
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline

from artifact_builder.worker.onnx.converters import register_converters
from artifact_builder.worker.onnx.functions import register_functions
from artifact_builder.worker.onnx.trees import correct_trees

# What scikit-learn's vectorizers take as words unless told otherwise.
_WORDS = r"(?u)\b\w\w+\b"
# From the most general: the type of columns that are put together.
_TYPES = (StringTensorType, DoubleTensorType, FloatTensorType, Int64TensorType)


@cache
def register() -> None:
    """Teach skl2onnx."""
    update_registered_parser(ColumnTransformer, _column_transformer)
    update_registered_parser(GridSearchCV, _inner("best_estimator_"))
    update_registered_parser(RandomizedSearchCV, _inner("best_estimator_"))
    update_registered_parser(FrozenEstimator, _inner("estimator"))
    correct_trees()
    register_converters()
    register_functions()
    # Sparse and flattened answers differ from the others in form only.
    _convert_as("SklearnVotingClassifier", flatten_transform=False)
    _convert_as("SklearnKBinsDiscretizer", lambda op: op.encode == "onehot", encode="onehot-dense")
    _convert_as("SklearnRandomTreesEmbedding", sparse_output=False)
    # skl2onnx would write ASCII words of one letter and more for it. TfidfVectorizer goes the same way.
    _convert_as("SklearnCountVectorizer", lambda op: op.token_pattern == _WORDS, token_pattern=r"\w\w+")  # noqa: S106  # no password


def _inner(attribute: str) -> Callable[..., Any]:
    """The parser of an estimator that hands everything on to the one in ``attribute``."""

    def parser(scope: Any, model: Any, inputs: Any, custom_parsers: Any = None) -> Any:
        return _parse_sklearn(scope, getattr(model, attribute), inputs, custom_parsers=custom_parsers)

    return parser


def _column_transformer(scope: Any, model: Any, inputs: Any, custom_parsers: Any = None) -> Any:
    """skl2onnx's own wants columns by number, and leaves them in the input's order where all are taken."""
    outputs = []
    for name, step, _ in model.transformers_:
        positions = [int(position) for position in model._transformer_to_input_indices[name]]  # noqa: SLF001  # the only place that has numbers for names, masks and selectors
        if (isinstance(step, str) and step == "drop") or not positions:
            continue
        columns = list(_columns(scope, inputs, positions))
        if len(columns) > 1 and not isinstance(_first_step(step), do_not_merge_columns):
            columns = [_joined(scope, columns, "merged_columns")]
        if isinstance(step, str):  # passthrough
            outputs += columns
            continue
        output = _parse_sklearn(scope, step, columns, custom_parsers=custom_parsers)[0]
        outputs.append(_weighted(scope, output, (model.transformer_weights or {}).get(name)))
    return outputs if len(outputs) == 1 else [_joined(scope, outputs, "transformed_column")]


def _columns(scope: Any, inputs: Any, positions: list[int]) -> Iterator[Any]:
    """Variables that hold the columns at ``positions`` of all inputs side by side, in this order."""
    places = [(variable, column) for variable in inputs for column in range(_width(variable, inputs))]
    start = 0
    while start < len(positions):
        variable = places[positions[start]][0]
        end = start + 1
        while end < len(positions) and places[positions[end]][0] is variable:
            end += 1
        wanted = [places[position][1] for position in positions[start:end]]
        yield variable if wanted == list(range(_width(variable, inputs))) else _extracted(scope, variable, wanted)
        start = end


def _width(variable: Any, inputs: Any) -> int:
    width = variable.type.shape[1] if len(variable.type.shape) > 1 else None
    if width is not None:
        return int(width)
    if len(inputs) == 1:
        return np.iinfo(np.int16).max  # unknown until the shapes are worked out; the positions are right all the same
    raise NotImplementedError("a ColumnTransformer after steps whose number of columns is not known")


def _extracted(scope: Any, variable: Any, columns: list[int]) -> Any:
    operator = scope.declare_local_operator("SklearnArrayFeatureExtractor")
    operator.inputs = [variable]
    operator.column_indices = columns
    output = scope.declare_local_variable("extracted_columns", variable.type.__class__([None, len(columns)]))
    operator.outputs.append(output)
    return output


def _joined(scope: Any, variables: list[Any], name: str) -> Any:
    kinds = [next(kind for kind in _TYPES if isinstance(variable.type, kind)) for variable in variables]
    operator = scope.declare_local_operator("SklearnConcat")
    operator.inputs = variables
    output = scope.declare_local_variable(name, min(kinds, key=_TYPES.index)([None, None]))
    operator.outputs.append(output)
    return output


def _weighted(scope: Any, variable: Any, weight: float | None) -> Any:
    if weight is None:
        return variable
    operator = scope.declare_local_operator("SklearnMultiply")
    operator.inputs = [variable]
    operator.operand = weight
    output = scope.declare_local_variable("weighted", variable.type.__class__([None, None]))
    operator.outputs.append(output)
    return output


def _first_step(step: Any) -> Any:
    return _first_step(step.steps[0][1]) if isinstance(step, Pipeline) else step


def _convert_as(alias: str, condition: Callable[[Any], bool] = lambda _: True, **attributes: Any) -> None:
    """Let the converter see a copy of the estimator with other ``attributes`` where ``condition`` holds."""
    theirs = get_converter(alias)

    def converter(scope: Any, operator: Any, container: Any) -> None:
        ours = operator.raw_operator
        if condition(ours):
            operator.raw_operator = copy.copy(ours)
            vars(operator.raw_operator).update(attributes)
        try:
            theirs(scope, operator, container)
        finally:
            operator.raw_operator = ours

    register_converter(alias, converter, overwrite=True, options=theirs.get_allowed_options() or None)
