"""Writing the members of an artifact from a fitted estimator and its samples."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from artifact_builder.runtime_yaml import runtime_yaml
from artifact_builder.score_template import score_py
from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.estimator import algorithm, feature_names, load_estimator, task_kind
from artifact_builder.worker.frames import read_features, read_truths
from artifact_builder.worker.golden import golden_rows, metrics
from artifact_builder.worker.reproducible_pickle import dump
from artifact_builder.worker.schema import schema_json


def write_members(
    *,
    members_dir: str,
    model_file_name: str,
    conda_env: str,
    python_version: str,
    hooks: str | None,
    estimator: str,
    X: str | None,  # noqa: N803  # scikit-learn's and model.yaml's word
    y: str | None,
) -> dict[str, object]:
    """Write all members into ``members_dir``; return what manifest.json says about the estimator."""
    folder = Path(members_dir)
    fitted = load_estimator(Path(estimator))
    names = feature_names(fitted)
    if X is None:
        raise WorkerError("samples", "train must return X_sample: rows of features that show what the model takes")
    features = read_features(Path(X), names, n_features=getattr(fitted, "n_features_in_", None))
    predictions = _predictions(fitted, features, names)
    truths = read_truths(Path(y), len(features)) if y is not None else None

    dump(fitted, folder / model_file_name)
    outputs = pd.DataFrame({"prediction": predictions.tolist()}) if truths is None else truths
    texts = {
        "input_schema.json": schema_json(features),
        "output_schema.json": schema_json(outputs),
        "runtime.yaml": runtime_yaml(conda_env=conda_env, python_version=python_version),
        "score.py": score_py(model_file_name=model_file_name, has_hooks=hooks is not None),
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode())
    if hooks is not None:
        shutil.copyfile(hooks, folder / "hooks.py")
    kind = task_kind(fitted)
    return {
        "estimator": {"class": type(fitted).__name__, "algorithm": algorithm(fitted), "kind": kind},
        "golden": golden_rows(features, predictions),
        "metrics": _metrics(kind, truths, predictions) if truths is not None else {},
    }


def _metrics(kind: str, truths: pd.DataFrame, predictions: Any) -> dict[str, float]:
    try:
        return metrics(kind, truths, predictions)
    except (ValueError, TypeError) as error:  # such as texts against numbers, or a missing value
        message = f"the true values of the samples cannot be compared with the estimator's predictions: {error}"
        raise WorkerError("samples", message) from error


def _predictions(fitted: Any, features: pd.DataFrame, names: list[str] | None) -> Any:
    """What the bare estimator says to all samples, given as it was fitted: a frame or an array."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a warning of scikit-learn's about the samples is no error of the build
            return np.asarray(fitted.predict(features if names is not None else features.to_numpy()))
    except Exception as error:
        message = f"the estimator cannot predict its samples: {type(error).__name__}: {error}"
        raise WorkerError("predict", message) from error
