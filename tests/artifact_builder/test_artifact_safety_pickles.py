"""What a hostile pickle comes to: refused with words, and nothing of it was run."""

from __future__ import annotations

import io
import pickle
import subprocess
import tracemalloc
import warnings
from collections import OrderedDict

import joblib
import numpy as np
import pytest
from hostile_pickles import Call, called, named, packed_zeros, text, touching, whole
from sklearn.linear_model import LinearRegression

from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.estimator import load_estimator
from artifact_builder.worker.guard.model_pickle import scan_pickle

_WAYS = tuple(touching(__import__("pathlib").Path("marker")))
_ESTIMATOR = named("sklearn.linear_model._base", "LinearRegression") + b")\x81"
_LOG = named("numpy", "log1p")
# Only names that are allowed: what is done with them is not.
_STEPS = {
    "a function that rebuilds nothing is called": called(named("sklearn.base", "clone"), _ESTIMATOR),
    "a class that is pickled otherwise is called": called(named("sklearn.pipeline", "Pipeline"), b"]"),
    "an object of its own is called": called(called(named("functools", "partial"), _LOG), b"K\x01"),
    "__setstate__ is put into an object": _ESTIMATOR + b"}" + text("__setstate__") + _LOG + b"sbK\x01b",
    "__new__ is put into an object": _ESTIMATOR + b"}" + text("__new__") + _LOG + b"sb)\x81",
    "state is set on a class": named("sklearn.linear_model._base", "LinearRegression")
    + b"N}"
    + text("fit")
    + _LOG
    + b"s\x86b",
    "items go to a function in an object": _ESTIMATOR + b"}" + text("extend") + _LOG + b"sb(K\x01e",
    "an item goes to a function in an object": _ESTIMATOR + b"}" + text("append") + _LOG + b"sbK\x01a",
    "a set's items go to a function": _ESTIMATOR + b"}" + text("add") + _LOG + b"sb(K\x01\x90",
    "a bit generator is made by a function": called(
        named("numpy.random._pickle", "__randomstate_ctor"), text("x"), named("numpy", "log1p")
    ),
    "an index is made from another class": called(
        named("pandas.core.indexes.base", "_new_Index"), named("sklearn.linear_model._base", "LinearRegression"), b"}"
    ),
    "NumPy's own dtype would be changed": called(named("numpy", "dtype"), text("f8"), b"\x89", b"\x89"),
    "an array's class makes a file": named("numpy", "memmap") + b"(" + text("marker") + b"t\x81",
    "copyreg makes it with another base": called(
        named("copyreg", "_reconstructor"),
        named("sklearn.linear_model._base", "LinearRegression"),
        named("sklearn.pipeline", "Pipeline"),
        b"]",
    ),
    "a dict is made of an object": called(named("builtins", "dict"), _ESTIMATOR),
    "a method of the pickle's own object": called(
        named("builtins", "getattr"), _ESTIMATOR + b"}" + text("fit") + _LOG + b"sb", text("fit")
    ),
}


@pytest.fixture(autouse=True)
def _silent():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def refused(tmp_path, content: bytes, **arguments) -> WorkerError:
    path = tmp_path / "model.pkl"
    path.write_bytes(content)
    with pytest.raises(WorkerError) as caught:
        load_estimator(path, **arguments)
    return caught.value


@pytest.mark.parametrize("way", _WAYS)
def test_a_hostile_pickle_is_refused_and_has_run_nothing(tmp_path, way):
    marker = tmp_path / "marker"
    error = refused(tmp_path, touching(marker)[way])
    assert "model.pkl" in str(error)
    assert not marker.exists()


@pytest.mark.parametrize("compress", ["zlib", "gzip", "bz2", "lzma", "xz"])
def test_a_packed_hostile_pickle_is_refused_by_name(tmp_path, compress):
    marker = tmp_path / "marker"
    joblib.dump(Call(subprocess.check_call, ["touch", str(marker)]), tmp_path / "packed", compress=(compress, 3))
    error = refused(tmp_path, (tmp_path / "packed").read_bytes())
    assert (error.kind, "subprocess: check_call" in str(error)) == ("untrusted", True)
    assert not marker.exists()


