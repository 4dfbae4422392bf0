"""Shards of the models as stacks on one platform, run side by side."""

from __future__ import annotations

import json

import pytest
import yaml

WINE, DIABETES = "wine-cultivar", "diabetes-progression"


@pytest.fixture(scope="module", autouse=True)
def two_shards_are_up(clone):
    clone.edit(f"models/{WINE}/model.yaml", "  state: ACTIVE ", "  # state ")
    for name, shard in ((WINE, "eu"), (DIABETES, None)):
        clone.edit(f"models/{name}/model.yaml", "deployment:", "deployment:\n  state: INACTIVE")
        if shard:
            clone.edit(f"models/{name}/model.yaml", "tags:", f"shard: {shard}\ntags:")
    clone.paddock("fleet", "up")


def exported(clone, stack):
    text = clone.paddock("pulumi", "stack", "output", "--json", "--stack", stack).stdout
    return json.loads(text)


def test_each_shard_is_a_stack_on_the_platforms_project(clone):
    platform, eu, rest = (exported(clone, f"local-{name}") for name in ("platform", "eu", "default"))

    assert set(eu["models"]) == {WINE}
    assert set(rest["models"]) == {DIABETES}
    assert platform["models"] == {}
    assert eu["project"] == rest["project"] == platform["project"]
    assert eu["log_group"] == platform["log_group"]


def test_one_summary_tells_all_stacks(clone):
    told = clone.paddock_json("fleet", "up", "--json")

    assert [outcome["stack"] for outcome in told] == ["local-platform", "local-default", "local-eu"]
    assert all(set(outcome["changes"]) == {"same"} and outcome["error"] is None for outcome in told)


def test_a_shard_that_fails_does_not_stop_the_others_and_is_named(clone):
    hooks = clone.folder / "models" / WINE / "hooks.py"
    hooks.write_text("raise RuntimeError('no feature store')\n")
    clone.edit(f"models/{WINE}/model.yaml", "estimator: model.pkl", "estimator: model.pkl\nhooks: hooks.py")
    clone.edit(f"models/{WINE}/model.yaml", "  state: INACTIVE", "  state: ACTIVE")

    failed = clone.paddock("fleet", "up", check=False)

    assert failed.returncode == 1
    assert "local-eu" in failed.stderr
    assert "no feature store" in failed.stderr
    assert "local-default: done" in failed.stderr


def test_the_operator_gets_a_stack_for_each_that_waits_for_the_platform(clone):
    text = clone.paddock("fleet", "manifests", "--repository", "https://example.org/models.git").stdout

    platform, *shards = yaml.safe_load_all(text)
    assert platform["spec"]["stack"] == "local-platform"
    assert [shard["spec"]["stack"] for shard in shards] == ["local-default", "local-eu"]
    assert all(shard["spec"]["prerequisites"] == [{"name": platform["metadata"]["name"]}] for shard in shards)


def test_destroy_takes_the_shards_and_then_the_platform(clone):
    told = clone.paddock_json("fleet", "destroy", "--json")

    assert [outcome["stack"] for outcome in told] == ["local-default", "local-eu", "local-platform"]
    assert all(outcome["error"] is None for outcome in told)
