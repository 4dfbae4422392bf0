"""The contract with the artifact builder: every score.py that it writes lets requests share a call of the model."""

from __future__ import annotations

import itertools

import pytest

from artifact_builder.score import score_py
from model_server.score_plan import ROW_WISE_METHODS, SharedCall, shared_call

KINDS = ["frame", "array", "texts", "records"]
METHODS = ["predict", "predict_proba", "transform"]
DTYPES = {"numbers": ["float64"] * 3, "mixed": ["float64", "int64", "object", "bool"]}


def written(format_, input_kind, dtypes, method, *, has_hooks, strict, onnx_output=None):
    return score_py(
        model_file_name=f"model.{format_}",
        format=format_,
        input_kind=input_kind,
        column_dtypes=["object"] if input_kind == "texts" else dtypes,
        method=method,
        strict=strict,
        has_hooks=has_hooks,
        has_own_modules=False,
        onnx_output=onnx_output,
    )


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("input_kind", KINDS)
def test_of_scikit_learn(input_kind, name):
    for method, has_hooks, strict in itertools.product(METHODS, [False, True], [False, True]):
        source = written("joblib", input_kind, DTYPES[name], method, has_hooks=has_hooks, strict=strict)
        assert "\nrows_are_independent = True\n" in source
        assert shared_call(source) == SharedCall(method), (method, has_hooks, strict)
    assert set(METHODS) <= ROW_WISE_METHODS


@pytest.mark.parametrize("name", DTYPES)
def test_of_onnx(name):
    for has_hooks, strict in itertools.product([False, True], [False, True]):
        source = written(
            "onnx", "frame", DTYPES[name], "predict", has_hooks=has_hooks, strict=strict, onnx_output="variable"
        )
        assert "\nrows_are_independent = True\n" in source
        assert shared_call(source) == SharedCall("run", ("variable",)), (has_hooks, strict)
