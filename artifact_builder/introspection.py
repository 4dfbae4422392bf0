"""What Oracle's introspection tests demand of a score.py (OCI.md 1.8), read from its text without running it."""

from __future__ import annotations

import ast
import re
import threading
from pathlib import Path

import yaml

# Models are built in threads, and some releases of Python 3.11 mix up the depths of trees made at the same time
# (SystemError: AST constructor recursion depth mismatch).
_ONE_AT_A_TIME = threading.Lock()
# What oracle-ads's test takes (OCI.md 1.8).
_PYTHON_VERSION = re.compile(r"3\.([6-9]|1[0-2])(\.\d+)?")


def results(folder: Path) -> dict[str, bool]:
    """Oracle's own introspection tests of an artifact's folder, by Oracle's keys: whether each passes.

    `runtime_path_exist` is not among them: it asks Oracle's Object Storage.
    """
    score, runtime = folder / "score.py", folder / "runtime.yaml"
    tree = _tree(score.read_text(encoding="utf-8")) if score.is_file() else None
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)} if tree else {}
    predict = functions.get("predict")
    document = yaml.safe_load(runtime.read_text(encoding="utf-8")) if runtime.is_file() else None
    facts = document if isinstance(document, dict) else {}
    inference = (facts.get("MODEL_DEPLOYMENT") or {}).get("INFERENCE_CONDA_ENV") or {}
    return {
        "score_py": score.is_file(),
        "runtime_yaml": runtime.is_file(),
        "score_syntax": tree is not None,
        "score_load_model": "load_model" in functions,
        "score_predict": predict is not None,
        "score_predict_data": predict is not None and _is_first_called_data(predict),
        "score_predict_arg": predict is not None and _has_defaults(predict),
        "runtime_version": facts.get("MODEL_ARTIFACT_VERSION") == "3.0",
        "runtime_env_python": bool(_PYTHON_VERSION.fullmatch(str(inference.get("INFERENCE_PYTHON_VERSION") or ""))),
        "runtime_env_path": bool(inference.get("INFERENCE_ENV_PATH")),
    }


def _tree(source: str) -> ast.Module | None:
    try:
        with _ONE_AT_A_TIME:
            return ast.parse(source)
    except (SyntaxError, ValueError):
        return None


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
    place = f"{file_name}:{predict.lineno}"
    problems = []
    if not _is_first_called_data(predict):
        problems.append(f"{place}: the first argument of predict() must be called data")
    if not _has_defaults(predict):
        problems.append(f"{place}: every argument of predict() but data must have a default, and data none")
    return problems


def _is_first_called_data(predict: ast.FunctionDef) -> bool:
    return bool(predict.args.args) and predict.args.args[0].arg == "data"


def _has_defaults(predict: ast.FunctionDef) -> bool:
    return len(predict.args.defaults) == len(predict.args.args) - 1
