"""The model file in the format that model.yaml asks for, or, with ``auto``, in the one that keeps the predictions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.guard.model_pickle import scan_pickle
from artifact_builder.worker.reproducible_pickle import dump
from artifact_builder.worker.stability import stability
from artifact_builder.worker.subject import Subject

JOBLIB, ONNX, AUTO = "joblib", "onnx", "auto"


@dataclass(frozen=True)
class ModelFile:
    """What was written.

    ``facts`` are for the manifest, ``notes`` for the person who builds; ``onnx_output`` is the tensor that score.py
    fetches; ``modules`` are the top-level modules of the classes in the file.
    """

    format: str
    file_name: str
    facts: dict[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    onnx_output: str | None = None
    modules: frozenset[str] = frozenset()


def write_model_file(subject: Subject, folder: Path, asked_format: str, file_name: str | None) -> ModelFile:
    """Write the model file into ``folder``. Raises WorkerError where the format cannot be had.

    With ``auto``, ONNX is tried first and joblib is taken where it cannot be had; the notes say which and why.
    """
    if asked_format == JOBLIB:
        return _joblib(subject, folder, file_name)
    if asked_format == ONNX:
        return _onnx(subject, folder, file_name)
    try:
        taken = _onnx(subject, folder, None)
        return replace(taken, notes=("format onnx: it answers the samples as the estimator does", *taken.notes))
    except WorkerError as error:
        taken = _joblib(subject, folder, None)
        return replace(taken, notes=(f"format joblib, for {error}", *taken.notes))


def _joblib(subject: Subject, folder: Path, file_name: str | None) -> ModelFile:
    name = file_name or "model.joblib"
    dump(subject.estimator, folder / name)
    reproducible = stability(subject.estimator, folder / name)
    notes = () if reproducible.is_stable else (str(reproducible),)
    modules = {found.module.partition(".")[0] for found in scan_pickle(folder / name).globals_called}
    return ModelFile(JOBLIB, name, {"model_file": reproducible.to_json()}, notes, modules=frozenset(modules))


def _onnx(subject: Subject, folder: Path, file_name: str | None) -> ModelFile:
    from artifact_builder.worker.onnx.conversion import convert  # half a second of imports that joblib does not need

    name = file_name or "model.onnx"
    model = convert(subject, folder / name)
    return ModelFile(ONNX, name, {"onnx": model.facts}, onnx_output=model.output)
