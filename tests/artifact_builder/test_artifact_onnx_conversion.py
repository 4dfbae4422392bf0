"""Conversion to ONNX: what goes in, what comes out, which differences are found, and the same bytes each time."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import warnings

import joblib
import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.onnx.comparison import compare, made_rows
from artifact_builder.worker.onnx.conversion import convert
from artifact_builder.worker.onnx.deadline import deadline
from artifact_builder.worker.onnx.inputs import graph_inputs
from artifact_builder.worker.onnx.session import open_session
from artifact_builder.worker.subject import Subject

_N = 90
_RANDOM = np.random.default_rng(7)
_PEOPLE = pd.DataFrame(
    {
        "age": _RANDOM.integers(18, 80, _N),
        "income": _RANDOM.lognormal(3, 1, _N),
        "city": _RANDOM.choice(["rome", "paris", "oslo"], _N),
        "member": _RANDOM.random(_N) > 0.5,
    }
)
_MISSING = _PEOPLE.assign(income=_PEOPLE["income"].mask(np.arange(_N) % 7 == 0))
_RICH = _PEOPLE["income"].gt(20).map({True: "yes", False: "no"})
_SPENDING = 2 * _PEOPLE["income"] + _PEOPLE["age"] + 10 * (_PEOPLE["city"] == "oslo")
_NUMBERS = pd.DataFrame(_RANDOM.normal(size=(_N, 3)), columns=list("abc"))
_WORDS = pd.DataFrame(
    {"text": [" ".join(_RANDOM.choice(["Good", "bad", "film", "plot", "état"], 6)) for _ in range(_N)]}
)
_PRAISE = _WORDS["text"].str.contains("Good").map({True: "pos", False: "neg"})
_TWO_LABELS = np.c_[_PEOPLE["age"] > 40, _PEOPLE["income"] > 20].astype(int)


def _columns():
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["income", "age"]),
            ("texts", OneHotEncoder(handle_unknown="ignore"), ["city"]),
        ],
        remainder="passthrough",
    )


_CASES = {
    "mixed frame, classifier": (make_pipeline(_columns(), LogisticRegression()), _MISSING, _RICH, "frame", "predict"),
    "mixed frame, probabilities": (
        make_pipeline(_columns(), LogisticRegression()), _MISSING, _RICH, "frame", "predict_proba"),
    "mixed frame, forest": (
        make_pipeline(_columns(), RandomForestRegressor(8, random_state=0)), _MISSING, _SPENDING, "frame", "predict"),
    "mixed frame, transformer": (_columns(), _MISSING, _RICH, "frame", "transform"),
    "columns in another order": (
        make_pipeline(ColumnTransformer([("s", MinMaxScaler(), ["c", "a", "b"])]), Ridge()),
        _NUMBERS, _SPENDING, "frame", "predict"),
    "category": (
        make_pipeline(make_column_transformer((OneHotEncoder(), ["city"]), remainder="passthrough"), Ridge()),
        _PEOPLE.assign(city=_PEOPLE["city"].astype("category")), _SPENDING, "frame", "predict"),
    "whole numbers": (RandomForestClassifier(5, random_state=0), _PEOPLE[["age"]], _RICH, "frame", "predict"),
    "missing values in trees": (
        DecisionTreeClassifier(random_state=0), _NUMBERS.mask(_NUMBERS > 1), _RICH, "array", "predict_proba"),
    "missing values in boosting": (
        HistGradientBoostingClassifier(max_iter=10), _NUMBERS.mask(_NUMBERS > 1), _RICH, "array", "predict"),
    "bare array": (make_pipeline(StandardScaler(), LogisticRegression()), _NUMBERS, _RICH, "array", "predict"),
    "bare array of texts": (
        make_pipeline(OneHotEncoder(), LogisticRegression()), _PEOPLE[["city"]], _RICH, "array", "predict"),
    "texts": (make_pipeline(TfidfVectorizer(), LogisticRegression()), _WORDS, _PRAISE, "texts", "predict_proba"),
    "texts, LinearSVC": (make_pipeline(TfidfVectorizer(), LinearSVC()), _WORDS, _PRAISE, "texts", "predict"),
    "boolean labels": (LogisticRegression(), _NUMBERS, _RICH == "yes", "array", "predict"),
    "labels with a point": (LogisticRegression(), _NUMBERS, (_RICH == "yes").astype(float), "array", "predict"),
    "several outputs": (LinearRegression(), _NUMBERS, np.c_[_SPENDING, -_SPENDING], "array", "predict"),
    "one output in a list": (LinearRegression(), _NUMBERS, _SPENDING.to_frame(), "array", "predict"),
    "several labels": (MultiOutputClassifier(LogisticRegression()), _NUMBERS, _TWO_LABELS, "array", "predict"),
    "several probabilities": (
        MultiOutputClassifier(LogisticRegression()), _NUMBERS, _TWO_LABELS, "array", "predict_proba"),
    "search": (
        GridSearchCV(make_pipeline(_columns(), LogisticRegression()), {"logisticregression__C": [0.1, 1]}),
        _MISSING, _RICH, "frame", "predict_proba"),
    "logarithm of features and target": (
        TransformedTargetRegressor(
            make_pipeline(FunctionTransformer(np.log1p), Ridge()), func=np.log1p, inverse_func=np.expm1),
        _NUMBERS.abs(), _SPENDING, "frame", "predict"),
    "words of one letter": (
        make_pipeline(TfidfVectorizer(token_pattern=r"(?u)\b\w+\b"), LogisticRegression()),
        _WORDS + " é a", _PRAISE, "texts", "predict_proba"),
    "vote": (
        VotingClassifier([("l", LogisticRegression()), ("t", DecisionTreeClassifier(random_state=0))], voting="soft"),
        _NUMBERS, _RICH, "array", "predict_proba"),
}  # fmt: skip


def _subject(estimator, features, target, kind, method):
    given = {"frame": features, "array": features.to_numpy(), "texts": features.iloc[:, 0].tolist()}[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Subject(estimator.fit(given, target), features, kind, method)


@pytest.mark.parametrize("case", _CASES)
def test_graph_answers_one_row_and_all_rows_as_the_estimator_does(case, tmp_path):
    subject = _subject(*_CASES[case])
    model = convert(subject, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    inputs = next(
        one
        for one in graph_inputs(subject.features, subject.input_kind)
        if [given.name for given in one.inputs] == [given.name for given in session.get_inputs()]
        and [f"tensor({given.element_type})" for given in one.inputs] == [given.type for given in session.get_inputs()]
    )
    for rows in (1, _N):
        (found,) = session.run([model.output], inputs.tensors(subject.features.head(rows)))
        expected = subject.answers[:rows]
        assert found.shape == expected.shape
        assert type(found.ravel().tolist()[0]) is type(expected.ravel().tolist()[0])
        if expected.dtype.kind == "f":
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max())
        else:
            assert found.tolist() == expected.tolist()


def test_mixed_columns_are_one_tensor_each_and_numbers_one_together(tmp_path):
    convert(_subject(*_CASES["mixed frame, classifier"]), tmp_path / "mixed.onnx")
    convert(_subject(*_CASES["bare array"]), tmp_path / "numbers.onnx")
    mixed, numbers = (onnx.load(tmp_path / name).graph for name in ("mixed.onnx", "numbers.onnx"))
    assert [one.name for one in mixed.input] == ["column_0", "column_1", "column_2", "column_3"]
    assert [one.name for one in numbers.input] == ["X"]
    assert [one.name for one in numbers.output] == ["prediction"]


def test_facts_state_rows_differences_and_tolerances(tmp_path):
    model = convert(_subject(*_CASES["bare array"]), tmp_path / "model.onnx")
    assert model.facts == {
        "rows": _N,
        "made_rows": 200,
        "largest_absolute_difference": 0.0,
        "largest_relative_difference": 0.0,
        "relative_tolerance": 0.0,
        "absolute_tolerance": 0.0,
        "element_type": "double",
        "opset": 18,
    }


def test_same_bytes_in_another_process_with_another_hash_seed(tmp_path):
    cases = {
        "columns": _subject(*_CASES["search"]),
        "neighbours": _subject(KNeighborsClassifier(3), _NUMBERS, _RICH, "array", "predict_proba"),
        "vote": _subject(*_CASES["vote"]),
        "texts": _subject(*_CASES["texts"]),
    }
    joblib.dump(cases, tmp_path / "subjects.joblib")
    program = (
        "import hashlib, joblib, pathlib, sys\n"
        "from artifact_builder.worker.onnx.conversion import convert\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "for name, subject in sorted(joblib.load(path / 'subjects.joblib').items()):\n"
        "    convert(subject, path / 'other.onnx')\n"
        "    print(name, hashlib.sha256((path / 'other.onnx').read_bytes()).hexdigest())\n"
    )
    there = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, tmp_path],
        env={**os.environ, "PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    here = []
    for name, subject in sorted(cases.items()):
        convert(subject, tmp_path / "here.onnx")
        here.append(f"{name} {hashlib.sha256((tmp_path / 'here.onnx').read_bytes()).hexdigest()}")
    assert there.stdout.splitlines() == here


@pytest.mark.parametrize(
    ("estimator", "features", "kind", "words"),
    [
        (NearestCentroid(), _NUMBERS, "array", "skl2onnx has no converter for NearestCentroid"),
        (DummyClassifier(), _NUMBERS.assign(when=pd.Timestamp("2026-01-01")), "frame", "column 'when' holds dates"),
        (DummyClassifier(), _PEOPLE[["city"]].where(_PEOPLE["age"] > 30), "frame", "'city' lacks a text in row "),
        (DummyClassifier(), pd.DataFrame({"odd": ["a", 1, 2.5] * 30}), "frame", "'odd' must hold texts or numbers"),
        (FunctionTransformer(np.cbrt), _NUMBERS, "array", "the function cbrt"),
    ],
)
def test_what_onnx_cannot_hold_is_refused_in_a_sentence(estimator, features, kind, words, tmp_path):
    method = "predict" if hasattr(estimator, "predict") else "transform"
    with pytest.raises(WorkerError) as caught:
        convert(_subject(estimator, features, _RICH, kind, method), tmp_path / "model.onnx")
    assert caught.value.kind == "onnx_unsupported"
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "model.onnx").exists()


def test_records_are_refused_in_a_sentence():
    with pytest.raises(WorkerError, match="takes lists of records"):
        next(graph_inputs(_NUMBERS, "records"))


def test_probabilities_of_unequal_numbers_of_classes_are_refused(tmp_path):
    targets = np.c_[_PEOPLE["age"] > 40, _PEOPLE["age"] // 30].astype(int)
    subject = _subject(RandomForestClassifier(3, random_state=0), _NUMBERS, targets, "array", "predict_proba")
    with pytest.raises(WorkerError, match=r"cannot hold the answers of predict_proba\(\), which are of type list"):
        convert(subject, tmp_path / "model.onnx")


def test_an_answer_that_differs_names_the_worst_row_and_what_to_do(tmp_path):
    subject = _subject(LinearRegression(), _NUMBERS, _SPENDING, "array", "predict")
    convert(subject, tmp_path / "model.onnx")
    other = Subject(subject.estimator, subject.features, "array", "predict")
    other.answers[17] += 1.0
    with pytest.raises(WorkerError) as caught:
        compare(other, open_session(str(tmp_path / "model.onnx")), next(graph_inputs(_NUMBERS, "array")))
    assert caught.value.kind == "onnx_differs"
    assert f"1 of {_N} rows; the worst is row 17 (a=" in str(caught.value)
    assert "1 apart where" in str(caught.value)
    assert str(caught.value).endswith("set format: joblib")


def test_a_label_that_differs_is_found_though_the_rest_are_equal(tmp_path):
    subject = _subject(LogisticRegression(), _NUMBERS, _RICH, "array", "predict")
    convert(subject, tmp_path / "model.onnx")
    subject.answers[3] = "perhaps"
    with pytest.raises(WorkerError, match=r"row 3 .*the estimator answers 'perhaps', ONNX '(yes|no)'; set"):
        compare(subject, open_session(str(tmp_path / "model.onnx")), next(graph_inputs(_NUMBERS, "array")))


def test_made_rows_are_the_same_each_time_and_keep_the_types():
    made = made_rows(_MISSING)
    pd.testing.assert_frame_equal(made, made_rows(_MISSING))
    assert made.dtypes.tolist() == _MISSING.dtypes.tolist()
    assert set(made["city"]) == set(_MISSING["city"])
    assert not set(made["income"].dropna()) <= set(_MISSING["income"])


def test_a_conversion_without_end_is_ended():
    with pytest.raises(TimeoutError, match=r"no end after 0\.05 s"), deadline(0.05):
        threading.Event().wait(30)
