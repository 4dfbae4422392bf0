"""Whether an estimator that was fitted on categories takes their plain texts for the same.

Encoders look at the values only; a frame of texts is made, and read by them, in a fraction of the time that a frame of
categories takes. Others (HistGradientBoosting's ``from_dtype``) look at the dtype: they must have categories.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from artifact_builder.worker.golden import json_answers
from artifact_builder.worker.inputs import FRAME
from artifact_builder.worker.methods import answer
from artifact_builder.worker.subject import Subject

_UNKNOWN = "a text that no sample has"


def takes_texts_for_categories(subject: Subject) -> bool:
    """Whether all samples, one alone, one without a value, one with an unknown text get the same answer or refusal."""
    frame = subject.features
    names = [name for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)]
    if subject.input_kind != FRAME or not names:
        return False
    if not all(isinstance(text, str) for name in names for text in frame[name].cat.categories):
        return False
    row = frame.iloc[[0]]
    if any(_asked(subject, asked) != _asked(subject, _plain(asked, names)) for asked in (frame, row)):
        return False
    for name in names:
        for odd in (np.nan, _UNKNOWN):
            values = pd.Categorical([odd], categories=[*frame[name].cat.categories, _UNKNOWN])
            changed = row.assign(**{name: values})
            if _asked(subject, changed) != _asked(subject, _plain(changed, names)):
                return False
    return True


def _plain(frame: pd.DataFrame, names: list[Any]) -> pd.DataFrame:
    return frame.assign(**{name: frame[name].astype(object) for name in names})


def _asked(subject: Subject, frame: pd.DataFrame) -> object:
    """The answers; the kind of the exception where the estimator refuses."""
    try:
        return json_answers(answer(subject.estimator, frame, subject.method))
    except Exception as error:  # noqa: BLE001  # any step of the user's may refuse, with any exception
        return type(error)
