"""Sample rows as a client sends them."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from artifact_builder_models import MODELS_DIR, only_model, write_model
from hypothesis import given
from hypothesis import strategies as st

from artifact_builder import SamplesError, load_models, read_samples
from artifact_builder.samples import _rows


def test_the_first_rows_come_with_their_true_values():
    samples = [read_samples(model, 10) for model in load_models(MODELS_DIR)]
    assert [(len(one.rows), len(one.truths)) for one in samples] == [(10, 10), (10, 10)]
    assert json.loads(json.dumps(samples[0].rows)) == samples[0].rows


def test_each_sample_file_has_at_least_thirty_rows():
    assert all(len(read_samples(model).rows) >= 30 for model in load_models(MODELS_DIR))


def test_types_are_a_columns_and_missing_values_are_null(tmp_path):
    path = tmp_path / "X.csv"
    path.write_text("i,f,t,b,m\n1,1,a,True,\n2,1.5,,False,3\n")
    assert _rows(path) == [
        {"i": 1, "f": 1.0, "t": "a", "b": True, "m": None},
        {"i": 2, "f": 1.5, "t": None, "b": False, "m": 3},
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "must begin with a line of column names"), ("a,b\n1\n", "row 1 must have 2 values, found 1")],
)
def test_a_broken_file_is_refused_with_words(tmp_path, content, words):
    folder = write_model(tmp_path / "models" / "line")
    (folder / "X.csv").write_text(content)
    with pytest.raises(SamplesError, match=words):
        read_samples(only_model(tmp_path / "models"))


def test_truths_of_another_length_are_refused(tmp_path):
    folder = write_model(tmp_path / "models" / "line")
    (folder / "y.csv").write_text("y\n1\n")
    with pytest.raises(SamplesError, match="expected 4 rows as the features have, found 1"):
        read_samples(only_model(tmp_path / "models"))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_numbers_are_what_was_written_to_the_last_bit(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("floats") / "X.csv"
    frame = pd.DataFrame({"x": numbers})
    frame.to_csv(path, index=False)
    assert [row["x"] for row in _rows(path)] == numbers
