"""Requests that are predicted together get the answers that they would have got alone."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
import textwrap
from pathlib import Path

import joblib
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from deployment_under_test import write_artifact
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from model_server.artifact import Artifact, read_body
from model_server.batch import BatchRun
from model_server.frames import BodyForm, Member
from model_server.signature import Claim
from model_server.worker_process import MMAP_MODE, MMAP_VARIABLE

NOISE = 1e-12  # relative: a matrix product adds up in another order when it has more rows
SCORE = """
    import numpy as np, pandas as pd
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.linear_model import LinearRegression

    rows_are_independent = True
    random = np.random.default_rng(0)
    X = random.normal(size=(80, 3))
    calls = []

    class Counted:
        def __init__(self, model):
            self.model = model.fit(ROWS, X @ [1.0, 2.0, 3.0])

        def predict(self, rows):
            calls.append(len(rows))
            return self.model.predict(rows)

    ROWS = KIND
    MODEL = Counted(ESTIMATOR)

    def load_model():
        return MODEL

    def pre_inference(data, input_schema_path=None):
        if data == "print":
            print("said before")
            data = [[0, 0, 0]]
        if any(value is None for row in data for value in row):
            raise ValueError("a value is missing")
        array = np.array(data, dtype=float)
        return pd.DataFrame(array, columns=ROWS.columns) if isinstance(ROWS, pd.DataFrame) else array

    def post_inference(yhat):
        return yhat.tolist()

    def predict(data, model=load_model(), input_schema_path=None):
        return {"prediction": post_inference(model.predict(pre_inference(data, input_schema_path)))}
"""
MAPPED_SCORE = """
    import os
    from functools import lru_cache
    import joblib, numpy as np

    rows_are_independent = True
    row_counts = []

    class Counted:
        def __init__(self):
            self.model = joblib.load(PATH, mmap_mode=os.environ["PADDOCK_MMAP_MODE"])

        def predict(self, rows):
            row_counts.append(len(rows))
            return self.model.predict(rows)

    @lru_cache
    def load_model():
        row_counts.clear()
        return Counted()

    def pre_inference(data, input_schema_path=None):
        return np.array(data, dtype=float)

    def post_inference(yhat):
        return yhat.tolist()

    def predict(data, model=load_model(), input_schema_path=None):
        return {"prediction": post_inference(model.predict(pre_inference(data, input_schema_path)))}
"""
WRAPPED = """
    import functools

    def noted(function):
        @functools.wraps(function)
        def predict(data, model=load_model(), input_schema_path=None):
            return {"prediction": function(data, model, input_schema_path)["prediction"], "by": "ours"}

        return predict

    predict = noted(predict)
