"""What a preview means for each model, from recordings of the real CLI."""

from __future__ import annotations

import json

import pytest
from recorded_previews import (
    NAMES,
    edited,
    fresh_clone,
    on_disk,
    recording,
    resources,
    told,
    told_by_preview,
)

from paddock.model_report import from_event_log, words
from paddock.model_report.as_json import as_json
from paddock.model_report.changes import model_changes
from paddock.model_report.markdown import markdown
from paddock.model_report.plan import plan_from_events
from paddock.model_report.terminal import print_report

KINDS = {
    "bandwidth": {"risk": "settings"},
    "column-dropped": {"risk": "new version"},
    "created": {"other": "created", "risk": "created"},
    "deactivated": {"risk": "deactivated"},
    "deleted": {"other": "deleted"},
    "environment": {"other": "settings"},
    "kept-version": {"risk": "kept version"},
    "labels": {"risk": "labels"},
    "new-version-and-bandwidth": {"risk": "new version"},
    "new-version-kept": {"risk": "new version"},
    "replaced": {"other": "replaced", "risk": "replaced"},
    "secret-changed": {"other": "settings"},
}


def settings_of(change):
    return {one.name: (one.old, one.new) for one in change.changed_settings}


@pytest.mark.parametrize("name", NAMES)
def test_only_the_models_that_change_are_told_with_what_becomes_of_them(name):
    assert {model: change.kind for model, change in told(name).items()} == KINDS[name]


@pytest.mark.parametrize("name", NAMES)
def test_the_event_log_and_the_previews_json_tell_the_same(name):
    recorded = recording(name)

    assert told_by_preview(recorded, on_disk(recorded)) == tuple(told(name).values())


@pytest.mark.parametrize("name", NAMES)
def test_a_fresh_clone_knows_from_the_catalog_entries_what_the_builders_machine_knows(name):
    recorded = recording(name)

    assert model_changes(plan_from_events(recorded["events"]), fresh_clone) == tuple(told(name).values())


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_the_engines_events_makes_no_difference(name):
    recorded = recording(name)
    recorded["events"].reverse()

    assert model_changes(plan_from_events(recorded["events"]), on_disk(recorded)) == tuple(told(name).values())


def test_a_new_version_tells_digests_measures_and_hyperparameters():
    change = told("new-version-and-bandwidth")["risk"]

    assert change.old.digest != change.new.digest
    assert {len(side.digest) for side in (change.old, change.new)} == {64}
    assert (change.old.hyperparameters["C"], change.new.hyperparameters["C"]) == (1.0, 0.1)
    assert [name for name, _, _ in change.metrics()] == ["accuracy"]
    assert change.new.scikit_learn.count(".") == 2
    assert change.pruned == (change.old.digest,)


def test_groups_that_oci_takes_one_at_a_time_are_stages():
    change = told("new-version-and-bandwidth")["risk"]

    assert change.stages == ("model, shape and instances", "load balancer bandwidth")
    assert settings_of(change) == {"bandwidth": ("10 Mbps", "20 to 40 Mbps")}
    assert words.headline(change) == "new version, endpoint kept, no downtime, in 2 stages"


def test_one_group_is_no_stage():
    change = told("bandwidth")["risk"]

    assert change.stages == ()
    assert settings_of(change) == {"bandwidth": ("10 Mbps", "30 Mbps")}
    assert change.downtime.is_expected is False


def test_an_inactive_deployment_takes_all_groups_at_once():
    recorded = edited("new-version-and-bandwidth")
    for side in resources(recorded, ":ModelDeployment", "risk"):
        for properties in (side.get("inputs", {}), side.get("outputs", {})):
            if "state" in properties:
                properties["state"] = "INACTIVE"

    (change,) = model_changes(plan_from_events(recorded["events"]), fresh_clone)

    assert change.stages == ()
    assert change.downtime is None


