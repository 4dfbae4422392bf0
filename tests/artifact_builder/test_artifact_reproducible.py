"""Equal estimators give equal bytes, which plain joblib reads; where that can't be had, it is said."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import pickle
import subprocess
import sys
import tracemalloc
from pathlib import Path

import joblib
import numpy as np
import pytest
from reproducible_estimators import X, y
from scipy import sparse
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KDTree
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from artifact_builder.worker.reproducible_pickle import dump, dump_sha256_hex
from artifact_builder.worker.stability import stability

ROOT = Path(__file__).resolve().parents[2]
# Fitted again they differ, for good: how long fitting took is a part of them.
DIFFERENT_WHEN_FITTED_AGAIN = {"GridSearchCV", "RandomizedSearchCV"}


@pytest.fixture(scope="module")
def scikit_learn_twice():
    """Digests of scikit-learn's estimators from two processes with different hash seeds."""
    script = Path(__file__).with_name("reproducible_estimators.py")
    children = [
        subprocess.Popen(
            [sys.executable, str(script), what],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
        )
        for what, seed in (("forms", "1"), ("plain", "77"))
    ]
    outputs = [child.communicate(timeout=200)[0] for child in children]
    assert [child.returncode for child in children] == [0, 0]
    return [json.loads(output) for output in outputs]


def test_every_estimator_of_scikit_learn_is_dumped_to_equal_bytes_by_two_processes(scikit_learn_twice):
    one, two = scikit_learn_twice
    assert len(one) >= 200
    different = {name for name in one if one[name]["fitted"] != two[name]["fitted"]}
    assert different == DIFFERENT_WHEN_FITTED_AGAIN


def test_every_estimator_of_scikit_learn_is_the_same_bytes_after_any_round_trip(scikit_learn_twice):
    one, _ = scikit_learn_twice
    other = {
        name: [form for form, digest in digests.items() if digest != digests["fitted"]]
        for name, digests in one.items()
        if len(set(digests.values())) > 1
    }
    assert other == {}
    assert sum("skops" in digests for digests in one.values()) >= 190


