"""Artifacts to look at, built once a session: most of the suite's time is scikit-learn's import."""

from __future__ import annotations

import shutil
import sys
import warnings
from pathlib import Path

import pytest
from artifact_builder_models import MODELS_DIR, only_model, write_model
from hypothesis import settings

from artifact_builder import build, load_models
from artifact_builder.child import ChildError
from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.tasks import task_named

# Two cores shared with other suites: an example's time says nothing about the code.
settings.register_profile("paddock", deadline=None)
settings.load_profile("paddock")


@pytest.fixture
def worker_here(monkeypatch):
    """Run the worker's tasks in this process, where scikit-learn is imported already: for tests of what a task says."""

    def run_here(task, request, *, work_dir, timeout_s):
        try:
            return task_named(task)(**request)
        except WorkerError as error:
            raise ChildError(error.kind, str(error)) from error

    for module in ("artifact_builder.build", "artifact_builder.verify"):
        monkeypatch.setattr(sys.modules[module], "run_in_child", run_here)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture(scope="session")
def samples_built(tmp_path_factory):
    """Both committed sample models, built: name → Artifact."""
    artifacts_dir = tmp_path_factory.mktemp("samples") / "artifacts"
    return {model.name: build(model, artifacts_dir) for model in load_models(MODELS_DIR)}


@pytest.fixture(scope="session")
def line_built(tmp_path_factory):
    """(model, Artifact) of y = 2a + 3b; tests that change it work on a copy."""
    root = tmp_path_factory.mktemp("line")
    write_model(root / "models" / "line")
    model = only_model(root / "models")
    return model, build(model, root / "artifacts")


@pytest.fixture
def line_copy(line_built, tmp_path):
    """A folder with a built artifact that a test may damage."""
    _, artifact = line_built
    return Path(shutil.copytree(artifact.folder, tmp_path / artifact.digest))


@pytest.fixture
def line_artifacts(line_built, tmp_path):
    """(model, artifacts folder) with the built artifact in it, to be damaged."""
    model, artifact = line_built
    return model, Path(shutil.copytree(artifact.folder.parents[1], tmp_path / "artifacts"))