def test_a_dropped_column_breaks_callers_of_the_endpoint():
    change = told("column-dropped")["risk"]

    assert change.is_breaking
    assert change.schema.breaking == ("column 'weight' is gone: requests that have 'weight' are refused",)
    assert change.endpoint.endswith("/predict")


def test_the_same_columns_break_nobody():
    schema = told("new-version-and-bandwidth")["risk"].schema

    assert (schema.is_breaking, schema.breaking, schema.compatible) == (False, (), ())


def test_a_deployment_that_ends_says_so():
    change = told("deleted")["other"]

    assert (change.new, change.schema) == (None, None)
    assert change.downtime.why == "the endpoint goes"
    assert change.pruned == (change.old.digest,)


def test_deactivation_is_downtime_with_its_reason():
    change = told("deactivated")["risk"]

    assert change.downtime.is_expected is True
    assert settings_of(change) == {"state": ("ACTIVE", "INACTIVE")}


def test_the_environment_tells_names_and_not_whether_there_is_downtime():
    change = told("environment")["other"]

    assert settings_of(change) == {
        "environment EXTRA": (None, "set"),
        "environment LEVEL": ("set", "set to another value"),
    }
    assert change.downtime.is_expected is None


def test_a_secret_that_changes_is_told_and_others_are_not():
    assert settings_of(told("secret-changed")["other"]) == {"environment TOKEN": ("set", "set to another value")}


@pytest.mark.parametrize("name", ["created", "deleted", "environment", "secret-changed"])
@pytest.mark.parametrize("value", ["first-secret", "second-secret", "plain-value", "other-value", "extra-value"])
def test_no_form_of_the_report_has_a_value_of_the_environment(name, value, capsys):
    changes = tuple(told(name).values())
    print_report(changes)

    shown = capsys.readouterr().out + markdown(changes, "local") + json.dumps(as_json(changes))
    assert "environment" in shown
    assert value not in shown


def test_a_log_that_is_switched_off_is_written_no_more():
    """The plugin can't take a log out of a deployment: the log is disabled, and stays named there."""
    recorded = edited("secret-changed")
    recorded["events"] = [
        event for event in recorded["events"] if event["resourcePreEvent"]["metadata"]["op"] == "same"
    ]
    (log,) = [
        event["resourcePreEvent"]["metadata"]
        for event in recorded["events"]
        if event["resourcePreEvent"]["metadata"]["urn"].endswith("::risk-predict")
    ]
    log["op"] = "update"
    log["old"]["outputs"] = {"isEnabled": True}
    log["new"] = {**log["new"], "id": "", "inputs": {"isEnabled": False}, "outputs": {}}

    (change,) = model_changes(plan_from_events(recorded["events"]), fresh_clone)

    assert change.kind == "settings"
    assert settings_of(change) == {"logs": ("access, predict", "access")}


def test_a_rollback_serves_an_entry_that_is_there():
    change = told("kept-version")["risk"]
    before = told("new-version-kept")["risk"]

    assert (change.old.digest, change.new.digest) == (before.new.digest, before.old.digest)
    assert change.pruned == before.pruned == ()


def test_what_is_served_counts_as_old_not_the_newest_entry():
    """An `up` that was interrupted made a new entry; the deployment still serves the one before."""
    recorded = edited("column-dropped")
    (replaced,) = [
        event["resourcePreEvent"]["metadata"]
        for event in recorded["events"]
        if event["resourcePreEvent"]["metadata"]["op"] == "replace"
    ]
    made = {**replaced["new"], "id": "ocid1.datasciencemodel.oc1..new"}
    leftover = {**replaced, "op": "delete-replaced", "old": {**replaced["old"], "delete": True}, "new": None}
    replaced.update(op="same", old=made, new=made, detailedDiff=None)
    recorded["events"].append({"resourcePreEvent": {"metadata": leftover, "planning": True}})
    for side in resources({**recorded, "preview": {"steps": []}}, ":ModelDeployment", "risk"):
        inputs = (side.get("inputs") or {}).get("modelDeploymentConfigurationDetails", {})
        details = inputs.get("modelConfigurationDetails", {})
        if details.get("modelId", "").startswith("04da6b54"):
            details["modelId"] = made["id"]

    (change,) = model_changes(plan_from_events(recorded["events"]), on_disk(recorded))

    assert change.kind == "kept version"
    assert change.is_breaking


