"""`train:` callables: what they return, what they raise, what they may not do."""

from __future__ import annotations

import pytest
from artifact_builder_models import only_model, write_model

from artifact_builder import BuildError, build

TRAIN = """\
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

class Doubled(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self
    def transform(self, X):
        return X * 2

def train():
    X = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0]})
    return make_pipeline(Doubled(), LinearRegression()).fit(X, X["a"]), X, X["a"]
"""


def trained(tmp_path, source: str, function: str = "train"):
    folder = write_model(tmp_path / "models" / "line", yaml_text=f"train: train.py:{function}\n")
    (folder / "train.py").write_text(source)
    return build(only_model(tmp_path / "models"), tmp_path / "artifacts")


def refusal(tmp_path, source: str, function: str = "train") -> str:
    with pytest.raises(BuildError) as caught:
        trained(tmp_path, source, function)
    assert caught.value.kind == "train"
    return str(caught.value)


def test_classes_that_train_py_defines_are_carried_with_it(tmp_path):
    artifact = trained(tmp_path, TRAIN)
    assert "train.py" in {member["name"] for member in artifact.manifest["members"]}
    assert artifact.manifest["golden"]["predictions"] == pytest.approx([0.0, 1.0, 2.0, 3.0])


def test_what_it_raises_is_told_from_the_users_own_file_on(tmp_path, worker_here):
    message = refusal(tmp_path, "def train():\n    raise RuntimeError('no data')\n")
    assert "RuntimeError: no data" in message
    assert 'train.py", line 2, in train' in message
    assert "artifact_builder" not in message


def test_a_function_that_is_not_there_is_told_with_those_that_are(tmp_path, worker_here):
    message = refusal(tmp_path, "def fit():\n    return 5\n")
    assert message == "line: train.py must have the function train() that model.yaml names, found: fit"


def test_what_it_must_return_is_told(tmp_path, worker_here):
    assert "must return (estimator, X_sample, y_sample), found int" in refusal(tmp_path, "def train():\n    return 5\n")


def test_it_has_no_network(tmp_path):
    source = "import socket\ndef train():\n    return socket.create_connection(('127.0.0.1', 9))\n"
    assert "a build has no network: the address of 127.0.0.1:9 was asked for" in refusal(tmp_path, source)
