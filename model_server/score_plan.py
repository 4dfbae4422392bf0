"""What predict() of a score.py does, read from its source: whether it may be done for several requests at once.

The generated predict() prepares the body, calls one method of the model and finishes what that gave:

    {"prediction": post_inference(model.METHOD(pre_inference(data, …)))}                     scikit-learn
    {"prediction": post_inference(model.run(OUTPUTS, pre_inference(data, …))[0])}             ONNX

with or without names for the steps in between, and with or without a `try` around the call (then whoever fails is
predicted alone, and its handlers run). Anything else, an edited predict() that does more, is predicted request by
request: only its own code knows what the answer is.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

INDEPENDENCE_NAME = "rows_are_independent"  # a constant of score.py; True: no row's answer depends on other rows
ROW_WISE_METHODS = frozenset(
    {"predict", "predict_proba", "predict_log_proba", "decision_function", "score_samples", "transform"}
)
_PREPARED = r"pre_inference\(data(?:, input_schema_path)?(?:, model)?\)"
_SKLEARN = re.compile(rf"\{{'prediction': post_inference\(model\.(\w+)\({_PREPARED}\)\)\}}")
_ONNX = re.compile(rf"\{{'prediction': post_inference\(model\.run\((\['[^']*'\]), {_PREPARED}\)\[0\]\)\}}")


@dataclass(frozen=True)
class SharedCall:
    """The call of the model that requests may share; `onnx_outputs` where it is run(onnx_outputs, feeds)."""

    method: str
    onnx_outputs: tuple[str, ...] = ()


def shared_call(source: str) -> SharedCall | None:
    """Find the call in a score.py's source; None where predict() is not one of the two forms."""
    found = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == "predict"]
    if len(found) != 1 or found[0].decorator_list:
        return None
    words = _returned(found[0])
    if sklearn := _SKLEARN.fullmatch(words):
        return SharedCall(sklearn[1]) if sklearn[1] in ROW_WISE_METHODS else None
    if onnx := _ONNX.fullmatch(words):
        return SharedCall("run", tuple(ast.literal_eval(onnx[1])))
    return None


def _returned(function: ast.FunctionDef) -> str:
    """Give what a function returns as one expression without names in between; "" where it is not so simple."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    values: dict[str, ast.expr] = {}
    for statement in body:
        if isinstance(statement, ast.Return) and statement is body[-1] and statement.value is not None:
            return ast.unparse(_Inlined(values).visit(statement.value))
        assigned = _assigned(statement)
        if assigned is None or assigned[0] in values:
            return ""
        values[assigned[0]] = _Inlined(values).visit(assigned[1])
    return ""


def _assigned(statement: ast.stmt) -> tuple[str, ast.expr] | None:
    """Read `name = value` and `(name,) = value`, also as the whole body of a `try` that only handles exceptions."""
    if isinstance(statement, ast.Try) and len(statement.body) == 1 and not statement.orelse and not statement.finalbody:
        statement = statement.body[0]
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    target, value = statement.targets[0], statement.value
    if isinstance(target, ast.Tuple) and len(target.elts) == 1:
        target, value = target.elts[0], ast.Subscript(value, ast.Constant(0), ast.Load())
    return (target.id, value) if isinstance(target, ast.Name) else None


class _Inlined(ast.NodeTransformer):
    def __init__(self, values: dict[str, ast.expr]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._values.get(node.id, node)