def test_plain_joblib_reads_the_file_without_any_code_of_ours(tmp_path):
    model = GradientBoostingClassifier(n_estimators=2, random_state=0).fit(X, y)
    dump({"model": model, "words": np.array(["a", None, {1, 2}], dtype=object), "X": X}, tmp_path / "m.joblib")
    code = (
        "import joblib, sys; value = joblib.load('m.joblib'); "
        "print(value['model'].predict(value['X']).tolist(), value['words'].tolist(), 'artifact_builder' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == f"{model.predict(X).tolist()} ['a', None, {{1, 2}}] False"


def fresh(text: str) -> str:
    """An equal text that is another object."""
    return "".join(list(text))


def masked(hidden: float) -> np.ma.MaskedArray:
    return np.ma.MaskedArray([1.0, hidden], mask=[False, True])


def used_tree(queries: int) -> KDTree:
    tree = KDTree(X, leaf_size=5)
    for _ in range(queries):
        tree.query(X[:1])
    return tree


def sorted_matrix(*, asked: bool) -> sparse.csr_matrix:
    matrix = sparse.csr_matrix(np.eye(3))
    assert not asked or matrix.has_sorted_indices
    return matrix


def records(garbage: int) -> np.ndarray:
    """Tree nodes in memory that was full of something before."""
    nodes = DecisionTreeClassifier(random_state=0).fit(X, y).tree_.__getstate__()["nodes"]
    memory = np.full(nodes.nbytes, garbage, np.uint8).view(nodes.dtype)
    for name in nodes.dtype.names:
        memory[name] = nodes[name]
    memory["missing_go_to_left"][memory["left_child"] == -1] = garbage
    return memory


def boxed(value) -> np.ndarray:
    box = np.empty(1, dtype=object)
    box[0] = value
    return box


def memmapped(folder: Path) -> np.memmap:
    np.save(folder / "array.npy", X)
    return np.load(folder / "array.npy", mmap_mode="r")


def thawed(bit_generator_of: np.random.RandomState) -> np.random.RandomState:
    """The same state, in a generator that began with the system's entropy."""
    other = np.random.RandomState()
    other.set_state(bit_generator_of.get_state())
    return other


def reversed_attributes() -> LogisticRegression:
    model = LogisticRegression()
    attributes = dict(reversed(vars(model).items()))
    vars(model).clear()
    vars(model).update(attributes)
    return model


EQUAL = {
    "texts shared or not": lambda _: (["petal", "petal"], [fresh("petal"), fresh("petal")]),
    "tuples shared or not": lambda _: ([t := (1, fresh("a")), t], [(1, fresh("a")), (1, fresh("a"))]),
    "dtypes shared or not": lambda _: (
        [np.dtype("f8")] * 2,
        [pickle.loads(pickle.dumps(np.dtype("f8"))) for _ in "ab"],
    ),
    "numpy scalars shared or not": lambda _: ([s := np.float64(3), s], [np.float64(3), np.float64(3)]),
    "texts in arrays of objects shared or not": lambda _: (
        np.array(["petal", "petal"], dtype=object),
        np.array([fresh("petal"), fresh("petal")], dtype=object),
    ),
    "the order of a set": lambda _: ({8, 0, "a", None}, {None, "a", 0, 8}),
    "a set that had collisions": lambda _: ({0, 8}, {8, 0}),
    "the order of attributes": lambda _: (
        LogisticRegression(),
        reversed_attributes(),
    ),
    "a memory-mapped array": lambda folder: (X, memmapped(folder)),
    "the other byte order": lambda _: (X, X.astype(">f8")),
    "strides": lambda _: (X[::2], X[::2].copy()),
    "values under a mask": lambda _: (masked(2.0), masked(3.0)),
    "a fill value that was asked for": lambda _: (masked(2.0), pickle.loads(pickle.dumps(masked(2.0)))),
    "the visits of a neighbour tree": lambda _: (used_tree(0), used_tree(3)),
    "what a sparse matrix found out": lambda _: (sorted_matrix(asked=False), sorted_matrix(asked=True)),
    "memory between a tree's fields": lambda _: (records(0), records(255)),
    "the same within an array of objects": lambda _: (boxed(records(0)), boxed(records(255))),
    "how a random state began": lambda _: (np.random.RandomState(1), thawed(np.random.RandomState(1))),
}
DIFFERENT = {
    "lists shared or not": lambda: ([one := [1], one], [[1], [1]]),
    "tuples of lists shared or not": lambda: ([one := ([1],), one], [([1],), ([1],)]),
    "1 and True": lambda: ([(1,), (1,)], [(1,), (True,)]),
    "1 and 1.0": lambda: ([(1,), (1,)], [(1,), (1.0,)]),
    "0.0 and -0.0": lambda: ([(0.0,), (0.0,)], [(0.0,), (-0.0,)]),
    "texts and bytes": lambda: (["a", "a"], ["a", b"a"]),
    "numpy's scalars of two dtypes": lambda: ([np.float64(1)] * 2, [np.float64(1), np.float32(1)]),
    "C and Fortran order": lambda: (np.ones((2, 3)), np.ones((2, 3), order="F")),
    "an array and a matrix": lambda: (np.ones((2, 3)), np.asmatrix(np.ones((2, 3)))),
    "the order of a dict": lambda: ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
}


@pytest.mark.parametrize("what", EQUAL)
def test_what_makes_no_difference_changes_no_byte(what, tmp_path):
    one, two = EQUAL[what](tmp_path)
    assert dump_sha256_hex(one) == dump_sha256_hex(two)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("what", DIFFERENT)
def test_what_makes_a_difference_is_dumped_as_it_is(what, tmp_path):
    one, two = DIFFERENT[what]()
    assert dump_sha256_hex(one) != dump_sha256_hex(two)
    dump(two, tmp_path / "two")
    again = joblib.load(tmp_path / "two")
    assert type(again) is type(two)
    assert dump_sha256_hex(again) == dump_sha256_hex(two)
    assert repr(again) == repr(two)


def test_the_hash_is_that_of_the_file(tmp_path):
    model = make_pipeline(GradientBoostingClassifier(n_estimators=2, random_state=0)).fit(X, y)
    dump(model, tmp_path / "model")
    assert dump_sha256_hex(model) == hashlib.sha256((tmp_path / "model").read_bytes()).hexdigest()


@pytest.mark.parametrize("kind", ["numbers", "records"])
def test_a_big_array_is_written_without_a_second_copy(tmp_path, kind):
    dtype = np.float64 if kind == "numbers" else np.dtype({"names": ["a"], "formats": ["u1"], "itemsize": 8})
    big = np.zeros(12_000_000, dtype)
    gc.collect()
    tracemalloc.start()
    dump(big, tmp_path / "big")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < big.nbytes * 0.75


def test_arrays_in_an_array_of_objects_are_not_kept_in_memory(tmp_path):
    trees = np.empty(12, dtype=object)  # as the estimators_ of a gradient boosting hold theirs
    trees[:] = [np.full(1_000_000, number, np.float64) for number in range(12)]
    gc.collect()
    tracemalloc.start()
    dump(trees, tmp_path / "trees")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 40_000_000  # of 96
    assert all((one == two).all() for one, two in zip(joblib.load(tmp_path / "trees"), trees, strict=True))


class Restless:
    """Has a part that is another one each time that it is saved."""

    def __init__(self) -> None:
        self.steady = 1

    def __getstate__(self):
        return {"steady": 1, "address": os.urandom(8)}


def test_an_attribute_that_changes_with_each_dump_is_named(tmp_path):
    pipeline = make_pipeline(LogisticRegression())
    pipeline.steps[0][1].restless_ = Restless()
    dump(pipeline, tmp_path / "model")

    found = stability(pipeline, tmp_path / "model")

    assert (found.is_stable, found.where) == (False, ("Pipeline.steps[0][1].restless_",))
    assert "Pipeline.steps[0][1].restless_ changes each time" in str(found)


def test_a_stable_file_is_called_stable_and_a_big_one_is_not_loaded(tmp_path):
    model = LogisticRegression().fit(X, y)
    dump(model, tmp_path / "model")
    assert stability(model, tmp_path / "model").is_stable
    unchecked = stability(model, tmp_path / "model", checked_up_to_bytes=100)
    assert unchecked.is_stable is None
    assert "not checked" in str(unchecked)


def test_durations_inside_an_estimator_are_named(tmp_path):
    search = make_pipeline(GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2)).fit(X, y)
    dump(search, tmp_path / "model")
    found = stability(search, tmp_path / "model")
    assert found.is_stable
    assert found.durations == ("Pipeline.steps[0][1].refit_time_",)
