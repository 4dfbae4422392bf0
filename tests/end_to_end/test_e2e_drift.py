"""Changed by hand with Oracle's SDK: found, put back, taken over. The tests share one clone, in their order."""

from __future__ import annotations

import json

import pytest
import yaml
from by_hand import ByHand

WINE = "wine-cultivar"
DIABETES = "diabetes-progression"
ORACLE_TAGS = {"Oracle-Tags": {"CreatedBy": "someone", "CreatedOn": "2026-11-29T00:00:00.000Z"}}


@pytest.fixture(scope="module")
def hand(clone):
    clone.up()
    return ByHand(clone)


def drift_of(clone, *words):
    """The exit code and the changes, by model and property."""
    result = clone.paddock("drift", "--json", *words, check=False)
    assert result.returncode in (0, 1), result.stderr
    found = json.loads(result.stdout)
    assert found["hasDrift"] is bool(found["changes"])
    return result.returncode, {(change["model"], change["property"]): change for change in found["changes"]}


def state_of(clone):
    return clone.paddock("pulumi", "stack", "export", "--stack", "local").stdout


def comments_of(text):
    return [line[line.index("#") :] for line in text.splitlines() if "#" in line]


# --- found -------------------------------------------------------------------------------------------------------


def test_a_stack_that_only_oracle_s_tag_defaults_touched_has_no_drift(clone, hand):
    hand.change(WINE, defined_tags=ORACLE_TAGS)
    result = clone.paddock("drift")
    assert "No drift: stack local is as it was declared." in result.stdout


@pytest.fixture(scope="module")
def found(clone, hand):
    """Drift of everything at once; the state before and after."""
    tags = hand.deployment(WINE).freeform_tags
    hand.change(
        WINE,
        description="by hand",
        freeform_tags={**tags, "who": "me"},
        defined_tags={**ORACLE_TAGS, "Operations": {"CostCenter": "42"}},
    )
    hand.configure(WINE, bandwidth_mbps=15, maximum_bandwidth_mbps=30)
    hand.configure(WINE, scaling_policy=hand.fixed_size(2))
    hand.deactivate(DIABETES)
    hand.delete_log(DIABETES, "access")
    before = state_of(clone)
    exit_code, changes = drift_of(clone, "--markdown", "drift.md")
    return {"exit_code": exit_code, "changes": changes, "before": before, "after": state_of(clone)}


@pytest.mark.parametrize(
    ("model", "name", "declared", "hand_made", "up"),
    [
        (WINE, "deployment.load_balancer.bandwidth_mbps", 10, 15, "puts it back"),
        (WINE, "deployment.load_balancer.maximum_bandwidth_mbps", 20, 30, "puts it back"),
        (WINE, "deployment.instances", 1, 2, "puts it back"),
        (WINE, "description", "Cultivar of an Italian wine from its chemistry", "by hand", "puts it back"),
        (WINE, "tags.who", None, "me", "takes it away"),
        (WINE, "deployment.defined_tags.Operations.CostCenter", None, "42", "leaves it"),
        (DIABETES, "deployment.state", "ACTIVE", "INACTIVE", "puts it back"),
        (DIABETES, "deployment.logs.access", True, None, "makes it anew"),
    ],
)
def test_a_change_is_told_in_the_words_of_model_yaml(found, model, name, declared, hand_made, up):
    change = found["changes"][model, name]
    assert (change["declared"], change["found"], change["up"]) == (declared, hand_made, up)


def test_nothing_else_is_told_and_the_exit_code_says_that_there_is_drift(found):
    assert (found["exit_code"], len(found["changes"])) == (1, 8)


def test_looking_for_drift_changes_no_state(found):
    assert found["before"] == found["after"]


def test_markdown_has_the_same_table(clone, found):
    lines = (clone.folder / "drift.md").read_text().splitlines()
    assert lines[0] == "| model | resource | property | declared | found | up |"
    assert f"| {DIABETES} | access log | deployment.logs.access | true | deleted | makes it anew |" in lines


# --- put back ----------------------------------------------------------------------------------------------------


def test_up_with_refresh_puts_back_what_a_hand_changed_also_in_several_groups_of_options(clone, hand, found):
    clone.up("--refresh")
    wine, diabetes = hand.deployment(WINE), hand.deployment(DIABETES)
    details = wine.model_deployment_configuration_details.model_configuration_details
    assert (details.bandwidth_mbps, details.maximum_bandwidth_mbps) == (10, 20)
    assert details.scaling_policy.instance_count == 1
    assert wine.description == "Cultivar of an Italian wine from its chemistry"
    assert "who" not in wine.freeform_tags
    assert diabetes.lifecycle_state == "ACTIVE"
    log = diabetes.category_log_details.access
    assert hand.logging.get_log(log.log_group_id, log.log_id).data.lifecycle_state == "ACTIVE"
    assert drift_of(clone) == (0, {})


