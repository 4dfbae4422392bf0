"""One call of the model for the bodies of several requests, and each request its own answer.

Only where score.py says so (`score_plan`). The first and the last step of predict() run for each request alone, as they
would without sharing, hooks included; the model sees the rows of all. Whatever is unusual (another type, other columns,
other dtypes, an exception) is predicted alone.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from model_server.row_stack import stack
from model_server.score_plan import INDEPENDENCE_NAME, SharedCall, shared_call

FAILURES_LIMIT = 8  # batches in a row that could not be put together or taken apart: this model's never will be


class SharedPredict:
    """What to call of score.py, in place of its predict(), for several bodies at once."""

    def __init__(self, score: ModuleType, call: SharedCall) -> None:
        self.prepare: Callable[[Any], Any] = score.pre_inference
        self.finish: Callable[[Any], Any] = score.post_inference
        self.is_of_use = True
        self._method = getattr(score.load_model(), call.method)
        self._onnx_outputs = list(call.onnx_outputs)
        self._failures_in_a_row = 0

    def predict(self, samples: Sequence[Any]) -> list[Any] | None:
        """Give each request's part of one common answer; None where they cannot be predicted together.

        Raises what the model raises.
        """
        stacked = stack(samples)
        if stacked is None:
            self._note_failure()
            return None
        rows, counts = stacked
        yhat = self._method(self._onnx_outputs, rows)[0] if self._onnx_outputs else self._method(rows)
        return self._split(yhat, counts)

    def _split(self, yhat: Any, counts: list[int]) -> list[Any] | None:
        """Cut the answer into the requests' parts. An answer that is not one array, row by row, never will be."""
        import numpy as np

        if type(yhat) is np.memmap:  # a classifier's labels, taken from its classes, which are mapped
            yhat = np.asarray(yhat)
        if type(yhat) is not np.ndarray or not yhat.ndim or len(yhat) != sum(counts):
            self._note_failure()
            return None
        self._failures_in_a_row = 0
        parts, begin = [], 0
        for count in counts:
            parts.append(yhat[begin : begin + count])
            begin += count
        return parts

    def _note_failure(self) -> None:
        self._failures_in_a_row += 1
        self.is_of_use = self._failures_in_a_row < FAILURES_LIMIT


def find_shared_predict(score: ModuleType, path: Path) -> SharedPredict | None:
    """Say how this score.py's requests are predicted together; None: they are not."""
    if getattr(score, INDEPENDENCE_NAME, False) is not True:
        return None
    if not all(callable(getattr(score, name, None)) for name in ("pre_inference", "post_inference")):
        return None
    call = shared_call(_source_of(getattr(score.predict, "__code__", None), path))
    return None if call is None else SharedPredict(score, call)


def _source_of(code: CodeType | None, path: Path) -> str:
    """Give the source of a function of this file with its decorators; "" where it is another's or not at its top.

    Not the whole file's, and not by way of `inspect.getsource`: a worker's memory is what it touches, and these touch
    megabytes (the latter looks at every module).
    """
    if code is None or code.co_filename != str(path):
        return ""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)[code.co_firstlineno - 1 :]
    return "".join(inspect.getblock(lines)) if lines and not lines[0][0].isspace() else ""
