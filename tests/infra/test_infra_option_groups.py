"""Which groups of options an update changes."""

from hypothesis import given
from hypothesis import strategies as st

from infra import option_groups

OLD = {
    "displayName": "wine",
    "categoryLogDetails": {"access": {"logId": "a", "logGroupId": "g"}, "predict": {"logId": "p", "logGroupId": "g"}},
    "modelDeploymentConfigurationDetails": {
        "deploymentType": "SINGLE_MODEL",
        "modelConfigurationDetails": {
            "modelId": "m1",
            "bandwidthMbps": 10,
            "maximumBandwidthMbps": 20,
            "instanceConfiguration": {"instanceShapeName": "VM.Standard.E4.Flex"},
            "scalingPolicy": {"policyType": "FIXED_SIZE", "instanceCount": 1},
        },
        "environmentConfigurationDetails": {
            "environmentConfigurationType": "DEFAULT",
            "environmentVariables": {"A1": "a", "B1": "b"},
        },
    },
}
# A property's path, another value, and the group that it belongs to.
CHANGES = (
    ("modelConfigurationDetails.modelId", "m2", "model, shape and instances"),
    ("modelConfigurationDetails.scalingPolicy.instanceCount", 2, "model, shape and instances"),
    ("modelConfigurationDetails.bandwidthMbps", 15, "load balancer bandwidth"),
    ("environmentConfigurationDetails.environmentVariables.A1", "c", "environment"),
)


def with_value(document, path, value):
    head, _, rest = path.partition(".")
    inner = with_value(document[head], rest, value) if rest else value
    return {**document, head: inner}


def changed(changes):
    new = OLD
    for path, value, _ in changes:
        new = with_value(new, f"modelDeploymentConfigurationDetails.{path}", value)
    return new


@given(st.sets(st.sampled_from(CHANGES)))
def test_the_groups_are_those_of_what_changed(changes):
    assert set(option_groups.changed_groups(OLD, changed(changes))) == {group for _, _, group in changes}


@given(st.sets(st.sampled_from(CHANGES)))
def test_a_previews_paths_lead_to_the_same_groups(changes):
    paths = [f"modelDeploymentConfigurationDetails.{path}" for path, _, _ in changes]

    assert set(option_groups.groups_of(paths)) == {group for _, _, group in changes}


def test_texts_and_tags_are_in_no_group():
    assert option_groups.changed_groups(OLD, {**OLD, "displayName": "other", "freeformTags": {"a": "b"}}) == ()


def test_a_variable_that_is_gone_is_a_change():
    path = "modelDeploymentConfigurationDetails.environmentConfigurationDetails.environmentVariables"

    assert option_groups.changed_groups(OLD, with_value(OLD, path, {"A1": "a"})) == ("environment",)


def test_a_log_that_is_not_declared_any_more_stays_as_the_plugin_keeps_it():
    assert option_groups.changed_groups(OLD, with_value(OLD, "categoryLogDetails.predict", None)) == ()


def test_what_is_held_back_covers_its_group_and_no_other():
    held = option_groups.held_properties(["logs", "load balancer bandwidth"])

    assert set(option_groups.groups_of(held)) == {"logs", "load balancer bandwidth"}


def test_only_an_inactive_deployment_takes_all_at_once():
    assert not option_groups.is_one_at_a_time("INACTIVE", "INACTIVE")
    assert option_groups.is_one_at_a_time("ACTIVE", "INACTIVE")
    assert option_groups.is_one_at_a_time("INACTIVE", "ACTIVE")
    assert option_groups.is_one_at_a_time(None, None)
