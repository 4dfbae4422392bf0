"""Files that people give as an estimator: each loads, or is refused with words that say what it is."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import sys
import warnings
import zipfile

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.cluster import DBSCAN, KMeans
from sklearn.linear_model import LinearRegression
from sklearn.manifold import TSNE
from sklearn.neighbors import KernelDensity, LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.estimator import load_estimator

_ROWS = np.arange(20.0).reshape(10, 2)
_LINE = LinearRegression().fit(_ROWS, _ROWS[:, 0])


@pytest.fixture(autouse=True)
def _silent():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def refused(path, **arguments) -> WorkerError:
    with pytest.raises(WorkerError) as caught:
        load_estimator(path, **arguments)
    return caught.value


def _zip_of(**entries: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


_FILES = {
    "empty": (b"", "is no whole pickle (0 bytes)"),
    "text": (b"a,b\n1,2\n", "is text and no pickle, it begins with 'a,b"),
    "HTML": (b"\n<!DOCTYPE html><title>Sign in</title>", "is HTML or XML"),
    "a git-lfs pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "run `git lfs pull`"),
    "a zip": (_zip_of(a="b"), "is a zip archive"),
    "an array": (b"\x93NUMPY\x01\x00v\x00{}", "is a NumPy array"),
    "Parquet": (b"PAR1\x15\x04", "is a Parquet file"),
    "an old joblib's": (b"ZF0x10              x", "written by a joblib older than 0.10"),
    "cut off": (pickle.dumps(_LINE)[:-20], "is no whole pickle"),
    "cut off, packed": (gzip.compress(pickle.dumps(_LINE))[:-30], "is no whole pickle"),
    "a length that lies": (b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc.", "is no whole pickle"),
}
_OBJECTS = {
    "a class": (LinearRegression, "found the class LinearRegression: save an object of it, fitted"),
    "an array": (_ROWS, "found a ndarray of shape (10, 2): rows belong under samples"),
    "a frame": (pd.DataFrame(_ROWS), "found a DataFrame of shape (10, 2)"),
    "two things": ((_LINE, StandardScaler()), "found a tuple of 2 (LinearRegression, StandardScaler): join the steps"),
    "a dict of things": ({"model": _LINE}, "found a dict of 1 (LinearRegression): join the steps"),
    "nothing": (None, "found a NoneType"),
    "unfitted": (LinearRegression(), "the LinearRegression in model.pkl is not fitted: call fit()"),
    "an unfitted pipeline": (make_pipeline(StandardScaler(), LinearRegression()), "is not fitted"),
    "labels of its own rows": (DBSCAN().fit(_ROWS), "the DBSCAN in model.pkl has only fit_predict()"),
    "such a pipeline": (
        make_pipeline(StandardScaler(), DBSCAN()).fit(_ROWS),
        "the DBSCAN in model.pkl has only fit_predict",
    ),
    "places of its own rows": (TSNE(perplexity=2, max_iter=250).fit(_ROWS), "has only fit_transform()"),
    "outliers of its own rows": (LocalOutlierFactor(2).fit(_ROWS), "fit it with novelty=True"),
    "a density": (KernelDensity().fit(_ROWS), "found a KernelDensity, which has neither predict() nor transform()"),
}


@pytest.mark.parametrize("what", _FILES)
def test_a_file_that_is_no_pickle_is_called_what_it_is(tmp_path, what):
    content, words = _FILES[what]
    path = tmp_path / "model.pkl"
    path.write_bytes(content)
    error = refused(path)
    assert error.kind == "estimator"
    assert f"model.pkl {words}" in str(error) or words in str(error)


@pytest.mark.parametrize("what", _OBJECTS)
def test_an_object_that_cannot_answer_is_called_what_it_is(tmp_path, what):
    value, words = _OBJECTS[what]
    joblib.dump(value, tmp_path / "model.pkl")
    assert words in str(refused(tmp_path / "model.pkl"))


def test_a_folder_and_a_missing_file_are_told(tmp_path):
    assert "model.pkl is not a file" in str(refused(tmp_path / "model.pkl"))
    assert "is not a file" in str(refused(tmp_path))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("writer", ["pickle", "joblib"])
def test_every_protocol_loads(tmp_path, protocol, writer):
    path = tmp_path / "model.pickle"
    estimator = make_pipeline(StandardScaler(), KMeans(2, random_state=0, n_init=1)).fit(_ROWS)
    if writer == "joblib":
        joblib.dump(estimator, path, protocol=protocol)
    else:
        path.write_bytes(pickle.dumps(estimator, protocol))
    assert load_estimator(path).estimator.predict(_ROWS).tolist() == estimator.predict(_ROWS).tolist()


@pytest.mark.parametrize("compress", ["zlib", "gzip", "bz2", "lzma", "xz"])
def test_every_compression_of_joblib_loads(tmp_path, compress):
    joblib.dump(_LINE, tmp_path / "model.joblib", compress=(compress, 3))
    assert load_estimator(tmp_path / "model.joblib").estimator.coef_.tolist() == _LINE.coef_.tolist()


@pytest.mark.parametrize("array", ["objects", "dates", "fields", "F order", "strings", "masked", "categories"])
def test_arrays_of_every_kind_come_back(tmp_path, array):
    value = {
        "objects": np.array(["a", None, 1.5], dtype=object),
        "dates": np.array(["2026-01-01"], dtype="M8[D]"),
        "fields": np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        "F order": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "strings": np.array(["ä", "bc"]),
        "masked": np.ma.array([1, 2], mask=[False, True]),
        "categories": pd.Series(["x", "y"], dtype="category"),
    }[array]
    estimator = LinearRegression().fit(_ROWS, _ROWS[:, 0])
    estimator.kept_ = value
    joblib.dump(estimator, tmp_path / "model.pkl")
    kept = load_estimator(tmp_path / "model.pkl").estimator.kept_
    assert type(kept) is type(value)
    assert kept.tolist() == value.tolist()


def test_a_pipeline_that_ends_in_a_transformer_loads(tmp_path):
    joblib.dump(make_pipeline(StandardScaler()).fit(_ROWS), tmp_path / "model.pkl")
    assert load_estimator(tmp_path / "model.pkl").own_modules == ()


def test_another_scikit_learns_pickle_is_refused_before_it_is_loaded(tmp_path):
    import sklearn

    content = pickle.dumps(_LINE).replace(sklearn.__version__.encode(), b"1.2.0")
    (tmp_path / "model.pkl").write_bytes(
        content.replace(b"sklearn.linear_model._base", b"sklearn.linear_model._moved"[:26])
    )
    error = refused(tmp_path / "model.pkl")
    assert error.kind == "scikit_learn_version"
    assert "was pickled by scikit-learn 1.2.0" in str(error)


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """A model folder with modules of the user's, and a pickle of a pipeline that is made of them."""
    (tmp_path / "own_steps.py").write_text(
        "from sklearn.linear_model import LinearRegression\nfrom own_names import TIMES\n"
        "def scaled(rows):\n    import own_late\n    return rows * TIMES\n"
        "class Line(LinearRegression):\n    pass\n"
    )
    (tmp_path / "own_names.py").write_text("TIMES = 2.0\n")
    (tmp_path / "own_late.py").write_text("")
    (tmp_path / "unused.py").write_text("raise SystemExit\n")
    monkeypatch.syspath_prepend(tmp_path)
    import own_steps

    pipeline = make_pipeline(FunctionTransformer(own_steps.scaled), own_steps.Line()).fit(_ROWS, _ROWS[:, 0])
    joblib.dump(pipeline, tmp_path / "model.pkl")
    skops.io.dump(pipeline, tmp_path / "model.skops")
    monkeypatch.undo()
    names = ("own_steps", "own_names", "own_late")
    for name in names:
        sys.modules.pop(name, None)
    yield tmp_path
    for name in names:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name", ["model.pkl", "model.skops"])