def test_a_deleted_deployment_is_drift_also_once_a_refresh_took_it_out_of_the_state(clone, hand):
    hand.delete_deployment(DIABETES)
    at_once = drift_of(clone)
    clone.paddock("refresh", "--yes")
    afterwards = drift_of(clone)
    for exit_code, changes in (at_once, afterwards):
        assert exit_code == 1
        assert [(change["model"], change["resource"]) for change in changes.values()] == [(DIABETES, "deployment")]
        (change,) = changes.values()
        assert (change["isDeleted"], change["up"]) == (True, "makes it anew, with another address")
        assert f"remove models/{DIABETES}" in change["notAdoptableBecause"]
    clone.up("--refresh")
    assert hand.deployment(DIABETES).lifecycle_state == "ACTIVE"


# --- taken over --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def adopted(clone, hand):
    """Everything that can be adopted, done by hand and adopted; the files before."""
    model_yaml = clone.folder / "models" / WINE / "model.yaml"
    before = model_yaml.read_text()
    stack_file = clone.folder / "Pulumi.local.yaml"
    own_word = f"  paddock:models:\n    {DIABETES}: {{instances: 1}}   # a stack's own word\n"
    clone.edit(stack_file.name, "config:\n", f"config:\n{own_word}")
    tags = hand.deployment(WINE).freeform_tags
    hand.change(
        WINE,
        description="by hand",
        freeform_tags={**tags, "who": "me"},
        defined_tags={**ORACLE_TAGS, "Operations": {"CostCenter": "43"}},
    )
    instance = hand.deployment(WINE).model_deployment_configuration_details.model_configuration_details
    instance = instance.instance_configuration
    instance.model_deployment_instance_shape_config_details.ocpus = 2
    instance.model_deployment_instance_shape_config_details.memory_in_gbs = 32
    scaling = hand.autoscaling(1, 3, scale_in_at=20, scale_out_at=60)
    hand.configure(WINE, instance_configuration=instance, scaling_policy=scaling)
    hand.configure(WINE, bandwidth_mbps=15, maximum_bandwidth_mbps=None)
    hand.deactivate(WINE)
    hand.delete_log(WINE, "predict")
    hand.configure(DIABETES, scaling_policy=hand.fixed_size(2))
    result = clone.paddock("drift", "--adopt", check=False)
    return {"result": result, "before": before, "after": model_yaml.read_text(), "stack": stack_file.read_text()}


def test_what_was_adopted_stands_in_model_yaml(adopted):
    assert adopted["result"].returncode == 0, adopted["result"].stdout + adopted["result"].stderr
    assert "The next preview has no changes." in adopted["result"].stdout
    deployment = yaml.safe_load(adopted["after"])["deployment"]
    assert deployment == {
        "state": "INACTIVE",
        "shape": "VM.Standard.E4.Flex",
        "ocpus": 2,
        "memory_gbs": 32,
        "autoscaling": {"min": 1, "max": 3, "metric": "MEMORY_UTILIZATION", "scale_out_at": 60, "scale_in_at": 20},
        "load_balancer": deployment["load_balancer"],
        "logs": {"access": True, "predict": False},
        "description": "by hand",
        "tags": {"who": "me"},
        "defined_tags": {"Operations.CostCenter": "43"},
    }
    assert deployment["load_balancer"]["bandwidth_mbps"] == 15


def test_comments_and_order_survive(adopted):
    assert comments_of(adopted["after"]) == comments_of(adopted["before"])
    before, after = (list(yaml.safe_load(adopted[key])) for key in ("before", "after"))
    assert before == after


def test_what_a_stack_overrides_is_adopted_there(clone, adopted):
    assert f"    {DIABETES}: {{instances: 2}}   # a stack's own word" in adopted["stack"].splitlines()
    assert "instances: 1 " in (clone.folder / "models" / DIABETES / "model.yaml").read_text()


def test_after_an_adoption_preview_and_drift_have_no_more_to_say(clone, adopted):
    clone.paddock("preview", "--expect-no-changes")
    assert drift_of(clone, "--adopt") == (0, {})
