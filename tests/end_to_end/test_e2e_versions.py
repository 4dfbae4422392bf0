"""Kept catalog entries, rollbacks, updates in stages, proof after apply: one stack, in order."""

from __future__ import annotations

import json
import shutil

import pytest
import yaml
from test_e2e_changes import retrain, status_of

WINE = "wine-cultivar"
SECRET = "the-word-is-mellon"
# Says what the deployment's environment has, so that a prediction shows which variables arrived.
HOOKS = """\
import os

def post_inference(yhat):
    return [f"{value}{os.environ.get('SUFFIX', '')}" for value in yhat]
"""


def sdk(clone):
    from oci import config
    from oci.data_science import DataScienceClient

    found = clone.paddock_json("env", "--json")
    return DataScienceClient(config.from_file(found["ociConfigFile"]), service_endpoint=found["endpoint"]), found


def entries(clone):
    client, found = sdk(clone)
    listed = client.list_models(found["compartmentId"], limit=100).data
    return [model for model in listed if model.lifecycle_state != "DELETED"]


def versions(clone):
    return clone.paddock_json("versions", WINE, "--json")


def stack_file(clone):
    return yaml.safe_load((clone.folder / "Pulumi.local.yaml").read_text())["config"]


def predictions(clone):
    return clone.paddock_json("predict", WINE, "--samples", "3", "--json")["prediction"]


@pytest.fixture(scope="module", autouse=True)
def three_versions_are_up(clone):
    shutil.rmtree(clone.folder / "models" / "diabetes-progression")
    (clone.folder / "models" / WINE / "hooks.py").write_text(HOOKS)
    clone.edit(f"models/{WINE}/model.yaml", "estimator: model.pkl", "estimator: model.pkl\nhooks: hooks.py")
    clone.paddock("pulumi", "config", "set", "paddock:keep", "1", "--stack", "local")
    for seed in (1, 2, 3):
        retrain(clone, WINE, seed)
        clone.up()


def test_as_many_old_entries_stay_as_the_stack_keeps(clone):
    found = versions(clone)

    assert [version["served"] for version in found] == [True, False]
    assert {model.id for model in entries(clone)} == {version["modelId"] for version in found}
    assert status_of(clone, WINE)["digest"] == found[0]["digest"]
    clone.paddock("preview", "--expect-no-changes")


def test_an_old_entry_is_in_the_models_version_set(clone):
    new, old = versions(clone)
    client, _ = sdk(clone)

    assert client.get_model(old["modelId"]).data.model_version_set_id
    assert client.get_model(new["modelId"]).data.model_version_set_id is None


def test_a_rollback_serves_the_old_entry_in_place_without_an_upload_and_is_in_the_code(clone):
    before, (_, old), ids = status_of(clone, WINE), versions(clone), {model.id for model in entries(clone)}

    clone.paddock("rollback", WINE)

    after = status_of(clone, WINE)
    assert after["modelId"] == old["modelId"]
    assert (after["deploymentId"], after["endpoint"]) == (before["deploymentId"], before["endpoint"])
    assert {model.id for model in entries(clone)} == ids
    assert stack_file(clone)["paddock:pins"] == {WINE: old["digest"][:12]}
    clone.paddock("preview", "--expect-no-changes")
    clone.paddock("check", WINE)


def test_a_pin_holds_while_the_code_goes_on(clone):
    served = status_of(clone, WINE)["modelId"]
    retrain(clone, WINE, 4)

    clone.up()

    assert status_of(clone, WINE)["modelId"] == served
    assert len(entries(clone)) == 3


def test_a_pin_to_nothing_is_refused_with_what_there_is(clone):
    refused = clone.paddock("rollback", WINE, "--to", "0123456789ab", check=False)

    assert refused.returncode == 2
    assert all(version["digest"][:12] in refused.stderr for version in versions(clone))


def test_the_pin_is_taken_away(clone):
    clone.paddock("rollback", WINE, "--undo")

    newest = versions(clone)[0]
    assert newest["served"]
    assert WINE not in (stack_file(clone).get("paddock:pins") or {})


def test_a_secret_variable_reaches_the_model_and_is_nowhere_in_clear(clone):
    clone.paddock("pulumi", "config", "set", "--secret", "--path", "paddock:secrets.suffix", SECRET, "-s", "local")
    clone.edit(f"models/{WINE}/model.yaml", "  instances: 1", "  instances: 1\n  secrets: {SUFFIX: suffix}")

    told = clone.paddock("up", "--yes", "--no-check")

    assert all(prediction.endswith(SECRET) for prediction in predictions(clone))
    export = clone.paddock("pulumi", "stack", "export", "--stack", "local").stdout
    shown = clone.paddock("preview", "--diff").stdout
    for text in (told.stdout, told.stderr, export, shown, (clone.folder / "Pulumi.local.yaml").read_text()):
        assert SECRET not in text
    clone.paddock("preview", "--expect-no-changes")


def test_a_bare_pulumi_up_refuses_several_groups_by_name(clone):
    clone.edit(f"models/{WINE}/model.yaml", "  secrets: {SUFFIX: suffix}", "  environment: {OTHER: value}")
    clone.edit(f"models/{WINE}/model.yaml", "bandwidth_mbps: 10", "bandwidth_mbps: 15")
    clone.edit(f"models/{WINE}/model.yaml", "instances: 1", "instances: 2")

    refused = clone.shell("pulumi up --yes --skip-preview --stack local || true").stdout

    for words in ("environment", "model, shape and instances", "load balancer bandwidth", "paddock up --stack local"):
        assert words in refused
    assert status_of(clone, WINE)["bandwidthMbps"] == 10


def test_paddock_up_applies_them_one_after_the_other(clone):
    told = clone.paddock("up", "--yes")

    assert "3 stages: environment, then model, shape and instances, then load balancer bandwidth" in told.stderr
    found = status_of(clone, WINE)
    assert (found["bandwidthMbps"], found["instances"], found["state"]) == (15, 2, "ACTIVE")
    clone.paddock("preview", "--expect-no-changes")
    clone.paddock("refresh", "--yes")
    clone.paddock("preview", "--expect-no-changes")


def test_a_model_that_fails_its_check_goes_back(clone):
    before = status_of(clone, WINE)
    hooks = "import time\n\ndef post_inference(yhat):\n    return [f'at {time.time_ns()}' for _ in yhat]\n"
    (clone.folder / "models" / WINE / "hooks.py").write_text(hooks)  # never twice the same answer

    failed = clone.paddock("up", "--yes", "--skip-preview", "--on-fail", "rollback", check=False)

    after = status_of(clone, WINE)
    assert failed.returncode == 1
    assert "the model that was served before is back" in failed.stderr
    assert (after["modelId"], after["state"]) == (before["modelId"], "ACTIVE")
    assert stack_file(clone)["paddock:pins"][WINE] == before["digest"][:12]
    assert not any(prediction.startswith("at ") for prediction in predictions(clone))


def test_prune_leaves_what_is_served_and_the_newest(clone):
    newest = versions(clone)[0]["digest"]

    clone.paddock("prune", WINE, "--keep", "0")

    left = versions(clone)
    assert {version["digest"] for version in left} == {newest, status_of(clone, WINE)["digest"]}
    assert len(entries(clone)) == len(left)


def test_destroy_removes_every_entry(clone):
    clone.paddock("destroy", "--yes")

    assert entries(clone) == []
    assert json.loads(clone.paddock("pulumi", "stack", "export", "-s", "local").stdout)["deployment"].get(
        "resources"
    ) in (
        None,
        [],
    )