@pytest.mark.parametrize("step", _STEPS)
def test_a_step_that_no_honest_pickle_takes_is_refused(tmp_path, step, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refused(tmp_path, whole(_STEPS[step])).kind in ("hostile", "untrusted")
    assert not (tmp_path / "marker").exists()


def test_all_globals_outside_the_list_are_told_at_once_with_the_line_that_allows_them(tmp_path):
    body = (
        b"("
        + named("shutil", "copy")
        + named("pip._vendor", "x")
        + named("numpy", "load")
        + named("shutil", "move")
        + b"l"
    )
    error = refused(tmp_path, whole(body))
    assert error.kind == "untrusted"
    for line in ("  shutil: copy, move", "  numpy: load", "  pip._vendor: x"):
        assert line in str(error).splitlines()
    assert str(error).splitlines()[-1] == "  trust: [numpy.load, pip, shutil.copy, shutil.move]"


def test_no_line_is_proposed_that_would_let_programs_be_run(tmp_path):
    error = refused(tmp_path, whole(b"(" + named("os", "system") + named("numpy", "load") + b"l"))
    assert "trust:" not in str(error)
    assert str(error).endswith("os.system: this runs programs or any code at all. Treat the file as an attack.")


def test_what_is_trusted_is_run(tmp_path):
    marker = tmp_path / "marker"
    arguments = Call(subprocess.check_call, ["touch", str(marker)])
    refused(tmp_path, pickle.dumps(arguments), trust=["subprocess"])
    assert marker.exists()


def test_trust_covers_submodules_and_not_what_they_import(tmp_path):
    error = refused(tmp_path, whole(called(named("email.utils", "os.system"), text("true"))), trust=["email"])
    assert "email.utils: os.system (which is posix.system)" in str(error)


def test_a_class_of_a_script_is_told_where_to_go(tmp_path):
    error = refused(tmp_path, b"c__main__\nScaler\n.")
    assert "(Scaler)" in str(error)
    assert "such as features.py" in str(error)


def test_a_list_for_an_array_of_another_length_is_not_given_to_numpy(tmp_path):
    array = np.array(["a", "b"], dtype=object)
    function, arguments, state = array.__reduce__()

    class Lies:
        def __reduce__(self):
            return function, arguments, (*state[:1], (1 << 40,), *state[2:])

    assert "with other data" in str(refused(tmp_path, pickle.dumps(Lies())))


def test_a_small_file_that_unpacks_to_more_than_the_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("artifact_builder.worker.guard.model_pickle.memory_limit_bytes", lambda: 32 << 20)
    error = refused(tmp_path, packed_zeros(64 << 20))
    assert error.kind == "memory"
    assert "needs more than 0.0 GB of memory" in str(error)


@pytest.mark.parametrize("form", ["joblib", "pickle", "zlib"])
def test_listing_the_globals_reads_no_array_into_memory(tmp_path, form):
    path = tmp_path / "model.pkl"
    big = LinearRegression()
    big.coef_ = np.zeros(4 << 20)
    if form == "pickle":
        path.write_bytes(pickle.dumps(big))
    else:
        joblib.dump(big, path, compress=form if form == "zlib" else 0)
    scan_pickle(path)
    tracemalloc.start()
    try:
        scanned = scan_pickle(path)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert scanned.size_bytes > big.coef_.nbytes
    assert peak_bytes < big.coef_.nbytes / 2


def test_harmless_things_of_pythons_own_library_need_no_trust(tmp_path):
    import datetime as dt
    import decimal
    import functools
    import pathlib
    import re

    estimator = LinearRegression().fit([[0.0], [1.0]], [0, 1])
    estimator.notes_ = OrderedDict(
        day=dt.date(2026, 1, 1),
        price=decimal.Decimal("1.5"),
        where=pathlib.PurePosixPath("x"),
        mean=functools.partial(np.mean, axis=0),
        names=re.compile("a+"),
        kinds={"a"},
        zone=dt.UTC,
    )
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        (tmp_path / "model.pkl").write_bytes(pickle.dumps(estimator, protocol))
        notes = load_estimator(tmp_path / "model.pkl").estimator.notes_
        assert notes["price"] == decimal.Decimal("1.5")
        assert notes["mean"]([[1.0], [3.0]]).tolist() == [2.0]


def test_bound_methods_of_scipys_and_scikit_learns_objects_are_rebuilt(tmp_path):
    from scipy import stats

    estimator = LinearRegression().fit([[0.0], [1.0]], [0, 1])
    estimator.draws_ = [stats.randint(1, 5), stats.loguniform(1e-3, 1)]
    file = io.BytesIO()
    joblib.dump(estimator, file)
    (tmp_path / "model.pkl").write_bytes(file.getvalue())
    assert load_estimator(tmp_path / "model.pkl").estimator.draws_[0].mean() == 2.5
