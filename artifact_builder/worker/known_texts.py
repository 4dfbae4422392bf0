"""The categories that an estimator knows, of columns in which it refuses others.

An encoder with ``handle_unknown="error"`` raises. In an ONNX graph some have no way to: an OrdinalEncoder's operator
answers -1, and the model goes on with it. So the score.py of a graph is told what to refuse.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from artifact_builder.worker.inputs import ARRAY, FRAME, as_fitted
from artifact_builder.worker.methods import answer
from artifact_builder.worker.subject import Subject

_UNKNOWN = "a text that no encoder knows"


def known_texts(subject: Subject) -> dict[str, list[str]]:
    """Column → the texts it may hold, sorted; only columns of texts in which the estimator refuses an unknown one."""
    if subject.input_kind not in {FRAME, ARRAY}:
        return {}
    known: dict[str, set[str]] = {}
    names = [str(name) for name in subject.features.columns]
    for encoder in _refusing_encoders(subject.estimator, set()):
        seen = getattr(encoder, "feature_names_in_", None)
        if seen is None and len(encoder.categories_) == len(names):
            seen = names
        for name, categories in zip(seen if seen is not None else (), encoder.categories_, strict=False):
            known.setdefault(str(name), set()).update(text for text in categories.tolist() if isinstance(text, str))
    return {name: sorted(texts) for name, texts in known.items() if texts and _refuses_unknown(subject, name)}


def _refusing_encoders(part: Any, seen: set[int]) -> Iterator[Any]:
    """Encoders that refuse unknown categories, wherever in the estimator they are."""
    if id(part) in seen:
        return
    seen.add(id(part))
    if isinstance(part, list | tuple):
        inner = list(part)
    elif isinstance(part, dict):
        inner = list(part.values())
    elif isinstance(part, np.ndarray) and part.dtype == object:
        inner = part.ravel().tolist()
    elif hasattr(part, "get_params") and not isinstance(part, type):
        if hasattr(part, "categories_") and getattr(part, "handle_unknown", None) == "error":
            yield part
        inner = list(vars(part).values())
    else:
        return
    for one in inner:
        yield from _refusing_encoders(one, seen)


def _refuses_unknown(subject: Subject, name: str) -> bool:
    if name not in subject.features:
        return False
    row = subject.features.iloc[[0]].copy()
    row[name] = pd.Series([_UNKNOWN], index=row.index, dtype=object)
    try:
        answer(subject.estimator, as_fitted(row, subject.input_kind), subject.method)
    except Exception:  # noqa: BLE001  # any step of the user's may refuse, with any exception
        return True
    return False
