"""Running the user's ``train`` callable: () -> (estimator, X_sample, y_sample)."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path
from types import FunctionType
from typing import Any

import joblib

from artifact_builder.worker.errors import WorkerError

_ITEMS = 3


def train(*, file: str, function: str, to: str) -> dict[str, object]:
    """Call ``function`` of ``file`` and keep what it returns in folder ``to``.

    Returns the paths as the ``estimator``, ``X`` and ``y`` of a build. Seeding is the callable's own affair.
    """
    result = _called(Path(file), function)
    if not isinstance(result, tuple) or len(result) != _ITEMS:
        found = f"a tuple of {len(result)}" if isinstance(result, tuple) else type(result).__name__
        message = f"{Path(file).name}:{function} must return (estimator, X_sample, y_sample), found {found}"
        raise WorkerError("train", message)
    paths: dict[str, object] = {}
    folder = Path(to)
    for key, value in zip(("estimator", "X", "y"), result, strict=True):
        if value is not None:
            path = folder / f"trained-{key}.joblib"
            joblib.dump(value, path)
            paths[key] = str(path)
    return paths


def _called(path: Path, function: str) -> Any:
    sys.path.insert(0, str(path.parent))  # what lies beside train.py may be imported by it
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None  # noqa: S101  # a .py suffix always has a loader
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
        called = getattr(module, function, None)
        if callable(called):
            return called()
    except Exception as error:
        raise WorkerError("train", f"{path.name}:{function} raised:\n{_told(error, path)}") from error
    there = ", ".join(name for name, value in vars(module).items() if isinstance(value, FunctionType)) or "none"
    raise WorkerError("train", f"{path.name} must have the function {function}() that model.yaml names, found: {there}")


def _told(error: Exception, path: Path) -> str:
    """The traceback from the user's file on: what called it is no business of theirs."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = next((index for index, frame in enumerate(frames) if frame.filename == str(path)), 0)
    shown = frames[theirs:][:1] + frames[theirs + 1 :][-2:]
    return "".join([*traceback.format_list(shown), *traceback.format_exception_only(error)]).rstrip()
