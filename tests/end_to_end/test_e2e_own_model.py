"""A user's own pickle, in a clone whose favourite port is taken."""

from __future__ import annotations

import shutil
import socket

import joblib
import pandas as pd
from sklearn.datasets import load_iris
from sklearn.svm import SVC


def test_a_pickle_becomes_an_endpoint_also_where_the_port_is_taken(own_clone, tmp_path):
    frame, truths = load_iris(as_frame=True, return_X_y=True)
    estimator = SVC().fit(frame, truths)
    joblib.dump(estimator, tmp_path / "iris.joblib")
    frame.head(20).to_csv(tmp_path / "X.csv", index=False)
    pd.DataFrame({"species": truths.head(20)}).to_csv(tmp_path / "y.csv", index=False)
    for sample in ("wine-cultivar", "diabetes-progression"):
        shutil.rmtree(own_clone.folder / "models" / sample)

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        started = own_clone.paddock("local", "start", "--port", port).stdout
    assert f"127.0.0.1:{port} " not in started
    endpoint = own_clone.paddock_json("local", "status", "--json")["endpoint"]
    own_clone.paddock("local", "stop")

    files = [str(tmp_path / name) for name in ("iris.joblib", "X.csv", "y.csv")]
    own_clone.paddock("new", "iris", "--estimator", files[0], "--samples", files[1], files[2])
    own_clone.paddock("verify", "iris")
    own_clone.up()

    assert own_clone.paddock_json("local", "status", "--json")["endpoint"] == endpoint, "the port is remembered"
    answer = own_clone.paddock_json("predict", "iris", "--rows", files[1], "--json")
    assert answer["prediction"] == estimator.predict(frame.head(20)).tolist()


def test_a_folder_that_is_no_project_is_said_to_be_none(own_clone, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    result = own_clone.shell(f'cd "{elsewhere}"; paddock status')

    assert result.returncode == 2
    assert "has a Pulumi.yaml" in result.stderr
