"""score.py of any kind, without a build: for tests of what it does with bodies."""

from __future__ import annotations

import base64
import io
import itertools
import json
from pathlib import Path

import joblib
import numpy as np
from artifact_builder_models import imported_score

from artifact_builder.score import score_py
from artifact_builder.worker.schema import schema_json

_numbers = itertools.count()


def score_of(  # noqa: PLR0913  # as score_py() has them
    folder: Path,
    features,
    estimator=None,
    *,
    input_kind="frame",
    method="predict",
    strict=False,
    has_own_modules=False,
    names_are_checked_only=False,
    hooks: str | None = None,
):
    """score.py beside a model file and the schema of ``features``, as a module."""
    folder = folder / f"artifact{next(_numbers)}"
    folder.mkdir(parents=True)
    joblib.dump({} if estimator is None else estimator, folder / "model.joblib")
    (folder / "input_schema.json").write_text(schema_json(features))
    if hooks is not None:
        (folder / "hooks.py").write_text(hooks)
    text = score_py(
        model_file_name="model.joblib",
        format="joblib",
        input_kind=input_kind,
        column_dtypes=column_dtypes(features),
        method=method,
        strict=strict,
        has_hooks=hooks is not None,
        has_own_modules=has_own_modules,
        names_are_checked_only=names_are_checked_only,
    )
    (folder / "score.py").write_text(text)
    return imported_score(folder)


def column_dtypes(features) -> list[str]:
    """As input_schema.json has them."""
    return [column["dtype"] for column in json.loads(schema_json(features))["schema"]]


def npy(array) -> str:
    """Base64 of numpy.save(), as oracle-ads sends an array."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    return base64.b64encode(buffer.getvalue()).decode()


def pandas_forms(frame):
    """Bodies by form: all orients that DataFrame.to_json() knows, parsed, as text and as oracle-ads wraps it."""
    forms = {}
    for orient in ("columns", "index", "records", "split", "values", "table"):
        try:
            text = frame.to_json(orient=orient, double_precision=15, date_format="iso")
        except (ValueError, OverflowError):
            continue  # table takes no column that is named as an index is
        forms[orient] = json.loads(text)
        forms[f"{orient} as text"] = text
        forms[f"{orient} in data"] = {"data": text, "data_type": "<class 'pandas.core.frame.DataFrame'>"}
    return forms
