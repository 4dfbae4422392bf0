"""The score.py of an artifact: the user's own where model.yaml names one, else the generated one."""

from __future__ import annotations

from pathlib import Path

from artifact_builder.introspection import score_py_problems
from artifact_builder.score import names_are_checked_only, score_py
from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.known_texts import known_texts
from artifact_builder.worker.model_file import ONNX, ModelFile
from artifact_builder.worker.plain_categories import takes_texts_for_categories
from artifact_builder.worker.subject import Subject


def score_source(
    own: Path | None,
    subject: Subject,
    model_file: ModelFile,
    *,
    strict: bool,
    has_hooks: bool,
    has_own_modules: bool,
) -> str:
    """Text of score.py. Raises WorkerError where OCI would refuse the user's own."""
    if own is None:
        has_plain_categories = model_file.format != ONNX and not strict and takes_texts_for_categories(subject)
        return score_py(
            model_file_name=model_file.file_name,
            format=model_file.format,
            input_kind=subject.input_kind,
            column_dtypes=_column_dtypes(subject, has_plain_categories=has_plain_categories),
            has_plain_categories=has_plain_categories,
            method=subject.method,
            strict=strict,
            has_hooks=has_hooks,
            has_own_modules=has_own_modules,
            names_are_checked_only=names_are_checked_only(subject.estimator),
            onnx_output=model_file.onnx_output,
            known_texts=known_texts(subject) if model_file.format == ONNX else None,
        )
    try:
        source = own.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise WorkerError("score", f"{own.name} must be UTF-8 text: {error}") from error
    problems = score_py_problems(source, own.name)
    if problems:
        raise WorkerError("score", "OCI would refuse the model's own score.py:\n" + "\n".join(problems))
    return source


def _column_dtypes(subject: Subject, *, has_plain_categories: bool) -> list[str]:
    dtypes = [_schema_dtype(str(dtype)) for dtype in subject.features.dtypes]
    return ["object" if dtype == "category" and has_plain_categories else dtype for dtype in dtypes]


def _schema_dtype(name: str) -> str:
    """As input_schema.json has it: texts are ``object``, whichever name this pandas has for them."""
    return "object" if name.startswith("str") else name
