"""Writing the members of an artifact from a fitted estimator and its samples."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sklearn

from artifact_builder.inference_env import InferenceEnv, Needs, inference_env
from artifact_builder.requirements_txt import requirements_txt
from artifact_builder.runtime_yaml import runtime_yaml
from artifact_builder.signature import signature
from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.estimator import LoadedEstimator, algorithm, load_estimator, task_kind
from artifact_builder.worker.frames import check_dtype_names, read_truths
from artifact_builder.worker.hyperparameters import hyperparameters
from artifact_builder.worker.methods import TRANSFORM
from artifact_builder.worker.metrics import metrics
from artifact_builder.worker.model_file import JOBLIB, ModelFile, write_model_file
from artifact_builder.worker.outputs import output_classes, output_frame
from artifact_builder.worker.own_modules import importable, imports_of, own_modules
from artifact_builder.worker.schema import schema_json
from artifact_builder.worker.score_source import score_source
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
    asked = BuildRequest(**request)  # type: ignore[arg-type]  # our own process on the other end
    model_folder = Path(asked.model_folder)
    loaded = load_estimator(Path(asked.estimator), trust=asked.trust, model_folder=model_folder)
    with importable(model_folder):  # a prediction may import what loading did not
        return _write(asked, loaded)


def _write(asked: BuildRequest, loaded: LoadedEstimator) -> dict[str, object]:
    folder = Path(asked.members_dir)
    if asked.X is None:
        raise WorkerError("samples", "train must return X_sample: rows of features that show what the model takes")
    subject = read_subject(loaded.estimator, Path(asked.X), dtypes=asked.dtypes, predict_proba=asked.predict_proba)
    truths = read_truths(Path(asked.y), len(subject.features), asked.dtypes) if asked.y is not None else None
    check_dtype_names(asked.dtypes, subject.features, truths)
    golden = subject.golden()
    measured = metrics(subject, truths, asked.metrics)
    model_file = write_model_file(subject, folder, asked.format, asked.model_file_name)
    environment = _environment(asked, model_file)
    schemas = {
        "input_schema.json": schema_json(subject.features),
        "output_schema.json": schema_json(output_frame(subject, truths)),
    }
    carried = _carried_modules(asked, loaded, model_file)
    score = score_source(
        Path(asked.score) if asked.score is not None else None,
        subject,
        model_file,
        strict=asked.strict,
        has_hooks=asked.hooks is not None,
        has_own_modules=bool(carried.keys() - {"hooks.py"}),
    )
    sources = {"score.py": score, **carried}
    texts = {
        **schemas,
        **sources,
        "runtime.yaml": runtime_yaml(conda_env=environment.conda_env, python_version=environment.python_version),
        "requirements.txt": requirements_txt(sources, estimator_modules=model_file.modules),
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode())
    return {
        "format": model_file.format,
        "model_file_name": model_file.file_name,
        "inference_env": {"conda_env": environment.conda_env, "python_version": environment.python_version},
        "estimator": _estimator_facts(subject),
        "hyperparameters": hyperparameters(subject.estimator),
        "signature": _signature(asked, subject, schemas),
        "metrics": measured,
        **model_file.facts,
        **({"trusted_globals": list(loaded.trusted_globals)} if loaded.trusted_globals else {}),
        "notes": [*_trust_notes(loaded), *model_file.notes, *environment.notes],
        "golden": golden,
    }


def _environment(asked: BuildRequest, model_file: ModelFile) -> InferenceEnv:
    """What runtime.yaml names. Raises WorkerError where the estimator does not go with it, unless that is allowed."""
    onnx_facts = model_file.facts.get("onnx", {})
    opset = onnx_facts.get("opset") if isinstance(onnx_facts, dict) else None
    needs = Needs(
        format=model_file.format,
        python=".".join(platform.python_version_tuple()[:2]),
        scikit_learn=sklearn.__version__,
        opset=opset,
    )
    environment = inference_env(asked.conda_env, asked.python_version, needs)
    if environment.problem is None:
        return environment
    if not asked.allow_version_skew:
        raise WorkerError("environment", environment.problem)
    return InferenceEnv(
        environment.conda_env, environment.python_version, None, (environment.problem, *environment.notes)
    )


def _carried_modules(asked: BuildRequest, loaded: LoadedEstimator, model_file: ModelFile) -> dict[str, str]:
    """hooks.py, and modules of the model's folder that it, score.py or the estimator need: file name → text."""
    needed = set(loaded.own_modules) if model_file.format == JOBLIB else set()  # ONNX has no classes left in it
    for own in filter(None, (asked.hooks, asked.score)):
        needed |= set(own_modules(Path(asked.model_folder), imports_of(Path(own))))
    paths = {path.name: path for path in needed}
    if asked.hooks is not None:
        if "hooks.py" in paths and Path(asked.hooks) != paths["hooks.py"]:
            raise WorkerError(
                "own_module", "hooks.py holds classes of the estimator: name it under hooks, or rename it"
            )
        paths["hooks.py"] = Path(asked.hooks)
    try:
        return {name: path.read_text(encoding="utf-8") for name, path in sorted(paths.items())}
    except UnicodeDecodeError as error:
        raise WorkerError("own_module", f"a Python file of the model's folder must be UTF-8 text: {error}") from error


def _signature(asked: BuildRequest, subject: Subject, schemas: dict[str, str]) -> dict[str, Any]:
    return signature(
        json.loads(schemas["input_schema.json"]),
        json.loads(schemas["output_schema.json"]),
        input_kind=subject.input_kind,
        method=subject.method,
        strict=asked.strict,
        classes=output_classes(subject),
    )


def _estimator_facts(subject: Subject) -> dict[str, str]:
    estimator = subject.estimator
    return {
        "class": type(estimator).__name__,
        "algorithm": algorithm(estimator),
        "kind": "transformer" if subject.method == TRANSFORM else task_kind(estimator),
    }


def _trust_notes(loaded: LoadedEstimator) -> list[str]:
    names = ", ".join(loaded.trusted_globals)
    return [f"loading the estimator ran code that model.yaml trusts: {names}"] if names else []
