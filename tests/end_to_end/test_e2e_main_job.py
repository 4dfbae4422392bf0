"""The main job: from two model folders to predictions, and back to nothing. The tests of this file run in order."""

from __future__ import annotations

import csv
import json

import joblib
import pandas as pd
import pytest
import requests

MODELS = ("diabetes-progression", "wine-cultivar")


def test_up_ends_with_two_active_deployments(clone):
    result = clone.up()

    assert "created" in result.stdout
    states = {item["name"]: item["state"] for item in clone.paddock_json("status", "--json")}
    assert states == dict.fromkeys(MODELS, "ACTIVE")


@pytest.mark.parametrize("name", MODELS)
def test_the_endpoint_answers_what_the_estimator_answers(clone, name):
    folder = clone.folder / "models" / name
    answer = clone.paddock_json("predict", name, "--rows", str(folder / "X_sample.csv"), "--json")

    expected = joblib.load(folder / "model.pkl").predict(pd.read_csv(folder / "X_sample.csv")).tolist()
    assert answer["prediction"] == pytest.approx(expected) if name.startswith("diab") else expected


def test_samples_are_shown_beside_the_true_values(clone):
    shown = clone.paddock("predict", "--samples", "10").stdout

    assert shown.count("right") == 10
    assert shown.count("off by") == 10


def test_a_second_up_changes_nothing(clone):
    assert "0 changes" in clone.up().stdout


def test_a_preview_right_after_up_expects_no_changes(clone):
    clone.paddock("preview", "--expect-no-changes")


def test_a_refresh_finds_nothing_and_changes_nothing(clone):
    clone.paddock("refresh", "--yes", "--expect-no-changes")
    clone.paddock("preview", "--expect-no-changes")


def test_plain_pulumi_works_after_eval(clone):
    result = clone.shell(
        "pulumi preview --expect-no-changes --non-interactive >&2\n"
        "pulumi up --yes --expect-no-changes >&2\n"
        "pulumi refresh --yes --expect-no-changes >&2\n"
        "pulumi stack output --json"
    )

    assert result.returncode == 0, result.stderr
    outputs = json.loads(result.stdout)
    assert set(outputs) == {"endpoints", "deployments", "models", "log_group", "project"}
    assert set(outputs["endpoints"]) == set(MODELS)
    assert all(
        url.startswith("http://127.0.0.1:") and url.endswith("/predict") for url in outputs["endpoints"].values()
    )


def test_an_unsigned_request_is_refused_everywhere(clone):
    endpoint = clone.paddock_json("status", "--json")[0]["endpoint"]
    control_plane = clone.paddock_json("env", "--json")["endpoint"]
    with requests.Session() as session:
        session.trust_env = False
        answers = [
            session.post(endpoint, json=[[1.0]], timeout=10),
            session.get(f"{control_plane}/20190101/projects?compartmentId=x", timeout=10),
        ]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert {answer.json()["code"] for answer in answers} == {"NotAuthenticated"}


def test_the_state_holds_no_secret_in_the_clear(clone):
    stored = "".join(path.read_text() for path in (clone.folder / ".paddock/state").rglob("*.json"))

    assert "PRIVATE KEY" not in stored
    assert (clone.folder / ".paddock/passphrase").read_text().strip() not in stored


def test_access_and_predict_logs_can_be_read_back(clone):
    lines = clone.paddock("logs", "wine-cultivar", "--access").stdout.splitlines()

    assert any("200" in line and "/predict" in line for line in lines)


def test_doctor_finds_nothing_to_mend(clone):
    assert all(finding["ok"] for finding in clone.paddock_json("doctor", "--json"))


def test_a_bandwidth_override_of_the_stack_changes_that_deployment_only(clone):
    stack_file = clone.folder / "Pulumi.local.yaml"
    before = stack_file.read_text()
    override = (
        "  paddock:models:\n    wine-cultivar: {load_balancer: {bandwidth_mbps: 20, maximum_bandwidth_mbps: 40}}\n"
    )
    stack_file.write_text(before.replace("config:\n", "config:\n" + override))

    clone.up()

    bandwidths = {item["name"]: item["bandwidthMbps"] for item in clone.paddock_json("status", "--json")}
    assert bandwidths == {"diabetes-progression": 10, "wine-cultivar": 20}
    clone.paddock("preview", "--expect-no-changes")


def test_a_stopped_deployment_is_declared_and_comes_back_at_the_same_address(clone):
    before = {item["name"]: item["endpoint"] for item in clone.paddock_json("status", "--json")}
    clone.edit("models/wine-cultivar/model.yaml", "state: ACTIVE", "state: INACTIVE")
    clone.up()
    stopped = {item["name"]: item["state"] for item in clone.paddock_json("status", "--json")}
    clone.edit("models/wine-cultivar/model.yaml", "state: INACTIVE", "state: ACTIVE")
    clone.up()

    after = {item["name"]: item["endpoint"] for item in clone.paddock_json("status", "--json")}
    assert stopped["wine-cultivar"] == "INACTIVE"
    assert after == before
    assert clone.paddock("predict", "wine-cultivar", "--samples", "3").stdout.count("right") == 3


def test_five_mistakes_are_told_at_once_and_nothing_is_begun(clone):
    path = clone.folder / "models/wine-cultivar/model.yaml"
    good = path.read_text()
    with (clone.folder / "models/wine-cultivar/X_sample.csv").open() as file:
        assert next(csv.reader(file))  # the samples are there: not one of the five
    path.write_text(
        "name: Wine Cultivar\n"
        "estimatr: model.pkl\n"
        "estimator: gone.pkl\n"
        "deployment:\n"
        "  ocpus: 900\n"
        "  memory_gbs: 16\n"
        "  instances: 0\n"
    )
    try:
        result = clone.up(check=False)
    finally:
        path.write_text(good)

    assert result.returncode == 2
    assert "nothing was created or changed" in result.stderr
    for line, place in ((1, "name"), (2, "estimatr"), (3, "estimator"), (5, "ocpus"), (7, "instances")):
        assert any(f"model.yaml:{line}:" in found and place in found for found in result.stderr.splitlines()), (
            f"line {line} ({place}) is not named in:\n{result.stderr}"
        )
    clone.paddock("preview", "--expect-no-changes")


def test_destroy_and_stop_leave_nothing(clone):
    ports = [int(item["endpoint"].split(":")[2].split("/")[0]) for item in clone.paddock_json("status", "--json")]
    clone.paddock("destroy", "--yes", "--skip-preview")
    assert clone.paddock_json("status", "--json") == []
    assert clone.paddock_json("local", "status", "--json")["deployments"] == []
    clone.paddock("local", "stop")

    assert clone.processes() == []
    for port in ports:
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{port}/", timeout=5)
