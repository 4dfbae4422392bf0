"""Whether an ONNX graph answers as the estimator does: on all samples, and on rows made from their values.

Labels (texts, booleans, whole numbers) must be equal. Numbers may differ by RELATIVE_TOLERANCE of the estimator's
answer plus SCALE_TOLERANCE of the largest answer in the same column: a float has 24 bits (6e-8), so the second is some
sixteen roundings of the largest term of a sum, and the first covers products of such sums. Differences of this size
come from float arithmetic; a leaf taken wrongly or a missing step is orders of magnitude above it.

Samples mostly are rows that the estimator was fitted on, where some wrong graphs happen to be right (interpolation at
its own knots, combinations of categories all seen). So further rows are made: shuffled columns, and numbers in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.inputs import TEXTS, as_fitted
from artifact_builder.worker.methods import answer
from artifact_builder.worker.onnx.graph import OUTPUT
from artifact_builder.worker.onnx.inputs import GraphInputs
from artifact_builder.worker.subject import Subject

RELATIVE_TOLERANCE = 1e-5
SCALE_TOLERANCE = 1e-6
_MADE_ROWS = 200
_SHOWN_COLUMNS = 8


@dataclass(frozen=True)
class _Rows:
    """Answers of both to the same rows, and how far they are apart; arrays of one number a row."""

    absolute: np.ndarray[Any, Any]
    relative: np.ndarray[Any, Any]
    excess: np.ndarray[Any, Any]  # difference over what is allowed: above 1 is wrong


def compare(subject: Subject, session: Any, inputs: GraphInputs) -> dict[str, object]:
    """``{"rows", "made_rows", "largest_absolute_difference", "largest_relative_difference", …tolerances}``.

    Differences are over the samples. Raises WorkerError ``onnx_differs``, naming the worst row.
    """
    features = subject.features
    scale = _scale(subject.answers)
    samples = _checked(session, inputs, features, subject.answers, scale, "")
    one = features.iloc[[0]]
    _checked(session, inputs, one, _answers(subject, one), scale, ", asked for alone,")
    made = made_texts(features) if subject.input_kind == TEXTS else made_rows(features)
    made_answers = _answers_or_none(subject, made)
    if made_answers is not None:
        _checked(session, inputs, made, made_answers, scale, " of those made from the samples' values")
    return {
        "rows": len(features),
        "made_rows": 0 if made_answers is None else len(made),
        "largest_absolute_difference": float(samples.absolute.max()),
        "largest_relative_difference": float(samples.relative.max()),
        "relative_tolerance": RELATIVE_TOLERANCE if scale is not None else 0.0,
        "absolute_tolerance": float(SCALE_TOLERANCE * scale.max()) if scale is not None else 0.0,
    }


def made_rows(features: pd.DataFrame) -> pd.DataFrame:
    """New combinations of the samples' values, the same in every run; in the second half, fractions in between."""
    random = np.random.default_rng(0)
    columns = {}
    for index in range(features.shape[1]):
        series = features.iloc[:, index]
        drawn = series.iloc[random.integers(len(series), size=_MADE_ROWS)].reset_index(drop=True)
        if pd.api.types.is_float_dtype(series.dtype) and (series.dropna() % 1 != 0).any():
            others = series.iloc[random.integers(len(series), size=_MADE_ROWS)].to_numpy()
            weights = np.where(np.arange(_MADE_ROWS) < _MADE_ROWS // 2, 0.0, random.random(_MADE_ROWS))
            drawn = drawn + weights * (others - drawn)
        columns[index] = drawn.astype(series.dtype)
    made = pd.DataFrame(columns)
    made.columns = features.columns
    return made


def made_texts(features: pd.DataFrame) -> pd.DataFrame:
    """Halves of two samples put together, some in capitals; an empty text, and one without words."""
    random = np.random.default_rng(0)
    texts = features.iloc[:, 0].tolist()
    made = ["", "!?"]
    for first, second in random.integers(len(texts), size=(_MADE_ROWS - len(made), 2)):
        text = texts[first][: len(texts[first]) // 2] + " " + texts[second][len(texts[second]) // 2 :]
        made.append(text.upper() if len(made) % 4 == 0 else text)
    return pd.DataFrame({features.columns[0]: made})


def _checked(
    session: Any,
    inputs: GraphInputs,
    features: pd.DataFrame,
    expected: np.ndarray[Any, Any],
    scale: np.ndarray[Any, Any] | None,
    which: str,
) -> _Rows:
    (found,) = session.run([OUTPUT], inputs.tensors(features))
    found = np.asarray(found)
    if found.shape != expected.shape:
        message = (
            f"ONNX gives an answer of shape {list(found.shape)} to {len(features)} rows, "
            f"the estimator of shape {list(expected.shape)}: set format: joblib"
        )
        raise WorkerError("onnx_differs", message)
    rows = _rows(expected, found, scale)
    wrong = int((rows.excess > 1).sum())
    if wrong:
        row = int(np.argmax(rows.excess))
        both = f"the estimator answers {_short(expected[row])}, ONNX {_short(found[row])}"
        message = f"ONNX differs from the estimator on {wrong} of {len(features)} rows; the worst is row {row}{which} "
        message += f"{_shown(features, row)}: {both}{_tolerance(rows, row)}; set format: joblib"
        raise WorkerError("onnx_differs", message)
    return rows


def _rows(expected: np.ndarray[Any, Any], found: np.ndarray[Any, Any], scale: np.ndarray[Any, Any] | None) -> _Rows:
    flat = (len(expected), -1)
    if scale is None:
        unequal = (expected.astype(object) != found.astype(object)).reshape(flat).any(axis=1)
        distance = np.where(unequal, np.inf, 0.0)
        return _Rows(distance, distance, distance)
    with np.errstate(all="ignore"):
        ours, theirs = expected.astype(np.float64), found.astype(np.float64)
        same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
        absolute = np.where(same, 0.0, np.abs(ours - theirs))
        absolute = np.where(np.isfinite(absolute), absolute, np.inf)
        size = np.abs(ours)
        relative = np.where(same, 0.0, absolute / size)
        excess = np.where(same, 0.0, absolute / (RELATIVE_TOLERANCE * size + SCALE_TOLERANCE * scale))
    excess = np.where(np.isnan(excess), np.inf, excess)
    # Beside an answer that is zero but for rounding every difference is relatively endless: those count absolutely.
    relative = np.where(size > SCALE_TOLERANCE * scale, relative, 0.0)
    return _Rows(*(part.reshape(flat).max(axis=1, initial=0.0) for part in (absolute, relative, excess)))


def _scale(answers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """The largest finite answer of each column; None for labels."""
    if answers.dtype.kind != "f":
        return None
    finite = np.where(np.isfinite(answers), np.abs(answers), 0.0)
    largest: np.ndarray[Any, Any] = finite.max(axis=0)
    return largest.astype(np.float64)


def _answers(subject: Subject, features: pd.DataFrame) -> np.ndarray[Any, Any]:
    return answer(subject.estimator, as_fitted(features, subject.input_kind), subject.method)


def _answers_or_none(subject: Subject, features: pd.DataFrame) -> np.ndarray[Any, Any] | None:
    """None where the estimator refuses combinations that it has not seen: then there is no answer to compare with."""
    try:
        return _answers(subject, features)
    except Exception:  # noqa: BLE001  # any step of the user's may refuse, with any exception
        return None


def _tolerance(rows: _Rows, row: int) -> str:
    if not np.isfinite(rows.absolute[row]):
        return ""
    allowed = rows.absolute[row] / rows.excess[row]
    return f", {rows.absolute[row]:.3g} apart where {allowed:.3g} is allowed"


def _shown(features: pd.DataFrame, row: int) -> str:
    values = features.iloc[row].tolist()
    shown = [f"{name}={_short(value)}" for name, value in zip(features.columns[:_SHOWN_COLUMNS], values, strict=False)]
    return f"({', '.join([*shown, '…'] if len(values) > _SHOWN_COLUMNS else shown)})"


def _short(value: Any, limit: int = 60) -> str:
    text = repr(value.tolist() if isinstance(value, np.ndarray | np.generic) else value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
