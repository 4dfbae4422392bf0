"""Builds: the same bytes everywhere, nothing half-done, nothing done twice."""

from __future__ import annotations

import io
import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import joblib
import pandas as pd
import psutil
import pytest
from artifact_builder_models import manifest_of, only_model, write_model
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LinearRegression

from artifact_builder import BuildError, artifact_folder, build, verify

ROOT = Path(__file__).resolve().parents[2]
BUILD_SCRIPT = """
import pathlib, sys
from artifact_builder import build, load_models
artifact = build(*load_models(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[2]))
heavy = sorted({"sklearn", "pandas", "numpy", "joblib", "scipy"} & set(sys.modules))
print(artifact.digest, artifact.was_cached, ",".join(heavy))
"""


def build_elsewhere(models_dir: Path, artifacts_dir: Path, *, umask: int = 0o022, cwd: Path = ROOT, **environment: str):
    """(digest, was cached, heavy modules) of a build in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-c", BUILD_SCRIPT, str(models_dir), str(artifacts_dir)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=cwd,
        umask=umask,
        capture_output=True,
        text=True,
        check=True,
    )
    digest, was_cached, heavy = run.stdout.rstrip("\n").split(" ")
    return digest, was_cached == "True", heavy


def wait_until(condition, *, timeout_s: float, what: str) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"waited {timeout_s} s for {what}"
        time.sleep(0.02)


def test_equal_inputs_give_equal_bytes_in_any_process(tmp_path):
    features = pd.DataFrame({"a": [float(i) for i in range(40)], "b": [float(i % 7) for i in range(40)]})
    forest = RandomForestClassifier(5, random_state=0).fit(
        features, ["even" if i % 2 == 0 else "odd" for i in range(40)]
    )
    truths = pd.DataFrame({"parity": ["even", "odd", "odd", "even"]})
    write_model(tmp_path / "one" / "models" / "line", estimator=forest, target=truths)
    (tmp_path / "two" / "deeper").mkdir(parents=True)
    shutil.copytree(tmp_path / "one" / "models", tmp_path / "two" / "deeper" / "models", copy_function=shutil.copyfile)

    one = build_elsewhere(tmp_path / "one" / "models", tmp_path / "a", PYTHONHASHSEED="1", TZ="Asia/Tokyo", LC_ALL="C")
    two = build_elsewhere(
        tmp_path / "two" / "deeper" / "models",
        tmp_path / "b",
        umask=0o077,
        cwd=tmp_path,
        PYTHONHASHSEED="77",
        TZ="America/Lima",
        OMP_NUM_THREADS="2",
    )

    assert one[0] == two[0]
    zips = [next(folder.glob("*.zip")).read_bytes() for folder in (tmp_path / "a", tmp_path / "b")]
    assert zips[0] == zips[1]
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "b" / "line" / two[0]).iterdir()}
    assert modes == {0o644}


def test_a_refitted_equal_estimator_gives_an_equal_artifact(tmp_path, worker_here):
    digests = set()
    for name in ("one", "two"):
        features = pd.DataFrame({"a": [float(i) for i in range(40)], "b": [float(i % 7) for i in range(40)]})
        estimator = HistGradientBoostingRegressor(max_iter=5, random_state=0).fit(features, features["a"])
        write_model(tmp_path / name / "line", estimator=estimator)
        digests.add(build(only_model(tmp_path / name), tmp_path / f"{name}-artifacts").digest)
    assert len(digests) == 1


def test_the_zip_holds_the_members_and_nothing_else(line_built):
    _, artifact = line_built
    with zipfile.ZipFile(artifact.zip_path) as archive:
        entries = archive.infolist()
        contents = {entry.filename: archive.read(entry) for entry in entries}
    members = [member["name"] for member in artifact.manifest["members"]]
    assert list(contents) == members == sorted(members)
    assert members == [
        "input_schema.json",
        "model.joblib",
        "output_schema.json",
        "requirements.txt",
        "runtime.yaml",
        "score.py",
    ]
    assert all(contents[name] == (artifact.folder / name).read_bytes() for name in members)
    assert {(entry.date_time, entry.compress_type, entry.external_attr >> 16) for entry in entries} == {
        ((1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED, 0o100644)
    }
    assert artifact.size_bytes == artifact.zip_path.stat().st_size


def test_nothing_of_this_machine_is_in_the_artifact(line_built):
    model, artifact = line_built
    content = b"".join(path.read_bytes() for path in sorted(artifact.folder.iterdir()))
    words = [
        str(model.folder),
        str(artifact.folder.parents[1]),
        str(ROOT),
        os.uname().nodename,
        str(time.gmtime().tm_year),
    ]
    assert [word for word in words if word.encode() in content] == []


def test_unchanged_inputs_are_found_without_importing_scikit_learn(line_artifacts):
    model, artifacts_dir = line_artifacts
    digest, was_cached, heavy = build_elsewhere(model.folder.parent, artifacts_dir)
    assert (digest, was_cached, heavy) == (next(artifacts_dir.glob("*.zip")).stem.removeprefix("line-"), True, "")


def test_deployment_and_tags_are_no_input_of_an_artifact(line_artifacts):
    model, artifacts_dir = line_artifacts
    other = model.model_copy(update={"description": "new", "tags": {"a": "b"}, "breaking": "allowed"})
    assert build(other, artifacts_dir).was_cached


@pytest.mark.parametrize("damage", ["zip gone", "zip changed", "member gone", "member cut", "record broken"])
def test_a_damaged_artifact_is_built_again(line_artifacts, damage, worker_here):
    model, artifacts_dir = line_artifacts
    folder = artifact_folder(model, artifacts_dir)
    zip_path = next(artifacts_dir.glob("*.zip"))
    whole = zip_path.read_bytes()
    if damage == "zip gone":
        zip_path.unlink()
    elif damage == "zip changed":
        zip_path.write_bytes(whole[:-1] + b"x")
    elif damage == "member gone":
        (folder / "score.py").unlink()
    elif damage == "member cut":
        (folder / "model.joblib").write_bytes(b"")
    else:
        next((artifacts_dir / "line" / ".inputs").iterdir()).write_text("{")

    artifact = build(model, artifacts_dir)

    assert not artifact.was_cached
    assert zip_path.read_bytes() == whole
    assert build(model, artifacts_dir).was_cached


def test_two_builders_at_once_make_one_artifact(line_built, tmp_path, worker_here):
    model, _ = line_built
    with ThreadPoolExecutor(2) as builders:
        artifacts = list(builders.map(lambda _: build(model, tmp_path / "artifacts"), range(2)))
    assert artifacts[0].digest == artifacts[1].digest
    assert sorted(artifact.was_cached for artifact in artifacts) == [False, True]
    assert leftovers(tmp_path / "artifacts") == []


def leftovers(artifacts_dir: Path) -> list[str]:
    return [path.name for path in (artifacts_dir / "line").glob(".work-*")]


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_killed_build_leaves_no_half_artifact_and_no_process(line_built, tmp_path):
    model, _ = line_built
    artifacts_dir = tmp_path / "artifacts"
    builder = subprocess.Popen(
        [sys.executable, "-c", BUILD_SCRIPT, str(model.folder.parent), str(artifacts_dir)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        wait_until(lambda: psutil.Process(builder.pid).children(), timeout_s=60, what="the worker")
        (worker,) = psutil.Process(builder.pid).children()
        wait_until(lambda: leftovers(artifacts_dir), timeout_s=60, what="the work folder")
    finally:
        builder.send_signal(signal.SIGKILL)
        builder.wait()
    wait_until(
        lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE,
        timeout_s=60,
        what="the worker's end",
    )

    assert not list(artifacts_dir.glob("*.zip"))
    assert [path.name for path in (artifacts_dir / "line").iterdir() if not path.name.startswith(".")] == []
    assert not build(model, artifacts_dir).was_cached
    assert leftovers(artifacts_dir) == []


def _estimator_cases():
    frame = pd.DataFrame({"a": [0.0, 1.0], "b": [0.0, 1.0]})
    fitted = LinearRegression().fit(frame, [0.0, 1.0])
    return {
        "not fitted": (
            LinearRegression(),
            "the LinearRegression in model.pkl is not fitted: call fit()",
        ),
        "not an estimator": ({"a": 1}, "model.pkl must hold a fitted estimator with predict(), found a dict"),
        "a class": (
            LinearRegression,
            "must hold a fitted estimator with predict(), found the class LinearRegression",
        ),
        "other columns": (fitted.fit(frame.rename(columns={"b": "c"}), [0.0, 1.0]), "misses 'c' and has besides 'b'"),
    }


@pytest.mark.parametrize("case", _estimator_cases())
def test_an_estimator_that_cannot_serve_is_refused_with_words(tmp_path, case, worker_here):
    estimator, words = _estimator_cases()[case]
    write_model(tmp_path / "models" / "line", estimator=estimator)
    refused(tmp_path, words)


def test_a_pickle_of_another_scikit_learn_is_refused_with_both_versions(tmp_path, worker_here):
    folder = write_model(tmp_path / "models" / "line")
    content = (folder / "model.pkl").read_bytes()
    import sklearn

    (folder / "model.pkl").write_bytes(content.replace(sklearn.__version__.encode(), b"1.2.0"))
    refused(tmp_path, "model.pkl was pickled by scikit-learn 1.2.0, and 1.9.1 is installed")


def test_an_estimator_of_a_missing_module_is_refused_by_name(tmp_path, worker_here):
    folder = write_model(tmp_path / "models" / "line")
    (folder / "model.pkl").write_bytes(b"cour_features\nScaler\n.")
    refused(tmp_path, "model.pkl needs the module our_features, which is not there where the model is loaded")


def test_true_values_of_another_kind_are_refused(tmp_path, worker_here):
    write_model(tmp_path / "models" / "line", target=pd.DataFrame({"y": ["a", "b", "c", "d"]}))
    refused(tmp_path, "the true values of the samples cannot be compared with the estimator's predictions")


def test_a_cut_pickle_is_refused_with_words(tmp_path, worker_here):
    folder = write_model(tmp_path / "models" / "line")
    (folder / "model.pkl").write_bytes((folder / "model.pkl").read_bytes()[:100])
    refused(tmp_path, "model.pkl is no whole pickle (100 bytes")


def test_a_pickle_that_ends_the_process_is_told(tmp_path):
    text = "estimator: model.pkl\nsamples: {X: X.csv, y: y.csv}\ntrust: [os._exit]\n"
    folder = write_model(tmp_path / "models" / "line", yaml_text=text)
    (folder / "model.pkl").write_bytes(b"cos\n_exit\n(I3\ntR.")
    refused(tmp_path, "the process that loads the estimator ended with exit code 3")


def refused(tmp_path: Path, words: str) -> None:
    with pytest.raises(BuildError) as caught:
        build(only_model(tmp_path / "models"), tmp_path / "artifacts")
    assert words in str(caught.value)
    assert str(caught.value).startswith("line: ")
    assert leftovers(tmp_path / "artifacts") == []
    assert not list((tmp_path / "artifacts").glob("*.zip"))


TRAIN = """
import pandas as pd
from sklearn.linear_model import LinearRegression