def test_the_folders_own_modules_are_loaded_and_told_with_what_they_import(own_folder, name):
    loaded = load_estimator(own_folder / name, model_folder=own_folder)
    assert [path.name for path in loaded.own_modules] == ["own_late.py", "own_names.py", "own_steps.py"]
    assert loaded.trusted_globals == ()
    assert type(loaded.estimator[-1]).__module__ == "own_steps"
    assert str(own_folder) not in sys.path


def test_own_modules_of_no_folder_are_missing(own_folder):
    assert "needs the module own_steps" in str(refused(own_folder / "model.pkl"))


def test_what_own_modules_import_is_not_theirs_to_give(own_folder):
    (own_folder / "own_names.py").write_text("from os import system\nTIMES = 2.0\n")
    (own_folder / "model.pkl").write_bytes(b"cown_names\nsystem\n(S'true'\ntR.")
    error = refused(own_folder / "model.pkl", model_folder=own_folder)
    assert "own_names: system (which is posix.system)" in str(error)


def test_a_file_with_a_librarys_name_frees_nothing_of_the_library(tmp_path):
    for name in ("numpy.py", "joblib.py", "os.py", "pytest.py"):
        (tmp_path / name).write_text("")
    (tmp_path / "sklearn").mkdir()
    (tmp_path / "sklearn" / "datasets.py").write_text("")
    path = tmp_path / "model.pkl"
    path.write_bytes(b"(cnumpy\nload\ncos\nsystem\ncjoblib\nload\ncpytest\nexit\ncsklearn.datasets\nload_files\nl.")
    listed = str(refused(path, model_folder=tmp_path)).splitlines()
    assert [line for line in listed if line.startswith("  ") and "trust" not in line] == [
        "  joblib: load",
        "  numpy: load",
        "  os: system",
        "  pytest: exit",
        "  sklearn.datasets: load_files",
    ]


