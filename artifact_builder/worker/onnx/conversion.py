"""A fitted estimator as an ONNX graph that gives the same answers, through skl2onnx."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from onnx import ModelProto

from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.methods import PREDICT_PROBA
from artifact_builder.worker.onnx.comparison import compare
from artifact_builder.worker.onnx.deadline import deadline
from artifact_builder.worker.onnx.graph import OUTPUT, finish, widen_trees
from artifact_builder.worker.onnx.inputs import DOUBLE, GraphInputs, graph_inputs
from artifact_builder.worker.onnx.session import open_session
from artifact_builder.worker.subject import Subject

# What onnxruntime 1.14 (2023) loads already: service packs lag behind.
_OPSETS = {"": 18, "ai.onnx.ml": 3}
_NO_CONVERTER = re.compile(r"Unable to find a (?:shape calculator|converter) for type '<class '([\w.]+)'>'")
_REASON_LENGTH = 200
_CONVERSION_TIMEOUT_S = 120.0  # a forest of 100 deep trees takes some ten seconds


@dataclass(frozen=True)
class OnnxModel:
    """What was written: ``output`` is the tensor that holds the answer, ``facts`` (JSON-ready) are for the manifest."""

    output: str
    opset: int
    element_type: str
    facts: dict[str, object]


def convert(subject: Subject, path: Path) -> OnnxModel:
    """Write the graph to ``path``: the first of several ways that answers as the estimator does on all samples.

    Raises WorkerError: ``onnx_unsupported`` where skl2onnx or onnxruntime has no way, ``onnx_differs`` where the graphs
    answer otherwise. Nothing is written then.
    """
    _check_answers(subject)
    refusals: list[WorkerError] = []
    for inputs in graph_inputs(subject.features, subject.input_kind):
        try:
            for content in _graphs(subject, inputs):
                try:
                    facts = _compared(subject, content, inputs)
                except WorkerError as error:
                    refusals.append(error)
                    continue
                path.write_bytes(content)
                opset = _OPSETS[""]
                return OnnxModel(
                    OUTPUT, opset, inputs.element_type, {**facts, "element_type": inputs.element_type, "opset": opset}
                )
        except WorkerError as error:
            refusals.append(error)
    raise next((error for error in refusals if error.kind == "onnx_differs"), refusals[-1])


def _graphs(subject: Subject, inputs: GraphInputs) -> Iterator[bytes]:
    """Serialised graphs, the more exact first. Raises WorkerError ``onnx_unsupported``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with deadline(_CONVERSION_TIMEOUT_S):
                model = _converted(subject, inputs)
            source = _source(model, subject.method)
        except Exception as error:
            raise WorkerError("onnx_unsupported", _why_not_converted(error)) from error
    trees = any(node.op_type.startswith("TreeEnsemble") for node in model.graph.node)
    for widened in (True, False) if trees and inputs.element_type == DOUBLE else (False,):
        graph = ModelProto()
        graph.CopyFrom(model)
        if widened:
            widen_trees(graph)
        finish(graph, source=source, answers=subject.answers)
        yield graph.SerializeToString(deterministic=True)


def _converted(subject: Subject, inputs: GraphInputs) -> ModelProto:
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
    from sklearn.svm import LinearSVC

    from artifact_builder.worker.onnx.parsers import register

    register()
    types = {"double": DoubleTensorType, "float": FloatTensorType, "int64": Int64TensorType, "string": StringTensorType}
    initial_types = [(one.name, types[one.element_type]([None, len(one.columns)])) for one in inputs.inputs]
    model: ModelProto = convert_sklearn(
        subject.estimator,
        name="model",
        initial_types=initial_types,
        target_opset=dict(_OPSETS),
        options={LinearSVC: {}},  # without it, one at a pipeline's end is asked for an option that it does not have
    )
    return model


def _check_answers(subject: Subject) -> None:
    answers = subject.answers
    if answers.dtype.kind in "biufU" or (
        answers.dtype.kind == "O" and all(isinstance(one, str) for one in answers.flat)
    ):
        return
    found = ", ".join(sorted({type(one).__name__ for one in answers.ravel().tolist()}))
    message = f"an ONNX tensor cannot hold the answers of {subject.method}(), which are of type {found}"
    raise WorkerError("onnx_unsupported", message)


def _source(model: ModelProto, method: str) -> str:
    """The value that answers: skl2onnx's graphs give labels or numbers first, then probabilities."""
    outputs = [output.name for output in model.graph.output]
    if method != PREDICT_PROBA:
        return _without_zipmap(model, outputs[0])
    if len(outputs) == 1:
        raise NotImplementedError("its graph gives no probabilities")
    return _without_zipmap(model, outputs[1])


def _without_zipmap(model: ModelProto, source: str) -> str:
    """The tensor from which a ZipMap would make a list of dictionaries."""
    for node in model.graph.node:
        if node.op_type == "ZipMap" and source in node.output:
            output = model.graph.output.add()
            output.name = node.input[0]
            output.type.tensor_type.elem_type = 0
            return str(node.input[0])
    return source


def _compared(subject: Subject, content: bytes, inputs: GraphInputs) -> dict[str, object]:
    try:
        session = open_session(content)
        return compare(subject, session, inputs)
    except WorkerError:
        raise
    except Exception as error:
        message = f"onnxruntime refuses the graph that skl2onnx makes of the {_name(subject)}: {_reason(error)}"
        raise WorkerError("onnx_unsupported", message) from error


def _why_not_converted(error: Exception) -> str:
    match = _NO_CONVERTER.search(str(error))
    if match:
        return f"skl2onnx has no converter for {match[1].rpartition('.')[2]} ({match[1]})"
    return f"skl2onnx cannot convert the estimator: {_reason(error)}"


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    text = text if len(text) <= _REASON_LENGTH else f"{text[: _REASON_LENGTH - 1]}…"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _name(subject: Subject) -> str:
    return type(subject.estimator).__name__
