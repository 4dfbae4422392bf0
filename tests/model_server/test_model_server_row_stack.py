"""Which samples of several requests may be put together, and how."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from model_server.row_stack import stack


def frame(**columns):
    return pd.DataFrame(columns)


ALIKE = {
    "numbers": ([np.ones((2, 3)), np.zeros((1, 3))], np.array([[1.0] * 3] * 2 + [[0.0] * 3])),
    "texts in an array": (
        [np.array(["a", "b"], dtype=object), np.array(["c"], dtype=object)],
        np.array(["a", "b", "c"]),
    ),
    "texts": ([["a", "b"], ["c"]], ["a", "b", "c"]),
    "records": ([[{"a": 1}, {}], [{"b": 2}]], [{"a": 1}, {}, {"b": 2}]),
    "frames of one dtype": ([frame(a=[1.0, 2.0], b=[3.0, 4.0]), frame(a=[5.0], b=[6.0])], [[1, 3], [2, 4], [5, 6]]),
    "frames of many": ([frame(a=[1, 2], b=["x", "y"]), frame(a=[3], b=["z"])], [[1, "x"], [2, "y"], [3, "z"]]),
    "feeds": ([{"X": np.ones((2, 1))}, {"X": np.zeros((1, 1))}], [[1.0], [1.0], [0.0]]),
}
UNLIKE = {
    "widths": [np.ones((2, 3)), np.ones((2, 4))],
    "dtypes": [np.ones((2, 3)), np.ones((2, 3), dtype=int)],
    "objects that are no texts": [np.array([["a", None]], dtype=object), np.array([["a", "b"]], dtype=object)],
    "types": [np.ones((2, 3)), [[1, 2, 3]]],
    "lists of numbers": [[1.0], [2]],
    "dimensions": [np.ones((2, 2, 2)), np.ones((2, 2, 2))],
    "columns": [frame(a=[1.0]), frame(b=[1.0])],
    "dtypes of columns": [frame(a=[1.0]), frame(a=[1])],
    "columns of mixed values": [frame(a=[1, "x"]), frame(a=["y", "z"])],
    "categories": [frame(a=pd.Categorical(["x"], ["x", "y"])), frame(a=pd.Categorical(["x"], ["x"]))],
    "indices": [frame(a=[1.0]).set_index(pd.Index(["r"])), frame(a=[1.0])],
    "names of feeds": [{"X": np.ones((1, 1))}, {"Y": np.ones((1, 1))}],
    "lengths of feeds": [{"X": np.ones((1, 1)), "Y": np.ones((2, 1))}, {"X": np.ones((1, 1)), "Y": np.ones((1, 1))}],
    "tuples": [(1,), (2,)],
}


@pytest.mark.parametrize("name", ALIKE)
def test_what_is_alike_is_put_together(name):
    samples, expected = ALIKE[name]
    rows, counts = stack(samples)
    assert counts == [2, 1]
    plain = rows["X"] if isinstance(rows, dict) else rows
    assert (
        plain
        if isinstance(plain, list)
        else plain.to_numpy().tolist()
        if hasattr(plain, "to_numpy")
        else plain.tolist()
    ) == (expected if isinstance(expected, list) else expected.tolist())
    if hasattr(plain, "dtypes"):
        assert list(plain.dtypes) == list(samples[0].dtypes)
        assert list(plain.index) == [0, 1, 2]


@pytest.mark.parametrize("name", UNLIKE)
def test_what_is_not_alike_in_every_way_is_not(name):
    assert stack(UNLIKE[name]) is None
