"""Whatever happens to the bytes of a model file, loading it ends in an estimator or in a WorkerError."""

from __future__ import annotations

import io
import os
import pickle
import traceback
import warnings

import joblib
import pandas as pd
import pytest
import skops.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from artifact_builder.worker.errors import WorkerError
from artifact_builder.worker.estimator import load_estimator

_OTHER_ERROR = 1
_EXAMPLES = settings(max_examples=60, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _files() -> dict[str, bytes]:
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": list("xyxy")})
    columns = make_column_transformer((OneHotEncoder(), ["b"]), (StandardScaler(), ["a"]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = make_pipeline(columns, RandomForestClassifier(2, random_state=0)).fit(frame, [0, 1, 0, 1])
        files = {f"protocol {n}.pkl": pickle.dumps(fitted, n) for n in (0, 2, 4, 5)}
        files["whole.skops"] = skops.io.dumps(fitted)
    for name, compress in (("plain", 0), ("zlib", ("zlib", 1)), ("xz", ("xz", 1))):
        file = io.BytesIO()
        joblib.dump(fitted, file, compress=compress)
        files[f"{name}.joblib"] = file.getvalue()
    return files


_FILES = _files()


def ends_well(path) -> bool:
    """Whether loading in a process of its own ends in an estimator or a WorkerError, not in a crash."""
    child = os.fork()
    if not child:
        code = 0
        try:
            warnings.simplefilter("ignore")
            load_estimator(path)
        except WorkerError:
            pass
        except BaseException:  # noqa: BLE001  # a child process that tells it by its exit code
            traceback.print_exc()
            code = _OTHER_ERROR
        os._exit(code)
    return os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("name", _FILES)
def test_whole_files_load(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(_FILES[name])
    assert load_estimator(path).trusted_globals == ()


@_EXAMPLES
@given(name=st.sampled_from(sorted(_FILES)), share=st.floats(0, 1, exclude_max=True))
def test_a_file_that_is_cut_off_ends_in_a_worker_error(tmp_path, name, share):
    path = tmp_path / name
    path.write_bytes(_FILES[name][: int(len(_FILES[name]) * share)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(WorkerError) as caught:
            load_estimator(path)
    assert caught.value.kind == "estimator"


@_EXAMPLES
@given(
    name=st.sampled_from(sorted(_FILES)),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 7)), min_size=1, max_size=4),
)
def test_flipped_bits_end_in_a_worker_error_or_an_estimator(tmp_path, name, flips):
    content = bytearray(_FILES[name])
    for share, bit in flips:
        content[int(len(content) * share)] ^= 1 << bit
    path = tmp_path / name
    path.write_bytes(content)
    assert ends_well(path)


@_EXAMPLES
@given(
    content=st.binary(max_size=300), start=st.sampled_from([b"", b"\x80\x04", b"\x78\x9c", b"\x1f\x8b", b"PK\x03\x04"])
)
@pytest.mark.parametrize("suffix", [".pkl", ".joblib", ".skops"])
def test_random_bytes_end_in_a_worker_error(tmp_path, suffix, content, start):
    path = tmp_path / f"model{suffix}"
    path.write_bytes(start + content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(WorkerError):
            load_estimator(path)
