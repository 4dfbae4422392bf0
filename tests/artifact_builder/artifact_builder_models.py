"""What the tests of this room share."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import joblib
import pandas as pd
from sklearn.linear_model import LinearRegression

from artifact_builder import load_models

MODELS_DIR = Path(__file__).resolve().parents[2] / "models"


def imported_score(artifact_folder: Path):
    """The artifact's score.py as a module, loaded as OCI's server loads it."""
    spec = importlib.util.spec_from_file_location(f"score_{artifact_folder.name[:8]}", artifact_folder / "score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_model(
    folder: Path, *, estimator=None, yaml_text: str = "", hooks: str | None = None, features=None, target=None
) -> Path:
    """A model folder; by default y = 2a + 3b, exactly, on a frame."""
    folder.mkdir(parents=True)
    frame = pd.DataFrame({"a": [0.0, 1.0, 0.0, 2.5], "b": [0.0, 0.0, 1.0, -1.0]})
    line = 2 * frame["a"] + 3 * frame["b"]
    joblib.dump(LinearRegression().fit(frame, line) if estimator is None else estimator, folder / "model.pkl")
    (frame if features is None else features).to_csv(folder / "X.csv", index=False)
    (line.rename("line") if target is None else target).to_csv(folder / "y.csv", index=False)
    if hooks is not None:
        (folder / "hooks.py").write_text(hooks)
    (folder / "model.yaml").write_text(yaml_text or "estimator: model.pkl\nsamples: {X: X.csv, y: y.csv}\n")
    return folder


def only_model(models_dir: Path):
    (model,) = load_models(models_dir)
    return model


def manifest_of(folder: Path):
    return json.loads((folder / "manifest.json").read_text())
