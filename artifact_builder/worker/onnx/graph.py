"""A graph of skl2onnx's made into the artifact's: one output of the answer's rank and type, fixed names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

OUTPUT = "prediction"
_ELEMENT_TYPES = {"b": TensorProto.BOOL, "i": TensorProto.INT64, "u": TensorProto.INT64, "f": TensorProto.DOUBLE}
# Python's \w is any script's; that of RE2, which onnxruntime splits by, is ASCII.
_WORD_PATTERNS = {
    r"\w\w+": r"[\p{L}\p{N}_]{2,}",
    r"\w+": r"[\p{L}\p{N}_]+",
    r"\b\w+\b": r"[\p{L}\p{N}_]+",
    r"(?u)\b\w+\b": r"[\p{L}\p{N}_]+",
}
_TREE_ENSEMBLES = frozenset({"TreeEnsembleClassifier", "TreeEnsembleRegressor"})


def finish(model: ModelProto, *, source: str, answers: np.ndarray[Any, Any]) -> None:
    """Cut ``model`` to the value ``source`` and name it OUTPUT; everything else that is not needed for it goes.

    ``answers``: the estimator's, which show the output's rank and type: booleans, int64, double or strings.
    """
    graph = model.graph
    _append_output(graph, source, answers)
    _prune(graph)
    del graph.value_info[:]
    _rename(graph)
    _mend_texts(graph)
    graph.name = "model"
    graph.doc_string = model.doc_string = ""
    domains = {node.domain for node in _all_nodes(graph)}
    versions = sorted({(one.domain, one.version) for one in model.opset_import if one.domain in domains | {""}})
    del model.opset_import[:]
    model.opset_import.extend(helper.make_opsetid(domain, version) for domain, version in versions)


def widen_trees(model: ModelProto) -> None:
    """Cast what ensembles of trees give to double.

    Their operators give floats whatever they take (ai.onnx.ml 3), while skl2onnx goes on as if these were doubles.
    """
    graph = model.graph
    nodes = list(graph.node)
    del graph.node[:]
    for node in nodes:
        graph.node.append(node)
        if node.op_type in _TREE_ENSEMBLES:
            answer = graph.node[-1].output[-1]  # a classifier's first output is the label
            graph.node[-1].output[-1] = f"{answer}_float"
            graph.node.append(helper.make_node("Cast", [f"{answer}_float"], [answer], to=TensorProto.DOUBLE))


def _append_output(graph: GraphProto, source: str, answers: np.ndarray[Any, Any]) -> None:
    (declared,) = (output for output in graph.output if output.name == source)
    if declared.type.HasField("sequence_type"):  # several outputs' probabilities: one tensor for each
        node = helper.make_node("ConcatFromSequence", [source], ["joined"], axis=1, new_axis=1)
        graph.node.append(node)
        source = "joined"
    shape = np.array([-1, *answers.shape[1:]], dtype=np.int64)
    graph.initializer.append(numpy_helper.from_array(shape, "answer_shape"))
    element_type = _ELEMENT_TYPES.get(answers.dtype.kind, TensorProto.STRING)
    if element_type == TensorProto.STRING:
        graph.node.append(helper.make_node("Reshape", [source, "answer_shape"], [OUTPUT]))
    else:
        graph.node.append(helper.make_node("Reshape", [source, "answer_shape"], ["reshaped"]))
        graph.node.append(helper.make_node("Cast", ["reshaped"], [OUTPUT], to=element_type))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(OUTPUT, element_type, ["rows", *answers.shape[1:]]))


def _prune(graph: GraphProto) -> None:
    needed = {OUTPUT}
    kept = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(_reads(node))
    del graph.node[:]
    graph.node.extend(reversed(kept))
    initializers = [one for one in graph.initializer if one.name in needed]
    del graph.initializer[:]
    graph.initializer.extend(initializers)


def _reads(node: NodeProto) -> Iterator[str]:
    """Values that a node reads; also those that its inner graphs take from outside."""
    yield from node.input
    for inner in _inner_graphs(node):
        for inner_node in inner.node:
            yield from _reads(inner_node)
        yield from (output.name for output in inner.output)


def _inner_graphs(node: NodeProto) -> Iterator[GraphProto]:
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def _all_nodes(graph: GraphProto) -> Iterator[NodeProto]:
    for node in graph.node:
        yield node
        for inner in _inner_graphs(node):
            yield from _all_nodes(inner)


def _mend_texts(graph: GraphProto) -> None:
    """Lower by a locale that every Linux has (skl2onnx's is missing in small images), split at words of all scripts."""
    for node in _all_nodes(graph):
        if node.op_type == "StringNormalizer":
            _set_attribute(node, "locale", "C.UTF-8")
        for attribute in node.attribute if node.op_type == "Tokenizer" else ():
            pattern = attribute.s.decode() if attribute.name == "tokenexp" else ""
            if pattern in _WORD_PATTERNS:
                attribute.s = _WORD_PATTERNS[pattern].encode()


def _set_attribute(node: NodeProto, name: str, value: str) -> None:
    kept = [attribute for attribute in node.attribute if attribute.name != name]
    del node.attribute[:]
    node.attribute.extend([*kept, helper.make_attribute(name, value)])


def _rename(graph: GraphProto) -> None:
    """Names by position: skl2onnx's come from counters, and some from addresses."""
    names = {value.name: value.name for value in (*graph.input, *graph.output)} | {"": ""}
    _rename_values(graph, names)
    for index, node in enumerate(_all_nodes(graph)):
        node.name = f"node_{index}"
        node.doc_string = ""


def _rename_values(graph: GraphProto, names: dict[str, str]) -> None:
    def new(name: str) -> str:
        return names.setdefault(name, f"value_{len(names)}")

    for value in (*graph.initializer, *graph.input, *graph.output):
        value.name = new(value.name)
    for node in graph.node:
        node.input[:] = [new(name) for name in node.input]
        for inner in _inner_graphs(node):
            inner.name = "inner"
            _rename_values(inner, names)
        node.output[:] = [new(name) for name in node.output]
