"""A retrained model under load, a model that does not load, a control plane that is killed. In order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
from load import Client

WINE = "wine-cultivar"
DIABETES = "diabetes-progression"


def wait_until(condition, *, timeout_s, what):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout_s} s for {what}"
        time.sleep(0.02)


def status_of(clone, name):
    return next(item for item in clone.paddock_json("status", "--json") if item["name"] == name)


def retrain(clone, name, seed):
    subprocess.run(
        [sys.executable, f"models/{name}/train.py", "--seed", str(seed)], cwd=clone.folder, check=True, timeout=120
    )


def rows_of(clone, name, count=3):
    frame = pd.read_csv(clone.folder / "models" / name / "X_sample.csv").head(count)
    return json.loads(frame.to_json(orient="records"))


@pytest.fixture(scope="module", autouse=True)
def everything_is_up(clone):
    clone.up()


def client_of(clone, name, rows):
    config_file = clone.paddock_json("env", "--json")["ociConfigFile"]
    return Client(status_of(clone, name)["endpoint"], rows, config_file)


def steps_of(preview):
    return {
        (step["op"], step["urn"].split("::")[-2].split("$")[-1], step["urn"].split("::")[-1])
        for step in preview["steps"]
        if step["op"] != "same"
    }


def test_a_retrained_model_replaces_its_entry_and_updates_its_deployment_only(clone):
    retrain(clone, DIABETES, 7)

    preview = clone.paddock_json("preview", "--json")

    changed = {(kind, name) for _, kind, name in steps_of(preview)}
    assert changed == {
        ("oci:DataScience/model:Model", DIABETES),
        ("oci:DataScience/modelDeployment:ModelDeployment", DIABETES),
    }
    operations = {op for op, kind, _ in steps_of(preview) if kind.endswith("ModelDeployment")}
    assert operations == {"update"}


def test_no_request_fails_while_the_model_is_replaced_and_answers_change_once(clone):
    before = status_of(clone, DIABETES)
    rows = rows_of(clone, DIABETES)
    with client_of(clone, DIABETES, rows) as client:
        wait_until(lambda: len(client.answers) > 20, timeout_s=30, what="answers of the old model")
        clone.up()
        count = len(client.answers)
        wait_until(lambda: len(client.answers) > count + 20, timeout_s=30, what="answers of the new model")

    after = status_of(clone, DIABETES)
    assert client.failures == []
    kinds = [json.dumps(prediction) for _, prediction in client.answers]
    assert kinds[0] != kinds[-1]
    switch = kinds.index(kinds[-1])
    assert set(kinds[:switch]) == {kinds[0]}
    assert set(kinds[switch:]) == {kinds[-1]}
    assert after["deploymentId"] == before["deploymentId"]
    assert after["digest"] != before["digest"]
    assert after["modelId"] != before["modelId"]


def test_a_score_py_that_raises_on_load_fails_up_with_its_words_and_recovers(clone):
    hooks = clone.folder / "models" / WINE / "hooks.py"
    hooks.write_text("raise RuntimeError('the feature store is out of reach')\n")
    clone.edit(f"models/{WINE}/model.yaml", "estimator: model.pkl", "estimator: model.pkl\nhooks: hooks.py")
    with client_of(clone, WINE, rows_of(clone, WINE)) as client:
        failed = clone.up(check=False)
    assert failed.returncode == 1
    assert "the feature store is out of reach" in failed.stdout + failed.stderr
    assert client.failures == [], "the old model goes on answering"

    hooks.write_text("def post_inference(yhat):\n    return [str(value) for value in yhat]\n")
    clone.up()
    clone.paddock("preview", "--expect-no-changes")
    assert status_of(clone, WINE)["state"] == "ACTIVE"
    assert clone.paddock("predict", WINE, "--samples", "3").stdout.count("right") == 3


def test_a_killed_control_plane_in_the_middle_of_up_loses_and_doubles_nothing(clone):
    retrain(clone, DIABETES, 8)
    running = clone.paddock_json("local", "status", "--json")
    sqlite = clone.folder / ".paddock/local"
    with client_of(clone, WINE, rows_of(clone, WINE)) as client:
        up = subprocess.Popen(
            [sys.executable, "-m", "paddock", "up", "--yes", "--skip-preview"],
            cwd=clone.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        artifacts = sqlite / "artifacts"
        known = set(artifacts.iterdir())
        wait_until(
            lambda: set(artifacts.iterdir()) - known or up.poll() is not None, timeout_s=60, what="the new upload"
        )
        os.kill(running["pid"], signal.SIGKILL)
        output = up.communicate(timeout=180)[0].decode()
        assert up.returncode == 1, output
        count = len(client.answers)
        wait_until(lambda: len(client.answers) > count + 20, timeout_s=30, what="answers without a control plane")
        clone.up()
    assert client.failures == []
    clone.paddock("preview", "--expect-no-changes")
    clone.paddock("refresh", "--yes", "--expect-no-changes")
    assert count_alive(clone) == {"models": 2, "deployments": 2, "projects": 1}


def count_alive(clone):
    from oci.config import from_file
    from oci.data_science import DataScienceClient

    env = clone.paddock_json("env", "--json")
    client = DataScienceClient(from_file(env["ociConfigFile"]), service_endpoint=env["endpoint"])
    compartment = env["compartmentId"]
    lists = {
        "models": client.list_models(compartment),
        "deployments": client.list_model_deployments(compartment),
        "projects": client.list_projects(compartment),
    }
    return {kind: sum(item.lifecycle_state != "DELETED" for item in answer.data) for kind, answer in lists.items()}
