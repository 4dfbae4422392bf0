"""One readable score.py for one kind of model: which parts it has, and what is filled in."""

from __future__ import annotations

import re
from pathlib import Path

_PARTS_DIR = Path(__file__).parent

_FRAME_MAKER = """try:
    from pandas.api.internals import create_dataframe_from_blocks

    _FROM_CODES = {"validate": False}
except ImportError:  # pandas before 3
    create_dataframe_from_blocks = None
    _FROM_CODES = {}
"""
_OWN_MODULES = """    if _HERE not in sys.path:
        sys.path.insert(0, _HERE)  # the estimator has classes of modules that lie here
"""
_STRICT_DOC = """
Strict: columns in another order, 1.0 for a whole number, 1 for true, null in a column that had none in the samples and
unknown categories are refused too."""
# What a user edits comes first, what it rests on after it.
_JOBLIB_TOP = ("loading_joblib", "hooks", "predict_joblib")
_TABULAR = ("bodies", "columns")
_JOBLIB_END = ("answer", "refusal")
_PARTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("joblib", "frame"): (*_JOBLIB_TOP, "deserialize_tabular", *_TABULAR, "frame", "names", *_JOBLIB_END),
    ("joblib", "array"): (*_JOBLIB_TOP, "deserialize_tabular", *_TABULAR, "array", *_JOBLIB_END),
    ("joblib", "texts"): (*_JOBLIB_TOP, "deserialize_tabular", *_TABULAR, "texts", *_JOBLIB_END),
    ("joblib", "records"): (*_JOBLIB_TOP, "records", *_JOBLIB_END),
    ("onnx", "tabular"): ("loading_onnx", "hooks", "predict_onnx", *_TABULAR, "onnx", "answer"),
}
_CLASS = {"frame": "_Frame", "array": "_Array", "texts": "_Text"}
_GIVEN = {
    "frame": "the estimator takes it: a DataFrame",
    "array": "the estimator takes it: an array",
    "texts": "the estimator takes it: a list of texts",
}
_MODULES = ("ast", "base64", "binascii", "importlib.util", "io", "json", "math", "os", "re", "sys", "warnings")


def score_py(
    *,
    model_file_name: str,
    format: str,  # noqa: A002  # model.yaml's word
    input_kind: str,
    method: str,
    strict: bool,
    has_hooks: bool,
    has_own_modules: bool,
    onnx_output: str | None = None,
) -> str:
    """The artifact's score.py. It holds no date and no version: equal models have equal files.

    ``format``: joblib or onnx. ``input_kind``: frame, array, texts or records.
    ``method``: predict, predict_proba or transform, the estimator's own that answers.
    ``has_own_modules``: the estimator's classes are in modules that lie beside score.py.
    ``onnx_output``: the tensor that holds the answer.
    """
    parts = _PARTS[format, "tabular" if format == "onnx" else input_kind]
    body = "\n\n".join(_part(name) for name in parts)
    head = _part("head_records" if input_kind == "records" else "head_tabular")
    text = "\n".join((head, _imports(body, parts, format), _part("settings"), "", body))
    blanks = {
        "__MODEL_FILE_NAME__": repr(model_file_name),
        "__HOOKS_FILE__": repr("hooks.py") if has_hooks else "None",
        "__STRICT_DOC__": _STRICT_DOC.lstrip("\n") if strict else "",
        "__STRICT__": repr(strict),
        "__HAS_POSITIONS__": repr(input_kind == "array"),
        "__ARE_TEXTS__": repr(input_kind == "texts"),
        "__OWN_MODULES__": _OWN_MODULES if has_own_modules else "",
        "__COLUMNS__": _CLASS.get(input_kind, ""),
        "__WHAT__": _GIVEN.get(input_kind, ""),
        "__ANSWER__": "_asked(model, samples, input_schema_path)"
        if input_kind == "frame"
        else f"model.{method}(samples)",
        "__METHOD__": method,
        "__ONNX_OUTPUT__": onnx_output or "",
    }
    for blank, value in blanks.items():
        text = text.replace(blank, value)
    return text


def _part(name: str) -> str:
    return (_PARTS_DIR / f"{name}.py.template").read_text(encoding="utf-8")


def _imports(body: str, parts: tuple[str, ...], file_format: str) -> str:
    """Only what these parts use."""
    body += _OWN_MODULES if "__OWN_MODULES__" in body else ""
    lines = [f"import {module}" for module in _MODULES if re.search(rf"\b{module}\.", body) or module == "os"]
    lines.append("from functools import lru_cache")
    if "columns" in parts:
        lines += ["from itertools import chain", "from operator import itemgetter"]
    lines += ["", "import joblib" if file_format == "joblib" else "", "import numpy as np"]
    if file_format == "onnx":
        lines.append("import onnxruntime")
    lines = [line for number, line in enumerate(lines) if line or (number and lines[number - 1])]
    if "frame" in parts:
        lines += ["import pandas as pd", "", _FRAME_MAKER]
    return "\n".join(lines) + "\n"
