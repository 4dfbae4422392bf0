"""One readable score.py for one kind of model: which parts it has, and what is filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from artifact_builder.score.parts import joined

_MODULES = ("ast", "base64", "binascii", "importlib.util", "io", "json", "math", "os", "re", "sys")
_FRAME_MAKER = """
try:
    from pandas.api.internals import create_dataframe_from_blocks
except ImportError:  # pandas before 3
    create_dataframe_from_blocks = None
"""
_UNCHECKED_CODES = """_UNCHECKED = {} if pd.__version__ < "2.2" else {"validate": False}
"""
_NUMBERS = {"float", "int", "bool"}


def score_py(  # noqa: PLR0913  # what there is to say about a model, each by its name
    *,
    model_file_name: str,
    format: str,  # noqa: A002  # model.yaml's word
    input_kind: str,
    column_dtypes: Sequence[str],
    method: str,
    strict: bool,
    has_hooks: bool,
    has_own_modules: bool,
    names_are_checked_only: bool = False,
    has_plain_categories: bool = False,
    onnx_output: str | None = None,
    known_texts: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """The artifact's score.py. It holds no date and no version: equal models have equal files.

    ``format``: joblib or onnx. ``input_kind``: frame, array, texts or records.
    ``column_dtypes``: of the samples, as input_schema.json has them: the file has no more than these need.
    ``method``: predict, predict_proba or transform, the estimator's own that answers.
    ``has_own_modules``: the estimator's classes are in modules that lie beside score.py.
    ``names_are_checked_only``: of a frame, an estimator that would answer the same to the bare array.
    ``has_plain_categories``: the schema's categories are given as texts, which the estimator takes for the same.
    ``onnx_output``: the tensor that holds the answer. ``known_texts``: column → all that the estimator takes there.
    """
    dtypes = list(column_dtypes)
    kinds = {_kind(dtype) for dtype in dtypes}
    shape = _shape(
        format, input_kind, dtypes, is_array_enough=names_are_checked_only and not (strict and len(kinds) > 1)
    )
    one_dtype = _array_dtype(dtypes)
    is_mixed_array = shape == "array" and input_kind == "frame" and len(kinds) > 1
    if shape in ("array", "one_dtype_frame"):
        kinds = {_kind(one_dtype)} if one_dtype != "object" else {"text"}
    parts = _parts(shape, kinds, one_dtype)
    flags = {
        "strict": strict,
        "hooks": has_hooks,
        "own_modules": has_own_modules,
        "onnx": format == "onnx",
        "records": shape == "records",
        "texts": input_kind == "texts",
        "positions": input_kind == "array",
        "array": shape == "array",
        "frame": shape == "frame",
        "one_dtype_frame": shape == "one_dtype_frame",
        "cells": shape in ("array", "frame", "one_dtype_frame"),
        "bare_array": shape == "array",
        "float64": one_dtype == "float64",
        "narrow": any(dtype not in ("float64", "int64", "bool") for dtype in dtypes if _kind(dtype) in _NUMBERS),
        "number_array": shape in ("array", "one_dtype_frame") and one_dtype != "object",
        "whole_from_array": strict and bool(kinds & {"int", "bool"}),
        "values": "values" in parts,
        "prepared": "frame" in parts or "onnx" in parts,
        "probabilities": method == "predict_proba",
        "names_checked": shape == "array" and input_kind == "frame",
        "whole": is_mixed_array,
        "floats": "float" in kinds or (format == "onnx" and bool(kinds - _NUMBERS)),
        "ints": "int" in kinds,
        "bools": "bool" in kinds,
        "any_numbers": bool(kinds & _NUMBERS) or format == "onnx",
        "dates": "datetime" in kinds and shape == "frame",
        "categories": "category" in kinds,
        "encoded": shape == "frame" and bool(kinds - {"float"}),
        "frame_texts": shape == "frame" and "text" in kinds,
        "single_values": bool(kinds & {"text", "category", "datetime"}) and format != "onnx",
        "extensions": any(_is_of_pandas(dtype) for dtype in dtypes),
        "text_tensors": format == "onnx" and bool(kinds - _NUMBERS),
        "many_kinds": len(kinds) > 1,
        "known_texts": bool(known_texts),
        "plain_categories": has_plain_categories,
        "quick": shape == "array" and one_dtype == "float64" and not is_mixed_array and not strict,
    }
    values = {
        **flags,
        "MODEL_FILE_NAME": repr(model_file_name),
        "METHOD": method,
        "ONNX_OUTPUT": onnx_output or "",
        "KNOWN_TEXTS": {name: tuple(texts) for name, texts in (known_texts or {}).items()},
        "GIVEN": _GIVEN[shape],
        "ONLY_KIND": next(iter(kinds)) if len(kinds) == 1 else "",
        "ARRAY_DTYPE": one_dtype,
        "MISSING_DTYPE": str(np.result_type(one_dtype, "float16")) if np.dtype(one_dtype).kind in "fiu" else "object",
    }
    body, head, top = joined(parts, values), joined(("head",), values), joined(("top",), values)
    return "\n".join((head, _imports(top + body, needs_frame_maker=shape == "frame"), f"{top}\n\n{body}"))


_GIVEN = {
    "array": "an array [rows, columns]",
    "one_dtype_frame": "a DataFrame with the samples' names and dtype",
    "frame": "a DataFrame with the samples' names and dtypes",
    "texts": "a list of texts",
    "records": "a list of objects",
    "tensors": "{input's name: tensor}",
}


def _shape(file_format: str, input_kind: str, dtypes: list[str], *, is_array_enough: bool) -> str:
    """What the model is given."""
    if file_format == "onnx":
        return "tensors"
    if input_kind != "frame":
        return input_kind
    if any(_is_of_pandas(dtype) for dtype in dtypes) or not {_kind(dtype) for dtype in dtypes} <= _NUMBERS:
        return "frame"
    if is_array_enough and "bool" not in {_kind(dtype) for dtype in dtypes}:
        return "array"
    return "one_dtype_frame" if len(set(dtypes)) == 1 else "frame"


def _parts(shape: str, kinds: set[str], array_dtype: str) -> tuple[str, ...]:
    """Names of the templates, in their order: what a user edits comes first, what it rests on after it."""
    if shape == "records":
        return ("records", "answer", "cause", "refuse")
    if shape == "texts":
        return ("rows", "texts", "answer", "cause", "refuse")
    cause = () if shape == "tensors" else ("cause",)
    if array_dtype.startswith("float") and (
        shape in ("array", "one_dtype_frame") or (shape == "tensors" and kinds == {"float"})
    ):
        return ("rows", "float_array", "answer", *cause, "refuse")
    made = {"array": ("array",), "one_dtype_frame": ("array",), "frame": ("frame", "dates"), "tensors": ("onnx",)}
    return ("rows", *made[shape], "numbers", "values", "answer", *cause, "refuse")


def _kind(dtype: str) -> str:
    """What values a column of this dtype takes: float, int, bool, datetime, category, or text for anything else."""
    plain = dtype.lower().lstrip("u")
    return next((kind for kind in ("float", "int", "bool", "datetime", "category") if plain.startswith(kind)), "text")


def _is_of_pandas(dtype: str) -> bool:
    return dtype[:1].isupper() or dtype in ("boolean", "string", "str")


def _array_dtype(dtypes: list[str]) -> str:
    """The dtype of an array of these columns."""
    kinds = {_kind(dtype) for dtype in dtypes}
    if kinds and (kinds <= {"float", "int"} or kinds == {"bool"}):
        return str(np.result_type(*(dtype.lower().replace("boolean", "bool") for dtype in dtypes)))
    return "object"


def _imports(code: str, *, needs_frame_maker: bool) -> str:
    """Only what this code uses."""
    lines = [f"import {module}" for module in _MODULES if re.search(rf"\b{module}\.", code)]
    lines.append("from functools import lru_cache")
    lines += ["from itertools import chain"] if "chain." in code else []
    lines += ["from operator import itemgetter"] if "itemgetter(" in code else []
    lines.append("")
    lines += [f"import {module}" for module in ("joblib",) if f"{module}." in code]
    lines.append("import numpy as np")
    lines += ["import onnxruntime"] if "onnxruntime." in code else []
    lines += ["import pandas as pd"] if "pd." in code else []
    lines += [_FRAME_MAKER] if needs_frame_maker else [""]
    lines += [_UNCHECKED_CODES] if "_UNCHECKED" in code else []
    return "\n".join(lines)
