"""The same model gives the same artifact: real builds, in processes that have nothing else in common."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import joblib
import pandas as pd
import pytest
import skops.io
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

ROOT = Path(__file__).resolve().parents[2]
BUILD_SCRIPT = """
import json, pathlib, sys
from artifact_builder import build, load_models
(model,) = load_models(pathlib.Path(sys.argv[1]))
# Twice, the second time with nothing left of the first.
artifacts = [build(model, pathlib.Path(sys.argv[2]) / str(number)) for number in range(2)]
assert not any(artifact.was_cached for artifact in artifacts)
told = [{"digest": one.digest, "zip": str(one.zip_path), "members": one.manifest["members"]} for one in artifacts]
print(json.dumps(told))
"""
FRAME = pd.DataFrame(
    {
        "city": [["Rome", "Pisa", "Bari"][number % 3] for number in range(30)],
        "age": [20 + number for number in range(30)],
        "bmi": [20 + number / 7 for number in range(30)],
    }
)


def fitted():
    scale = make_column_transformer((OneHotEncoder(), ["city"]), remainder="passthrough")
    forest = RandomForestClassifier(3, max_depth=3, random_state=0)
    return make_pipeline(scale, forest).fit(FRAME, ["yes" if number % 2 else "no" for number in range(30)])


def joblib_bytes(compress: int) -> bytes:
    file = io.BytesIO()
    joblib.dump(fitted(), file, compress=compress)
    return file.getvalue()


FORMS = {
    "model.pkl": lambda: pickle.dumps(fitted(), protocol=2),
    "model.pickle": lambda: pickle.dumps(pickle.loads(pickle.dumps(fitted(), protocol=5))),
    "model.joblib": lambda: joblib_bytes(0),
    "packed.joblib": lambda: joblib_bytes(3),
    "model.skops": lambda: skops.io.dumps(fitted()),
}


def built(root: Path, *, form: str, mtime: int, umask: int, environment: dict[str, str]):
    """([digest, digest], [zip, zip], members) of the model, saved in one of the forms and built twice elsewhere."""
    folder = root / "models" / "people"
    folder.mkdir(parents=True)
    (folder / form).write_bytes(FORMS[form]())
    FRAME.to_csv(folder / "X.csv", index=False)
    (folder / "model.yaml").write_text(f"estimator: {form}\nsamples: {{X: X.csv}}\n")
    for path in folder.iterdir():
        os.utime(path, (mtime, mtime))
    run = subprocess.run(
        [sys.executable, "-c", BUILD_SCRIPT, str(root / "models"), str(root / "artifacts")],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=root,
        umask=umask,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    artifacts = json.loads(run.stdout)
    members = [(member["name"], member["sha256"]) for member in artifacts[0]["members"]]
    return [one["digest"] for one in artifacts], [Path(one["zip"]).read_bytes() for one in artifacts], members


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    environment = {"PYTHONHASHSEED": "0", "TZ": "UTC"}
    return built(tmp_path_factory.mktemp("plain"), form="model.pkl", mtime=1, umask=0o022, environment=environment)


ENVIRONMENTS = st.fixed_dictionaries(
    {
        "PYTHONHASHSEED": st.integers(0, 2**32 - 1).map(str),
        "TZ": st.sampled_from(["Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati"]),
        "LC_ALL": st.sampled_from(["C", "C.UTF-8", "tr_TR.UTF-8"]),
        "OMP_NUM_THREADS": st.sampled_from(["1", "2"]),
    }
)


# Each example is two builds; a failing one is told as it is, for making it smaller would take minutes.
@settings(max_examples=4, derandomize=True, phases=[Phase.explicit, Phase.generate], database=None)
@example("model.skops", {"PYTHONHASHSEED": "random", "TZ": "Asia/Kathmandu"}, 0o077, "ä/b c", 0)
@given(
    form=st.sampled_from(sorted(FORMS)),
    environment=ENVIRONMENTS,
    umask=st.sampled_from([0o000, 0o027, 0o077]),
    place=st.sampled_from(["a", "a/b c/d", "ä/x"]),
    mtime=st.integers(0, 2**31 - 1),
)
def test_nothing_around_a_build_is_in_its_artifact(expected, form, environment, umask, place, mtime):
    with tempfile.TemporaryDirectory() as top:
        digests, zips, members = built(Path(top) / place, form=form, mtime=mtime, umask=umask, environment=environment)
    assert members == expected[2]
    assert set(digests) == set(expected[0])
    assert len(set(digests)) == 1
    assert set(zips) == set(expected[1])
    assert len(set(zips)) == 1
