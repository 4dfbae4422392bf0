"""What a worker can be asked to do, and what has to be imported for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module

_TASKS = {
    "answer_rows": "artifact_builder.worker.verification:answer_rows",
    "build": "artifact_builder.worker.members:write_members",
    "train": "artifact_builder.worker.training:train",
    "verify": "artifact_builder.worker.verification:verify",
}
# What most estimators are made of: imported once, before the second task, so that later ones begin with it.
_USUAL = (
    "pyarrow.parquet",
    "sklearn.cluster",
    "sklearn.compose",
    "sklearn.decomposition",
    "sklearn.discriminant_analysis",
    "sklearn.ensemble",
    "sklearn.feature_extraction.text",
    "sklearn.feature_selection",
    "sklearn.gaussian_process",
    "sklearn.impute",
    "sklearn.linear_model",
    "sklearn.mixture",
    "sklearn.model_selection",
    "sklearn.multioutput",
    "sklearn.naive_bayes",
    "sklearn.neighbors",
    "sklearn.neural_network",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.svm",
)
# Not onnxruntime: its import starts a thread, and a process with threads must not fork.
_ONNX = ("artifact_builder.worker.onnx.conversion", "artifact_builder.worker.onnx.parsers", "skl2onnx")
_SKOPS = ("skops.io",)


def task_named(name: str) -> Callable[..., dict[str, object]]:
    """The function that answers a request; importing it may take a second."""
    module, _, function = _TASKS[name].partition(":")
    answer: Callable[..., dict[str, object]] = getattr(import_module(module), function)
    return answer


def import_for(request: Mapping[str, object], *, is_first: bool) -> None:
    """Import what the request's task will need anyway and, unless it may be the only one, what others may need."""
    task_module = _TASKS[str(request["task"])].partition(":")[0]
    for module in (task_module, *_wanted(request), *(() if is_first else _USUAL)):
        with suppress(ImportError):  # the task that needs it fails in its own process, and says so
            import_module(module)


def _wanted(request: Mapping[str, object]) -> tuple[str, ...]:
    onnx = _ONNX if request.get("format") in {"onnx", "auto"} else ()
    skops = _SKOPS if str(request.get("estimator")).endswith(".skops") else ()
    return (*onnx, *skops)
