"""What Oracle's introspection tests demand of a score.py (OCI.md 1.8), read from its text without running it."""

from __future__ import annotations

import ast


def score_py_problems(source: str, file_name: str) -> list[str]:
    """Everything that OCI would refuse; empty where the file passes."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        return [f"{file_name}{line} is not valid Python: {error}"]
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    problems = [
        f"{file_name} must define the function {name}() at its top level (a plain def)"
        for name in ("load_model", "predict")
        if name not in functions
    ]
    if "predict" in functions:
        problems += _predict_problems(functions["predict"], file_name)
    return problems


def _predict_problems(predict: ast.FunctionDef, file_name: str) -> list[str]:
    place, arguments = f"{file_name}:{predict.lineno}", predict.args
    problems = []
    if not arguments.args or arguments.args[0].arg != "data":
        problems.append(f"{place}: the first argument of predict() must be called data")
    if len(arguments.defaults) != len(arguments.args) - 1:
        problems.append(f"{place}: every argument of predict() but data must have a default, and data none")
    return problems