def train():
    frame = pd.DataFrame({"a": [0.0, 1.0, 2.0], "kind": pd.Categorical(["x", "y", "x"])})
    return LinearRegression().fit(frame[["a"]], [1.0, 2.0, 3.0]), frame[["a"]], [1.0, 2.0, 3.0]

def broken():
    raise RuntimeError("no data today")
"""


def test_train_is_called_where_no_estimator_is_given(tmp_path, worker_here):
    folder = tmp_path / "models" / "line"
    folder.mkdir(parents=True)
    (folder / "train.py").write_text(TRAIN)
    (folder / "model.yaml").write_text("estimator: model.pkl\ntrain: train.py:train\n")
    artifact = build(only_model(tmp_path / "models"), tmp_path / "artifacts")
    assert artifact.manifest["golden"]["predictions"] == pytest.approx([1.0, 2.0, 3.0])
    assert artifact.manifest["metrics"]["r2"] == pytest.approx(1.0)
    assert sorted(path.name for path in folder.iterdir()) == ["model.yaml", "train.py"]


def test_train_is_not_called_where_an_estimator_lies(tmp_path, worker_here):
    text = "estimator: model.pkl\ntrain: train.py:broken\nsamples: {X: X.csv}\n"
    folder = write_model(tmp_path / "models" / "line", yaml_text=text)
    (folder / "train.py").write_text(TRAIN)
    artifact = build(only_model(tmp_path / "models"), tmp_path / "artifacts")
    assert artifact.manifest["estimator"] == {
        "class": "LinearRegression",
        "algorithm": "LinearRegression",
        "kind": "regressor",
    }


def test_what_train_raises_is_told(tmp_path, worker_here):
    folder = tmp_path / "models" / "line"
    folder.mkdir(parents=True)
    (folder / "train.py").write_text(TRAIN)
    (folder / "model.yaml").write_text("train: train.py:broken\n")
    refused(tmp_path, "RuntimeError: no data today")


def test_an_estimator_fitted_on_an_array_takes_rows_in_the_files_order(tmp_path, worker_here):
    frame = pd.DataFrame({"a": [0.0, 1.0, 0.0, 2.5], "b": [0.0, 0.0, 1.0, -1.0]})
    estimator = LinearRegression().fit(frame.to_numpy(), 2 * frame["a"] + 3 * frame["b"])
    write_model(tmp_path / "models" / "line", estimator=estimator)
    artifact = build(only_model(tmp_path / "models"), tmp_path / "artifacts")
    assert verify(artifact.folder).is_ok
    columns = [column["name"] for column in json.loads((artifact.folder / "input_schema.json").read_text())["schema"]]
    assert columns == ["a", "b"]


def test_the_manifest_tells_what_was_built(samples_built):
    manifest = manifest_of(samples_built["wine-cultivar"].folder)
    assert manifest["estimator"] == {"class": "Pipeline", "algorithm": "LogisticRegression", "kind": "classifier"}
    assert set(manifest["versions"]) == {"python", "scikit_learn", "joblib", "numpy", "pandas", "builder"}
    assert manifest["metrics"]["accuracy"] > 0.9
    assert [len(manifest["golden"][part]) for part in ("rows", "predictions")] == [10, 10]
    assert manifest["signature"]["outputs"][0]["classes"] == ["class_0", "class_1", "class_2"]
    assert manifest["digest"] == samples_built["wine-cultivar"].folder.name


def test_another_seed_gives_another_artifact(tmp_path, samples_built, worker_here, monkeypatch):
    source = ROOT / "models" / "wine-cultivar"
    shutil.copytree(source, tmp_path / "models" / "wine-cultivar")
    monkeypatch.setattr(sys, "argv", ["train.py", "--seed", "1"])
    runpy.run_path(str(tmp_path / "models" / "wine-cultivar" / "train.py"), run_name="__main__")
    artifact = build(only_model(tmp_path / "models"), tmp_path / "artifacts")
    assert artifact.digest != samples_built["wine-cultivar"].digest


def test_the_model_file_is_loaded_by_joblib(line_built):
    _, artifact = line_built
    model = joblib.load(io.BytesIO((artifact.folder / "model.joblib").read_bytes()))
    assert model.predict(pd.DataFrame({"a": [1.0], "b": [1.0]})) == pytest.approx([5.0])