def test_a_failed_deployment_has_no_callers_to_break():
    recorded = edited("column-dropped")
    for side in resources(recorded, ":ModelDeployment", "risk"):
        if "state" in side.get("outputs", {}):
            side["outputs"]["state"] = "FAILED"

    (change,) = model_changes(plan_from_events(recorded["events"]), on_disk(recorded))

    assert not change.is_breaking
    assert change.schema.compatible == ("the deployment is FAILED: nobody is answered now",)


def without(recorded, keys):
    for side in [*resources(recorded, ":Model", "risk")]:
        for properties in (side.get("inputs") or {}, side.get("outputs") or {}):
            for key in keys:
                properties.pop(key, None)
    return recorded


def test_a_schema_that_nothing_tells_is_unknown_and_says_why():
    recorded = without(edited("column-dropped"), ["inputSchema"])

    (change,) = model_changes(plan_from_events(recorded["events"]), fresh_clone)

    assert change.schema.is_breaking is None
    assert not change.is_breaking
    assert "served version has no artifact on this machine" in change.schema.unknown_because
    assert "unknown" in markdown([change], "local")


def test_an_entry_of_another_tool_is_compared_by_its_schemas():
    recorded = without(edited("column-dropped"), ["customMetadataLists", "definedMetadataLists", "freeformTags"])

    (change,) = model_changes(plan_from_events(recorded["events"]), fresh_clone)

    assert change.is_breaking
    assert (change.old.digest, change.old.scikit_learn, change.old.metrics) == (None, None, None)


def test_an_entry_that_is_not_in_the_state_is_unknown():
    recorded = edited("column-dropped")
    for side in resources(recorded, ":ModelDeployment", "risk"):
        details = side.get("outputs", {}).get("modelDeploymentConfigurationDetails", {})
        if details:
            details["modelConfigurationDetails"]["modelId"] = "ocid1.datasciencemodel.oc1..by.hand"

    (change,) = model_changes(plan_from_events(recorded["events"]), on_disk(recorded))

    assert change.old is None
    assert change.schema.unknown_because == (
        "the catalog entry that is served, ocid1.datasciencemodel.oc1..by.hand, is not in the stack's state"
    )


def test_a_metadata_text_that_is_cut_is_unknown_not_an_error():
    recorded = edited("column-dropped")
    for side in resources(recorded, ":Model", "risk"):
        for item in (side.get("inputs") or {}).get("customMetadataLists", []):
            item["value"] = item["value"][:9]

    (change,) = model_changes(plan_from_events(recorded["events"]), fresh_clone)

    assert change.old.metrics is None
    assert change.is_breaking


def test_an_up_in_one_log_counts_by_its_preview_part(tmp_path):
    recorded = recording("bandwidth")
    applied = [
        {"resourcePreEvent": {**event["resourcePreEvent"], "planning": False}}
        for event in recording("deleted")["events"]
    ]
    log = tmp_path / "events.jsonl"
    log.write_text("".join(json.dumps(event) + "\n" for event in [*recorded["events"], *applied]))

    assert [change.kind for change in from_event_log(log, tmp_path)] == ["settings"]


def test_an_empty_plan_changes_no_model(capsys):
    changes = model_changes(plan_from_events([]), fresh_clone)
    print_report(changes)

    assert changes == ()
    assert capsys.readouterr().out.strip() == "no model changes"
    assert as_json(changes) == {"summary": "no model changes", "isBreaking": False, "models": []}
