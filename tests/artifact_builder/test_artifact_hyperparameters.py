"""Parameters of an estimator as the manifest tells them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from artifact_builder.worker.hyperparameters import hyperparameters


class Forgetful(BaseEstimator):
    """Takes a parameter and does not keep it."""

    def __init__(self, depth=3):
        pass


def test_a_pipelines_parameters_stand_under_their_steps_names():
    told = hyperparameters(make_pipeline(StandardScaler(), LogisticRegression(C=0.5)))

    assert told["logisticregression__C"] == 0.5
    assert told["standardscaler"] == "StandardScaler"
    assert "steps" not in told


@pytest.mark.parametrize(
    ("estimator", "name", "expected"),
    [
        (MLPClassifier(hidden_layer_sizes=(8, 4)), "hidden_layer_sizes", [8, 4]),
        (LogisticRegression(C=np.float64(2)), "C", 2.0),
        (LogisticRegression(class_weight={0: 1, 1: 3}), "class_weight", {"0": 1, "1": 3}),
        (LogisticRegression(random_state=np.random.RandomState(0)), "random_state", "RandomState"),
        (SimpleImputer(), "missing_values", "nan"),
        (FunctionTransformer(np.log1p), "func", "log1p"),
    ],
)
def test_a_value_is_told_as_json_has_it(estimator, name, expected):
    assert hyperparameters(estimator)[name] == expected
    json.dumps(hyperparameters(estimator), allow_nan=False)


@pytest.mark.parametrize("estimator", [object(), Forgetful()])
def test_an_estimator_that_does_not_tell_has_none(estimator):
    assert hyperparameters(estimator) == {}
