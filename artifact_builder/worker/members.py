"""Writing the members of an artifact from a fitted estimator and its samples."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from artifact_builder.introspection import score_py_problems
from artifact_builder.runtime_yaml import runtime_yaml
from artifact_builder.score import score_py
from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.estimator import algorithm, load_estimator, task_kind
from artifact_builder.worker.frames import read_truths
from artifact_builder.worker.metrics import metrics
from artifact_builder.worker.model_file import ModelFile, write_model_file
from artifact_builder.worker.outputs import output_frame
from artifact_builder.worker.schema import schema_json
from artifact_builder.worker.subject import Subject, read_subject


@dataclass(frozen=True)
class BuildRequest:
    """What a build is asked for: paths of its inputs, and model.yaml's options by their names there."""

    members_dir: str
    model_folder: str
    estimator: str
    X: str | None
    y: str | None
    hooks: str | None
    score: str | None
    format: str
    model_file_name: str | None
    conda_env: str | None
    python_version: str | None
    predict_proba: bool
    strict: bool
    allow_version_skew: bool
    trust: list[str] = field(default_factory=list)
    metrics: list[str] = field(default_factory=list)
    dtypes: dict[str, str] = field(default_factory=dict)


def write_members(**request: object) -> dict[str, object]:
    """Write all members into the request's ``members_dir``; return what manifest.json says about them.

    The request's keys are BuildRequest's. Raises WorkerError.
    """
    return _write(BuildRequest(**request))  # type: ignore[arg-type]  # our own process on the other end


def _write(request: BuildRequest) -> dict[str, object]:
    folder = Path(request.members_dir)
    loaded = load_estimator(Path(request.estimator))
    if request.X is None:
        raise WorkerError("samples", "train must return X_sample: rows of features that show what the model takes")
    subject = read_subject(loaded, Path(request.X), dtypes=request.dtypes, predict_proba=request.predict_proba)
    truths = read_truths(Path(request.y), len(subject.features)) if request.y is not None else None
    facts = {
        "input_kind": subject.input_kind,
        "method": subject.method,
        "estimator": _estimator_facts(subject),
        "golden": subject.golden(),
        "metrics": metrics(subject.estimator, subject.given, truths, request.metrics),
    }
    model_file = write_model_file(subject, folder, request.format, request.model_file_name)
    _write_texts(folder, request, subject, truths, model_file)
    if request.hooks is not None:
        shutil.copyfile(request.hooks, folder / "hooks.py")
    return {"format": model_file.format, "model_file_name": model_file.file_name, **facts, **model_file.facts}


def _estimator_facts(subject: Subject) -> dict[str, str]:
    estimator = subject.estimator
    return {
        "class": type(estimator).__name__,
        "algorithm": algorithm(estimator),
        "kind": task_kind(estimator) if subject.method != "transform" else "transformer",
    }


def _write_texts(
    folder: Path, request: BuildRequest, subject: Subject, truths: pd.DataFrame | None, model_file: ModelFile
) -> None:
    outputs = output_frame(subject, truths)
    texts = {
        "input_schema.json": schema_json(subject.features),
        "output_schema.json": schema_json(outputs),
        "runtime.yaml": runtime_yaml(
            conda_env=request.conda_env or "generalml_p311_cpu_x86_64_v1",
            python_version=request.python_version or "3.11",
        ),
        "score.py": _score_py(request, subject, model_file),
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode())


def _score_py(request: BuildRequest, subject: Subject, model_file: ModelFile) -> str:
    """The user's own file where model.yaml names one, else ours."""
    if request.score is None:
        return score_py(
            model_file_name=model_file.file_name,
            format=model_file.format,
            input_kind=subject.input_kind,
            method=subject.method,
            strict=request.strict,
            has_hooks=request.hooks is not None,
            has_own_modules=False,
            onnx_output=model_file.onnx_output,
        )
    path = Path(request.score)
    try:
        source = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise WorkerError("score", f"{path.name} must be UTF-8 text: {error}") from error
    problems = score_py_problems(source, path.name)
    if problems:
        raise WorkerError("score", "OCI would refuse the model's own score.py:\n" + "\n".join(problems))
    return source