"""
ESTIMATORS = {
    "linear, arrays": ("LinearRegression()", "X"),
    "forest, arrays": ("RandomForestRegressor(5, random_state=0)", "X"),
    "linear, frames": ("LinearRegression()", 'pd.DataFrame(X, columns=["a", "b", "c"])'),
}
ROWS = st.lists(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def make_artifact(tmp_path_factory):
    """Import score.py here; what that does to the process is undone."""
    cwd, path, writes_nothing = Path.cwd(), list(sys.path), sys.dont_write_bytecode

    def made(score=SCORE, estimator="LinearRegression()", rows="X"):
        text = textwrap.dedent(score).replace("ESTIMATOR", estimator).replace("KIND", rows)
        return Artifact(write_artifact(tmp_path_factory.mktemp("artifact") / "a", text))

    yield made
    os.chdir(cwd)
    sys.path[:], sys.dont_write_bytecode = path, writes_nothing


@pytest.fixture(scope="module")
def artifacts(make_artifact):
    return {name: make_artifact(estimator=words[0], rows=words[1]) for name, words in ESTIMATORS.items()}


class Run:
    def __init__(self, artifact):
        self.said, self.reports, self._about = [], [], 0
        self._run = BatchRun(artifact, self._set, self.reports.append)

    def _set(self, number):
        self._about = number

    def answers(self, bodies):
        raw = [body if isinstance(body, bytes) else json.dumps(body).encode() for body in bodies]
        members = [Member(number, BodyForm.JSON, body) for number, body in enumerate(raw, 1)]
        answered = self._run.answers(members)
        assert [member.number for member in answered] == [member.number for member in members]
        return [(member.word, json.loads(member.body)) for member in answered]


@pytest.mark.parametrize("name", ESTIMATORS)
@settings(max_examples=25, deadline=None)
@given(bodies=st.lists(ROWS, min_size=2, max_size=6))
def test_answers_are_those_of_requests_alone(artifacts, name, bodies):
    calls = artifacts[name].predict.__globals__["calls"]
    calls.clear()
    together = Run(artifacts[name]).answers(bodies)
    assert calls == [sum(map(len, bodies))]
    for (status, answer), body in zip(together, bodies, strict=True):
        assert status == 200
        alone = artifacts[name].predict(body)["prediction"]
        np.testing.assert_allclose(answer["prediction"], alone, rtol=NOISE, atol=NOISE * 1e4)


@pytest.mark.parametrize(
    ("bad", "status", "words"),
    [
        ([[1, None, 3]], 500, "a value is missing"),
        (b"{", 400, "must be JSON"),
        ([[1, 2]], 500, "features"),
        ([[1, 2, 3], [1, 2]], 500, "inhomogeneous"),
        ([[1, 2, 1e999]], 500, "infinity"),
    ],
)
def test_a_bad_request_fails_alone(artifacts, bad, status, words):
    run = Run(artifacts["linear, arrays"])
    (first, failed, last) = run.answers([[[1, 2, 3]], bad, [[4, 5, 6]]])
    assert failed[0] == status
    assert words in failed[1]["message"]
    assert [round(value, 6) for value in first[1]["prediction"] + last[1]["prediction"]] == [14, 32]


def test_what_raises_only_in_company_is_predicted_alone(make_artifact):
    score = SCORE.replace("calls.append(len(rows))", "assert len(rows) == 1")
    answers = Run(make_artifact(score)).answers([[[1, 2, 3]], [[4, 5, 6]]])
    assert [status for status, _ in answers] == [200, 200]


@pytest.mark.parametrize(
    "score",
    [
        SCORE.replace("rows_are_independent = True", "rows_are_independent = False"),
        SCORE.replace("rows_are_independent = True", ""),
        SCORE.replace('return {"prediction": post', 'return {"answer": post'),
        SCORE + WRAPPED,
        SCORE.replace(
            "    def predict(data, model=load", "    @(lambda function: function)\n    def predict(data, model=load"
        ),
        SCORE.replace("    def predict(data, model=load", "    import functools\n\n    def ours(data, model=load")
        + "    predict = functools.partial(ours)\n    predict.__globals__ = globals()\n",
    ],
)
def test_a_score_py_that_does_not_say_so_is_asked_request_by_request(make_artifact, score):
    artifact = make_artifact(score)
    assert artifact.shared is None
    Run(artifact).answers([[[1, 2, 3]], [[4, 5, 6]]])
    assert artifact.predict.__globals__["calls"] == [1, 1]


def test_an_answer_that_is_no_array_is_not_shared_for_ever(make_artifact):
    score = SCORE.replace("return self.model.predict(rows)", "return list(self.model.predict(rows))")
    score = score.replace("yhat.tolist()", "list(yhat)")
    artifact = make_artifact(score)
    for _ in range(10):
        answers = Run(artifact).answers([[[1, 2, 3]], [[4, 5, 6]]])
        assert [round(answer["prediction"][0], 6) for _, answer in answers] == [14, 32]
    assert artifact.shared is not None
    assert not artifact.shared.is_of_use


def test_a_classifier_whose_arrays_are_mapped_is_shared(make_artifact, tmp_path, monkeypatch):
    """Workers map what a model holds; labels that are taken from mapped classes are a memmap then, not an array."""
    monkeypatch.setenv(MMAP_VARIABLE, MMAP_MODE)
    joblib.dump(LogisticRegression().fit([[0.0], [1.0]], [3, 7]), tmp_path / "model.joblib")
    artifact = make_artifact(MAPPED_SCORE.replace("PATH", repr(str(tmp_path / "model.joblib"))))
    model = artifact.predict.__globals__["load_model"]().model
    assert type(model.predict([[1.0]])) is np.memmap
    for _ in range(10):
        answers = Run(artifact).answers([[[0.0]], [[1.0], [0.0]]])
        assert answers == [(200, {"prediction": [3]}), (200, {"prediction": [7, 3]})]
    assert artifact.predict.__globals__["row_counts"] == [3] * 10


@pytest.mark.parametrize("changed", ["text", "signature", "body"])
def test_a_request_that_is_not_signed_as_it_says_is_401_and_its_body_never_read(artifacts, keys, changed):
    private = load_pem_private_key(keys.private_pem.encode(), None)
    bodies = [b"[[1, 2, 3]]", b"[[4, 5, 6]]", b"no JSON"]
    members = []
    for number, body in enumerate(bodies, 1):
        digest = base64.b64encode(hashlib.sha256(body).digest())
        text = b"x-content-sha256: " + digest
        pem, length = keys.public_pem.encode(), b"%d" % len(body)
        claim = Claim(b"key", pem, digest, length, text, private.sign(text, PKCS1v15(), SHA256()))
        if number == 3 and changed != "body":
            claim = claim._replace(**{changed: b"another"})
        members.append(
            Member(number, BodyForm.JSON, body + b" " * (number == 3 and changed == "body"), claim.to_bytes())
        )
    run = BatchRun(artifacts["linear, arrays"], lambda _number: None, pytest.fail)
    answered = run.answers(members)
    assert [member.word for member in answered] == [200, 200, 401]
    assert json.loads(answered[2].body)["code"] == "NotAuthenticated"
    assert [round(json.loads(one.body)["prediction"][0], 6) for one in answered[:2]] == [14, 32]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(value=JSON_VALUES)
def test_bodies_are_read_as_the_standard_library_reads_them(value):
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        body = text.encode("utf-8", "surrogatepass")
        assert repr(read_body(BodyForm.JSON, body)) == repr(json.loads(text))


@pytest.mark.parametrize(
    "text", ["[NaN, -Infinity]", "1e400", "123456789012345678901234567890", "[1.7976931348623157e308]"]
)
def test_numbers_that_json_has_no_name_for_are_read_as_python_does(text):
    assert repr(read_body(BodyForm.JSON, text.encode())) == repr(json.loads(text))