def test_a_package_of_the_folder_is_refused_with_what_to_do(own_folder):
    package = own_folder / "own_steps"
    package.mkdir()
    (own_folder / "own_steps.py").rename(package / "__init__.py")
    error = refused(own_folder / "model.pkl", model_folder=own_folder)
    assert error.kind == "own_module"
    assert "move what it needs into own_steps.py" in str(error)


def test_an_own_module_that_cannot_be_imported_is_told(own_folder):
    (own_folder / "own_names.py").write_text("raise RuntimeError('no data')\n")
    message = str(refused(own_folder / "model.pkl", model_folder=own_folder))
    assert "needs the module own_steps, which cannot be imported: RuntimeError: no data" in message


def test_trusted_globals_are_told(tmp_path):
    estimator = make_pipeline(FunctionTransformer(json.dumps), LinearRegression())
    estimator.steps[1] = ("line", _LINE)
    joblib.dump(estimator, tmp_path / "model.pkl")
    assert "trust: [json.dumps]" in str(refused(tmp_path / "model.pkl"))
    assert load_estimator(tmp_path / "model.pkl", trust=["json"]).trusted_globals == ("json.dumps",)


def _rezipped(content: bytes, change) -> bytes:
    """A .skops with its schema changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(file, "w") as target:
        for entry in source.infolist():
            data = source.read(entry)
            target.writestr(entry, change(data) if entry.filename == "schema.json" else data)
    return file.getvalue()


def _with_entry(content: bytes, name: str) -> bytes:
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, "x")
    return file.getvalue()


def _bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", bytes(64 << 20))
    return file.getvalue()


_WHOLE_SKOPS = skops.io.dumps(_LINE)
_SKOPS = {
    "a path that escapes": (_with_entry(_WHOLE_SKOPS, "../../evil.npy"), "hostile", "a path that leads out"),
    "a rooted path": (_with_entry(_WHOLE_SKOPS, "/etc/evil"), "hostile", "a path that leads out"),
    "a path of Windows": (_with_entry(_WHOLE_SKOPS, "C:\\evil"), "hostile", "a path that leads out"),
    "a bomb": (_bomb(), "memory", "needs more than"),
    "text": (b"no zip", "estimator", "is no whole zip"),
    "cut off": (_WHOLE_SKOPS[:-40], "estimator", "is no whole zip"),
    "damaged": (_WHOLE_SKOPS.replace(b"NUMPY", b"NUMPX"), "estimator", "is no whole zip"),
    "another zip": (_zip_of(a="b"), "estimator", "is a zip without schema.json"),
    "no JSON": (_zip_of(**{"schema.json": "{"}), "estimator", "cannot be read by skops"),
    "deep JSON": (_zip_of(**{"schema.json": "[" * 100_000}), "estimator", "cannot be read by skops"),
    "another class": (
        _rezipped(
            _WHOLE_SKOPS,
            lambda data: data.replace(b'"LinearRegression"', b'"Popen"', 1).replace(
                b"sklearn.linear_model._base", b"subprocess", 1
            ),
        ),
        "untrusted",
        "subprocess: Popen",
    ),
}


@pytest.mark.parametrize("what", _SKOPS)
def test_a_bad_skops_file_is_refused(tmp_path, what, monkeypatch):
    monkeypatch.setattr("artifact_builder.worker.guard.skops_file.memory_limit_bytes", lambda: 32 << 20)
    content, kind, words = _SKOPS[what]
    path = tmp_path / "model.skops"
    path.write_bytes(content)
    error = refused(path)
    assert (error.kind, words in str(error)) == (kind, True), str(error)
