"""Estimators of frames that only compare the columns' names are given the bare array, and answer the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from artifact_builder_scores import score_of
from sklearn.base import is_classifier
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    VotingRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from artifact_builder.score import names_are_checked_only

RANDOM = np.random.default_rng(0)
FLOATS = pd.DataFrame(RANDOM.normal(size=(40, 3)), columns=["a", "b", "c"])
WITH_INTS = FLOATS.assign(rooms=RANDOM.integers(0, 9, 40))
LABELS = np.where(FLOATS["a"] > 0, "high", "low")

CHECKED_ONLY = [
    Ridge(),
    make_pipeline(StandardScaler(), LogisticRegression()),
    GridSearchCV(make_pipeline(StandardScaler(), LogisticRegression()), {"logisticregression__C": [1.0]}, cv=2),
    RandomForestClassifier(4, random_state=0),
    GradientBoostingClassifier(n_estimators=4, random_state=0),
    BaggingClassifier(n_estimators=2, random_state=0),
    AdaBoostRegressor(n_estimators=2, random_state=0),
    DecisionTreeClassifier(),
    GaussianNB(),
    SVC(),
]
MORE_THAN_CHECKED = [
    HistGradientBoostingRegressor(max_iter=2),
    KNeighborsClassifier(metric=lambda one, other: abs(one - other).sum()),
    SVC(kernel=lambda one, other: one @ other.T),
    VotingRegressor([("a", Ridge())]),
    make_pipeline(FunctionTransformer(lambda frame: frame[["a"]]), Ridge()),
    make_pipeline(make_column_transformer(("passthrough", ["a"])), Ridge()),
    make_pipeline(StandardScaler().set_output(transform="pandas"), Ridge()),
    make_pipeline("passthrough", Ridge()),
]


def fitted(estimator, features):
    return estimator.fit(features, LABELS if is_classifier(estimator) else features["a"])


@pytest.mark.parametrize("features", [FLOATS, WITH_INTS], ids=["floats", "with whole numbers"])
@pytest.mark.parametrize("estimator", CHECKED_ONLY, ids=lambda one: type(one).__name__)
def test_the_array_is_answered_as_the_frame_is(tmp_path, estimator, features):
    estimator = fitted(estimator, features)
    assert names_are_checked_only(estimator)
    score = score_of(tmp_path, features, estimator, names_are_checked_only=True)
    rows = [dict(reversed(row.items())) for row in features.to_dict("records")]
    expected = estimator.predict(features)
    given = score.predict(rows)["prediction"]
    # Sums are rounded by the order of the numbers in memory, which differs between frames of equal values too.
    assert given == (pytest.approx(expected, rel=1e-12) if expected.dtype.kind == "f" else expected.tolist())
    assert isinstance(score.pre_inference(rows), np.ndarray)


@pytest.mark.parametrize("estimator", MORE_THAN_CHECKED, ids=lambda one: type(one).__name__)
def test_whatever_may_use_the_names_is_given_the_frame(estimator):
    assert not names_are_checked_only(fitted(estimator, FLOATS))


def test_whole_numbers_stay_whole(tmp_path):
    score = score_of(tmp_path, WITH_INTS, fitted(Ridge(), WITH_INTS), names_are_checked_only=True)
    for body in ([[1.0, 2.0, 3.0, 4.5]], [[None, 2.0, 3.0, 4.5]]):
        with pytest.raises(ValueError, match=r"row 0, column 'rooms': expected a whole number, found 4\.5"):
            score.predict(body)
    assert score.predict([[1.0, 2.0, 3.0, 4.0]]) == score.predict([[1, 2, 3, 4]])


def test_columns_are_not_taken_by_number(tmp_path):
    score = score_of(tmp_path, FLOATS, fitted(Ridge(), FLOATS), names_are_checked_only=True)
    with pytest.raises(ValueError, match="row 0: wrong columns: missing 'a', 'b', 'c'; not known '0', '1', '2'"):
        score.predict([{"0": 1.0, "1": 2.0, "2": 3.0}])
