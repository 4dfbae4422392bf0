"""The two models of the model server's benchmark, and the artifacts that Paddock makes of them."""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from artifact_builder import build_all, load_models

COLUMNS = 20
_TRAINING_ROWS = 2000
_SAMPLE_ROWS = 200


def make_artifacts(folder: Path) -> dict[str, Path]:
    """Train and build both; gives {name: the artifact's folder}, whose model.joblib the peers load too."""
    random = np.random.default_rng(0)
    rows = random.normal(size=(_TRAINING_ROWS, COLUMNS))
    signal = rows[:, 0] + rows[:, 1] * rows[:, 2]
    forest = RandomForestRegressor(50, max_depth=12, n_jobs=1, random_state=0)
    _write(folder, "linear", make_pipeline(StandardScaler(), LogisticRegression()), rows, (signal > 0).astype(int))
    _write(folder, "forest", make_pipeline(StandardScaler(), forest), rows, signal)
    built = build_all(load_models(folder / "models"), folder / "artifacts")
    return {artifact.name: artifact.folder for artifact in built}


def _write(folder: Path, name: str, model: BaseEstimator, rows: np.ndarray, truths: np.ndarray) -> None:
    home = folder / "models" / name
    home.mkdir(parents=True)
    joblib.dump(model.fit(rows, truths), home / "model.joblib")
    columns = ",".join(f"f{number}" for number in range(COLUMNS))
    np.savetxt(home / "X.csv", rows[:_SAMPLE_ROWS], delimiter=",", header=columns, comments="")
    np.savetxt(home / "y.csv", truths[:_SAMPLE_ROWS], delimiter=",", header="y", comments="")
    (home / "model.yaml").write_text(f"name: {name}\nestimator: model.joblib\nsamples: {{X: X.csv, y: y.csv}}\n")
