"""The model file in the format that model.yaml asks for, or, with ``auto``, in the one that keeps the predictions."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.reproducible_pickle import dump
from artifact_builder.worker.subject import Subject

JOBLIB, ONNX, AUTO = "joblib", "onnx", "auto"


@dataclass(frozen=True)
class ModelFile:
    """What was written. ``facts`` are for the manifest; ``onnx_output`` is the tensor that score.py fetches."""

    format: str
    file_name: str
    facts: dict[str, object] = field(default_factory=dict)
    onnx_output: str | None = None


def write_model_file(subject: Subject, folder: Path, asked_format: str, file_name: str | None) -> ModelFile:
    """Write the model file into ``folder``. Raises WorkerError where the format cannot be had.

    With ``auto``, ONNX is tried first; joblib is taken where it cannot be had, and the facts say why.
    """
    if asked_format == JOBLIB:
        return _joblib(subject, folder, file_name)
    if asked_format == ONNX:
        return _onnx(subject, folder, file_name)
    try:
        return _onnx(subject, folder, None)
    except WorkerError as error:
        (folder / "model.onnx").unlink(missing_ok=True)
        taken = _joblib(subject, folder, None)
        return ModelFile(taken.format, taken.file_name, {**taken.facts, "format_reason": str(error)})


def _joblib(subject: Subject, folder: Path, file_name: str | None) -> ModelFile:
    name = file_name or "model.joblib"
    dump(subject.estimator, folder / name)
    return ModelFile(JOBLIB, name)


def _onnx(subject: Subject, folder: Path, file_name: str | None) -> ModelFile:
    raise WorkerError(
        "onnx_unsupported", f"{subject.input_kind} {folder.name} {file_name}: not there yet"
    )
