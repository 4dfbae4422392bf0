"""Estimators of every kind that scikit-learn has: built, verified, converted where that keeps their predictions."""

from __future__ import annotations

import importlib.util
import json
import warnings

import numpy as np
import pytest
from estimator_zoo import as_json_rows, write_animal, zoo

from artifact_builder import build_all, fork_server, load_models, verify

# skl2onnx has no converter for these, or none that keeps the predictions; the build says so and takes joblib.
STAYS_JOBLIB = {
    "birch",
    "covariance",
    "dated",
    "dummy",
    "hashed-texts",
    "hist-boosting-categories",
    "isotonic",
    "kernel-ridge",
    "mean-shift",
    "mixed",
    "mixed-jsonl",
    "multi-output-proba",
    "radius-neighbors",
    "records",
    "regressor-chain",
    "self-training",
}


@pytest.fixture(scope="module")
def animals():
    return zoo()


@pytest.fixture(scope="module")
def built(tmp_path_factory, animals):
    """Format → name → Artifact, all of them side by side."""
    root = tmp_path_factory.mktemp("zoo")
    for name, animal in animals.items():
        write_animal(root / "models" / name, animal, options=("format: auto",))
        write_animal(root / "joblib" / name, animal)
    return {
        "auto": {one.name: one for one in build_all(load_models(root / "models"), root / "artifacts")},
        "joblib": {one.name: one for one in build_all(load_models(root / "joblib"), root / "joblib-artifacts")},
    }


@pytest.mark.parametrize("form", ["auto", "joblib"])
def test_every_artifact_keeps_its_promise_in_every_form_of_body(built, form):
    with fork_server.shared():
        verifications = {name: verify(artifact.folder) for name, artifact in built[form].items()}
    assert {name: str(one) for name, one in verifications.items() if not one.is_ok} == {}


def test_score_py_answers_all_samples_as_the_bare_estimator_does(built, animals):
    wrong = {}
    for name, animal in animals.items():
        manifest = built["joblib"][name].manifest
        given = score_of(built["joblib"][name].folder).predict(as_json_rows(animal))["prediction"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = getattr(animal.estimator, manifest["signature"]["method"])(animal.X)
        if not same(json.loads(json.dumps(given)), expected):
            wrong[name] = (str(given)[:100], str(expected)[:100])
    assert wrong == {}


def test_auto_takes_onnx_where_it_keeps_the_predictions_and_says_why_not_elsewhere(built):
    formats = {name: artifact.manifest["format"] for name, artifact in built["auto"].items()}
    assert {name for name, form in formats.items() if form == "joblib"} == STAYS_JOBLIB
    for name, artifact in built["auto"].items():
        words = "format joblib, for " if name in STAYS_JOBLIB else "format onnx: "
        assert artifact.notes[0].startswith(words), (name, artifact.notes)


def score_of(folder):
    spec = importlib.util.spec_from_file_location(f"score_{folder.name[:8]}", folder / "score.py")
    module = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spec.loader.exec_module(module)
    return module


def same(given, expected) -> bool:
    """Equal labels, close numbers; a list of outputs' probabilities is read row by row."""
    if isinstance(expected, list) and isinstance(expected[0], np.ndarray):
        expected = [[output[row].tolist() for output in expected] for row in range(len(expected[0]))]
        return all(
            np.allclose(one, other)
            for left, right in zip(given, expected, strict=True)
            for one, other in zip(left, right, strict=True)
        )
    dense = expected.toarray() if hasattr(expected, "toarray") else np.asarray(expected)
    if dense.dtype.kind == "f":
        return np.allclose(np.array(given, dtype=float), dense, rtol=1e-5 if dense.dtype == np.float32 else 1e-9)
    return given == dense.tolist()
