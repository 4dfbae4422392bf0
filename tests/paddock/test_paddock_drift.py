"""Drift, the pure part: what counts, in which words, what can be adopted and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from artifact_builder import Deployment, ModelYaml
from paddock.drift.acting import components_to_follow
from paddock.drift.adoption import Context, adoption, tagged_counts
from paddock.drift.changes import changes
from paddock.drift.model_words import property_words, scaling, value_words
from paddock.drift.remedy import Preview
from paddock.drift.resources import DEPLOYMENT, ENTRY, LOG, refreshed_resources
from paddock.yaml_edit import REMOVED, Edit

PREFIX = "urn:pulumi:prod::mine::"
SERVICE = f"{PREFIX}paddock:infra:ModelService::wine"
DETAILS = "modelDeploymentConfigurationDetails"


def step(kind, name, old, new, *, op="refresh", detailed=None, inputs=None, parent=SERVICE):
    urn = f"{PREFIX}paddock:infra:ModelService$x${kind}::{name}"
    state = {"custom": True, "id": "ocid", "type": kind, "parent": parent}
    found = {"urn": urn, "op": op, "oldState": {**state, "outputs": old, "inputs": inputs or {}}}
    if new is not None:
        found["newState"] = {**state, "outputs": new}
    return {**found, "detailedDiff": detailed}


def resources_of(*steps):
    service = {"urn": SERVICE, "op": "refresh", "oldState": {"custom": False, "type": "paddock:infra:ModelService"}}
    return refreshed_resources({"steps": [service, *steps]})


def changes_of(*steps):
    return [change for resource in resources_of(*steps) for change in changes(resource)]


def deployment(old, new, **more):
    return step(DEPLOYMENT, "wine", old, new, **more)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"timeUpdated": "a", "lifecycleDetails": "x"}, {"timeUpdated": "b", "lifecycleDetails": "y"}),
        ({"modelDeploymentSystemDatas": [{"currentInstanceCount": 1}]}, {"modelDeploymentSystemDatas": []}),
        ({"definedTags": {}}, {"definedTags": {"Oracle-Tags.CreatedBy": "me"}}),
        ({"description": None, "freeformTags": {}}, {"description": "", "freeformTags": None}),
        ({DETAILS: {"a": None}}, {DETAILS: {"a": {"b": "", "c": []}}}),
        ({DETAILS: {"a": 16}}, {DETAILS: {"a": 16.0}}),
    ],
)
def test_what_oci_moves_and_what_says_the_same_is_no_drift(old, new):
    assert changes_of(deployment(old, new)) == []


def test_a_failed_deployment_counts_although_the_state_knows_it():
    (change,) = changes_of(deployment({"state": "FAILED"}, {"state": "FAILED"}, inputs={"state": "ACTIVE"}))
    assert (property_words(change), change.declared, change.found) == ("deployment.state", "ACTIVE", "FAILED")


def test_a_secret_that_changed_is_told_and_stays_hidden():
    secret = {DETAILS: {"environmentConfigurationDetails": {"environmentVariables": "[secret]"}}}
    told = {f"{DETAILS}.environmentConfigurationDetails.environmentVariables.KEY": {"kind": "update"}}
    (change,) = changes_of(deployment(secret, secret, detailed=told))
    assert (change.path[-1], change.declared, change.found) == ("environmentVariables", "[secret]", "[secret]")


def test_an_untold_secret_is_no_drift():
    secret = {"description": "[secret]"}
    assert changes_of(deployment(secret, secret)) == []


def threshold_policy(**more):
    sides = {side: {"threshold": value} for side, value in (("scaleIn", 20), ("scaleOut", 60))}
    rule = {
        "metricExpressionRuleType": "PREDEFINED_EXPRESSION",
        "metricType": "CPU_UTILIZATION",
        **{f"{side}Configuration": value for side, value in sides.items()},
    }
    counts = {"minimumInstanceCount": 1, "initialInstanceCount": 1, "maximumInstanceCount": 4}
    return {
        "policyType": "AUTOSCALING",
        "isEnabled": True,
        "autoScalingPolicies": [{**counts, "rules": [rule], **more}],
    }


def test_scaling_is_told_as_model_yaml_says_it():
    assert scaling({"policyType": "FIXED_SIZE", "instanceCount": 3}) == 3
    assert scaling(threshold_policy()) == {
        "min": 1,
        "max": 4,
        "metric": "CPU_UTILIZATION",
        "scale_out_at": 60,
        "scale_in_at": 20,
    }


def scaling_change(new):
    def with_policy(policy):
        return {DETAILS: {"modelConfigurationDetails": {"scalingPolicy": policy}}}

    return deployment(with_policy({"policyType": "FIXED_SIZE", "instanceCount": 1}), with_policy(new))


def plan_of(*steps, overrides=None, stack_tags=None, into_stack=False, **own):
    model = ModelYaml(name="wine", folder=Path("models/wine"), tags={"team": "a"}, deployment=Deployment(**own))
    resources = resources_of(*steps)
    found = [change for resource in resources for change in changes(resource)]
    context = Context(
        {"wine": model},
        {"wine": overrides or {}},
        stack_tags or {},
        tagged_counts(resources),
        into_stack=into_stack,
    )
    return adoption(found, context)


def test_a_policy_that_model_yaml_cannot_say_is_left():
    plan = plan_of(scaling_change(threshold_policy(initialInstanceCount=2)))
    assert plan.model_edits == {}
    assert "one threshold policy" in plan.left[0].why


def test_autoscaling_takes_the_place_of_instances():
    plan = plan_of(scaling_change(threshold_policy()))
    (edit,) = plan.model_edits["wine"]
    assert (edit.path, edit.instead_of) == (("deployment", "autoscaling"), "instances")


def test_an_override_is_adopted_in_the_stack_s_file():
    change = deployment({"state": "ACTIVE"}, {"state": "INACTIVE"})
    where = ("config", "paddock:models", "wine", "state")
    assert plan_of(change, overrides={"state": "ACTIVE"}).stack_edits == (Edit(where, "INACTIVE"),)
    assert plan_of(change, into_stack=True).stack_edits == (Edit(where, "INACTIVE"),)


def test_a_log_that_was_disabled_or_deleted_is_no_longer_wanted():
    disabled = step(LOG, "wine-access", {"isEnabled": True}, {"isEnabled": False})
    deleted = step(LOG, "wine-predict", {"isEnabled": True}, None, op="delete")
    edits = plan_of(disabled, deleted).model_edits["wine"]
    assert edits == (Edit(("deployment", "logs", "access"), False), Edit(("deployment", "logs", "predict"), False))


def tagged(kind, name, value):
    new = {"team": "a"} if value is None else {"team": "a", "who": value}
    return step(kind, name, {"freeformTags": {"team": "a"}}, {"freeformTags": new})


def test_a_tag_of_all_resources_of_a_model_is_the_model_s():
    plan = plan_of(tagged(DEPLOYMENT, "wine", "me"), tagged(ENTRY, "wine", "me"), tagged(LOG, "wine-access", "me"))
    assert plan.model_edits == {"wine": (Edit(("tags", "who"), "me"),)}


def test_a_tag_of_the_deployment_alone_is_its_own():
    plan = plan_of(tagged(DEPLOYMENT, "wine", "me"), tagged(ENTRY, "wine", None))
    assert plan.model_edits == {"wine": (Edit(("deployment", "tags", "who"), "me"),)}


def test_a_tag_of_another_resource_alone_is_left():
    plan = plan_of(tagged(DEPLOYMENT, "wine", None), tagged(ENTRY, "wine", "me"))
    assert plan.model_edits == {}
    assert "this one alone was changed" in plan.left[0].why


def test_a_tag_taken_from_the_deployment_is_taken_from_where_it_is_said():
    taken = deployment({"freeformTags": {"who": "me"}}, {"freeformTags": {}})
    entry = tagged(ENTRY, "wine", None)
    assert plan_of(taken, entry, tags={"who": "me"}).model_edits == {
        "wine": (Edit(("deployment", "tags", "who"), REMOVED),)
    }
    assert "taken from the deployment alone" in plan_of(taken, entry).left[0].why


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (deployment({"state": "ACTIVE"}, {"state": "FAILED"}), "FAILED is no state that can be declared"),
        (deployment({"displayName": "wine"}, {"displayName": "beer"}), "model.yaml has no key for it"),
        (deployment({"displayName": "wine"}, None, op="delete"), "what is gone can't be declared"),
        (step(LOG, "wine-access", {"displayName": "a"}, {"displayName": "b"}), "model.yaml has no key for it"),
        (
            deployment({"categoryLogDetails": {"access": {"logId": "a"}}}, {"categoryLogDetails": {}}),
            "`access: false` in model.yaml would delete it",
        ),
        (
            step("oci:DataScience/project:Project", "mine", {"description": "a"}, {"description": "b"}, parent=""),
            "belongs to the whole stack",
        ),
    ],
)
def test_what_is_not_adopted_says_why(change, why):
    plan = plan_of(change)
    assert (plan.adopted, plan.model_edits, plan.stack_edits) == ((), {}, ())
    assert why in plan.left[0].why


def test_what_a_refresh_took_out_is_missing_but_what_was_never_made_is_not():
    log = {"categoryLogDetails": {"access": {"logId": "gone"}}}
    resources = resources_of(
        step(ENTRY, "wine", {"id": "entry"}, {"id": "entry"}), deployment({"id": "one", **log}, {"id": "one", **log})
    )
    created = [
        {"op": "create", "urn": f"{PREFIX}paddock:infra:ModelService$x${kind}::{name}"}
        for kind, name in ((LOG, "wine-access"), (LOG, "wine-predict"), (DEPLOYMENT, "beer"))
    ]
    (missing,) = Preview({"steps": created}).missing(resources)
    assert (property_words(missing), value_words(missing, missing.found)) == ("deployment.logs.access", None)


def test_where_the_preview_failed_the_remedy_is_not_known():
    (change,) = changes_of(deployment({"state": "ACTIVE"}, {"state": "INACTIVE"}))
    assert Preview(None).remedy(change) == "not known"


def test_only_components_of_models_without_pending_changes_follow():
    def of(kind, name, *, op="update", custom=False):
        return {"op": op, "urn": f"{PREFIX}{kind}::{name}", "newState": {"custom": custom}}

    balancer = "paddock:infra:LoadBalancerConfig"
    steps = [
        of(balancer, "wine"),
        of(balancer, "beer"),
        of(DEPLOYMENT, "beer", custom=True),
        of("pulumi:pulumi:Stack", "mine"),
    ]
    assert components_to_follow(steps) == [f"{PREFIX}{balancer}::wine"]
