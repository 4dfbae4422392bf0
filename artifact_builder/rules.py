"""Rules between values of one model.yaml, checked on the plain values beside the types.

A rule is silent where a value it needs has a problem of its own already.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from artifact_builder.deployment_rules import deployment_breaches
from artifact_builder.rule_values import Breach, Values
from artifact_builder.yaml_types import is_file


def breaches(values: Values, folder: Path) -> Iterator[Breach]:
    """Every broken rule between values, and every file that is named and not there."""
    yield from deployment_breaches(values)
    yield from _sources(values, folder)
    yield from _model_file(values)


def _model_file(values: Values) -> Iterator[Breach]:
    file_name, kind = values.get("model_file_name"), values.get("format", "joblib")
    if not isinstance(file_name, str) or not isinstance(kind, str):
        return
    if kind == "auto":
        message = "must be left out where format is auto: its ending depends on the format that is chosen"
        yield Breach("model_file_name", message, shows_found=False, others=("format",))
    elif not file_name.endswith(f".{kind}"):
        yield Breach("model_file_name", f"must end in .{kind} (format: {kind})", file_name, others=("format",))


def _ready_artifact(values: Values, folder: Path) -> Iterator[Breach]:
    """A ready artifact is taken as it is: whatever would make, or change, an artifact says something else."""
    file_name = values.get("artifact")
    if isinstance(file_name, str) and not is_file(folder / file_name):
        yield _absent("artifact", file_name)
    for path in ("estimator", "train", "hooks", "score", "model_file_name", "conda_env", "python_version"):
        if values.get(path) is not None:
            message = "must be left out where artifact is given: a ready artifact is taken as it is"
            yield Breach(path, message, shows_found=False, others=("artifact",))


def _sources(values: Values, folder: Path) -> Iterator[Breach]:
    if values.get("artifact") is not None:
        yield from _ready_artifact(values, folder)
        yield from _absent_files(values, folder, ("samples.X", "samples.y"))
        return
    estimator, train = values.get("estimator", ""), values.get("train", "")
    has_estimator = isinstance(estimator, str) and bool(estimator) and is_file(folder / estimator)
    if estimator == "" and train == "":
        yield Breach("estimator", "must be given (a fitted estimator's file), or train instead", shows_found=False)
    if isinstance(estimator, str) and estimator and not has_estimator and train == "":
        yield _absent("estimator", estimator)
    if isinstance(train, str) and train and not has_estimator:
        file = train.rpartition(":")[0]
        if not is_file(folder / file):
            yield _absent("train", file)
    if has_estimator and values.get("samples", "") == "":
        yield Breach("samples", "must be given: {X: file, y: file}, y where true values are known", shows_found=False)
    yield from _absent_files(values, folder, ("samples.X", "samples.y", "hooks", "score"))


def _absent_files(values: Values, folder: Path, paths: tuple[str, ...]) -> Iterator[Breach]:
    for path in paths:
        file_name = values.get(path)
        if isinstance(file_name, str) and not is_file(folder / file_name):
            yield _absent(path, file_name)


def _absent(path: str, file_name: str) -> Breach:
    return Breach(path, "must be a file that is there, relative to the model's folder", f"no file {file_name}")
