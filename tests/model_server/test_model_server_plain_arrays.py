"""That a plain array is no data frame is said beforehand, and nothing else is."""

from __future__ import annotations

import subprocess
import sys

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

from model_server.plain_arrays import know_plain_arrays

NATIVES = {
    "array": np.zeros((2, 2)),
    "mapped": np.zeros((2, 2)).view(np.memmap),
    "masked": np.ma.masked_array([1.0]),
    "frame": pd.DataFrame({"a": [1.0]}),
    "series": pd.Series([1.0]),
    "list": [[1.0]],
    "none": None,
}
NAMES = ("is_into_dataframe", "is_into_series")


@pytest.fixture
def restored(monkeypatch):
    for name in NAMES:
        monkeypatch.setattr(nw.dependencies, name, getattr(nw.dependencies, name))


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("name", NAMES)
def test_every_answer_is_the_same(name):
    before = {kind: getattr(nw.dependencies, name)(native) for kind, native in NATIVES.items()}
    know_plain_arrays()
    assert {kind: getattr(nw.dependencies, name)(native) for kind, native in NATIVES.items()} == before


@pytest.mark.usefixtures("restored")
def test_a_plain_array_is_not_looked_at(monkeypatch):
    know_plain_arrays()
    monkeypatch.setattr("narwhals._utils._hasattr_static", lambda *_: pytest.fail("looked at"))
    assert nw.dependencies.is_into_dataframe(np.zeros((2, 2))) is False


@pytest.mark.usefixtures("restored")
def test_a_narwhals_that_takes_arrays_for_frames_is_left_alone(monkeypatch):
    def takes(_native):
        return True

    monkeypatch.setattr(nw.dependencies, "is_into_dataframe", takes)
    know_plain_arrays()
    assert nw.dependencies.is_into_dataframe is takes


def test_where_narwhals_is_not_there_nothing_is_imported():
    code = (
        "import sys; from model_server.plain_arrays import know_plain_arrays; know_plain_arrays();"
        "sys.exit('numpy' in sys.modules or 'narwhals' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
