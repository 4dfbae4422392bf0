"""A quiet onnxruntime session on the CPU."""

from __future__ import annotations

from typing import Any

_NOTHING = 4  # severity: fatal errors only; everything else is raised, and would be printed besides


def open_session(model: bytes | str) -> Any:
    """An InferenceSession of a model's bytes or path; whatever onnxruntime raises where it refuses the graph."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = _NOTHING
    options.intra_op_num_threads = 1  # the order of additions, and so the last bits, are the same on every machine
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
