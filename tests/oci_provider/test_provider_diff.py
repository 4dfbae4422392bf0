"""Diff: what changes, in place or by replacement, as Terraform's SDK answers for the official plugin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from oci_provider import state
from oci_provider.check import check
from oci_provider.diff import diff
from oci_provider.kinds import KINDS
from oci_provider.payload import create_body, update_body
from oci_provider.properties import UNKNOWN, plain
from oci_provider.property_path import render
from oci_provider.schema import Field, Fields, Mode, Type

TEXT = some.text(some.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=8)
SCALARS = {
    Type.STRING: TEXT,
    Type.INT: some.integers(1, 1000),
    Type.FLOAT: some.integers(1, 64) | some.sampled_from([0.5, 1.5]),
    Type.BOOL: some.booleans(),
    Type.MAP: some.dictionaries(TEXT, TEXT, max_size=3),
    Type.DEFINED_TAGS: some.dictionaries(some.builds("{}.{}".format, TEXT, TEXT), TEXT, max_size=3),
    Type.STRINGS: some.lists(TEXT, min_size=1, max_size=3),
    Type.STRING_SET: some.lists(TEXT, min_size=1, max_size=3, unique=True),
}


def values(one: Field) -> some.SearchStrategy[Any]:
    if one.choices:
        return some.sampled_from(one.choices)
    if one.type is Type.OBJECT:
        return objects(one.fields)
    if one.type is Type.OBJECTS:
        return some.lists(objects(one.fields), min_size=1, max_size=2)
    return SCALARS[one.type]


def objects(fields: Fields) -> some.SearchStrategy[dict[str, Any]]:
    must = {one.name: values(one) for one in fields.inputs() if one.mode is Mode.REQUIRED}
    may = {one.name: values(one) for one in fields.inputs() if one.mode is not Mode.REQUIRED}
    return some.fixed_dictionaries(must, optional=may)


def state_of(fields: Fields, inputs: dict[str, Any]) -> dict[str, Any]:
    """The state after a service echoed what a creation sent, together with what is not sent."""
    body = create_body(fields, inputs)
    body |= {one.json_name: inputs[one.name] for one in fields.inputs() if one.name in inputs and not sent(one)}
    return state.sealed(fields, "ocid1.x", state.outputs(fields, body, inputs), state.Timeouts())


def sent(one: Field) -> bool:
    return one.sent.value in ("both", "create")


@pytest.mark.parametrize("token", KINDS)
def test_nothing_differs_from_the_state_that_it_made(token: str):
    fields = KINDS[token].schema

    @settings(max_examples=25, deadline=None)
    @given(objects(fields))
    def holds(inputs: dict[str, Any]) -> None:
        inputs = only_for_its_subtype(fields, inputs)
        checked = check(fields, inputs)
        assert checked.failures == []
        assert diff(fields, state_of(fields, inputs), checked.inputs) == []

    holds()


@pytest.mark.parametrize("token", KINDS)
def test_an_update_sends_again_what_the_program_leaves_to_the_service(token: str):
    fields = KINDS[token].schema

    @settings(max_examples=15, deadline=None)
    @given(objects(fields))
    def holds(inputs: dict[str, Any]) -> None:
        inputs = only_for_its_subtype(fields, inputs)
        made = state_of(fields, inputs)
        required = {one.name: inputs[one.name] for one in fields.inputs() if one.mode is Mode.REQUIRED}
        whole, resent = update_body(fields, inputs, made), update_body(fields, required, made)
        assert {name: resent[name] for name in whole} == whole

    holds()


def only_for_its_subtype(fields: Fields, inputs: dict[str, Any]) -> dict[str, Any]:
    """Drop what Oracle's subtype does not have: it would not be sent, so the service could not echo it."""
    kept = {}
    for one in fields.applying_to(inputs):
        if one.name not in inputs:
            continue
        value = inputs[one.name]
        if one.type is Type.OBJECT:
            value = only_for_its_subtype(one.fields, value)
        elif one.type is Type.OBJECTS:
            value = [only_for_its_subtype(one.fields, item) for item in value]
        kept[one.name] = value
    return kept


def leaves(fields: Fields, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Field]]:
    """The inputs that are reached without passing through a list."""
    for one in fields.inputs():
        if one.type is Type.OBJECT:
            yield from leaves(one.fields, (*path, one.name))
        elif one.type is not Type.OBJECTS:
            yield (*path, one.name), one


def nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    for name in reversed(path):
        value = {name: value}
    return value


CHANGES = {
    Type.STRING: ("a", "b"),
    Type.INT: (1, 2),
    Type.FLOAT: (1, 1.5),
    Type.BOOL: (True, False),
    Type.MAP: ({"k": "a"}, {"k": "b"}),
    Type.DEFINED_TAGS: ({"n.k": "a"}, {"n.k": "b"}),
    Type.STRINGS: (["a"], ["b"]),
    Type.STRING_SET: (["a"], ["b"]),
}
PLACES = [(token, path, one) for token, kind in KINDS.items() for path, one in leaves(kind.schema)]


@pytest.mark.parametrize(
    ("token", "path", "one"), PLACES, ids=[f"{token}-{'.'.join(path)}" for token, path, _ in PLACES]
)
def test_a_change_is_in_place_or_replaces_as_terraforms_schema_says(token: str, path: tuple[str, ...], one: Field):
    old, new = CHANGES[one.type]
    [found] = diff(KINDS[token].schema, nested(path, old), nested(path, new))
    assert found.path[: len(path)] == path
    assert found.replaces == one.force_new


@pytest.mark.parametrize(
    ("token", "path", "one"), PLACES, ids=[f"{token}-{'.'.join(path)}" for token, path, _ in PLACES]
)
def test_what_is_unknown_differs(token: str, path: tuple[str, ...], one: Field):
    [found] = diff(KINDS[token].schema, nested(path, CHANGES[one.type][0]), nested(path, UNKNOWN))
    assert (found.path, found.replaces) == (path, one.force_new)


MODEL = KINDS["oci:DataScience/model:Model"].schema
DEPLOYMENT = KINDS["oci:DataScience/modelDeployment:ModelDeployment"].schema


def shown(fields: Fields, olds: dict[str, Any], news: dict[str, Any], *ignored: str) -> dict[str, tuple[str, bool]]:
    return {
        render(one.path): (one.change.value, one.replaces)
        for one in diff(fields, olds, news, ignore_changes=list(ignored))
    }


def test_tags_are_compared_key_by_key():
    found = shown(MODEL, {"freeformTags": {"a": "1", "b": "2"}}, {"freeformTags": {"b": "3", "c.d": "4"}})
    assert found == {
        "freeformTags.a": ("DELETE", False),
        "freeformTags.b": ("UPDATE", False),
        'freeformTags["c.d"]': ("ADD", False),
    }


def test_lists_are_compared_place_by_place():
    olds = {"customMetadataLists": [{"key": "a", "value": "1", "category": ""}, {"key": "b", "value": "2"}]}
    found = shown(MODEL, olds, {"customMetadataLists": [{"key": "a", "value": "9"}]})
    assert found == {
        "customMetadataLists[0].value": ("UPDATE", False),
        "customMetadataLists[1]": ("DELETE", False),
    }


def test_an_empty_list_of_objects_counts_as_not_set():
    assert shown(MODEL, {"customMetadataLists": [{"key": "a"}]}, {"customMetadataLists": []}) == {}


def test_an_optional_property_that_the_service_never_sets_can_be_taken_away():
    assert shown(DEPLOYMENT, {"opcParentRptUrl": "u"}, {}) == {"opcParentRptUrl": ("DELETE", False)}


def test_words_of_a_fixed_list_are_the_same_in_small_letters():
    assert shown(DEPLOYMENT, {"state": "ACTIVE"}, {"state": "active"}) == {}


@pytest.mark.parametrize("ignored", ["freeformTags", "freeformTags.a", 'freeformTags["a"]', "*"])
def test_what_is_under_ignore_changes_does_not_differ(ignored: str):
    assert shown(MODEL, {"freeformTags": {"a": "1"}}, {"freeformTags": {"a": "2"}}, ignored) == {}


def test_an_environment_that_appears_replaces_the_deployment_as_terraform_does():
    environment = {"environmentConfigurationType": "DEFAULT", "environmentVariables": {"A": "1"}}
    olds = {"modelDeploymentConfigurationDetails": {"deploymentType": "SINGLE_MODEL"}}
    news = {
        "modelDeploymentConfigurationDetails": {
            "deploymentType": "SINGLE_MODEL",
            "environmentConfigurationDetails": environment,
        }
    }
    path = "modelDeploymentConfigurationDetails.environmentConfigurationDetails"
    assert shown(DEPLOYMENT, olds, news) == {path: ("ADD", True)}


def test_a_model_without_its_artifact_differs():
    found = KINDS["oci:DataScience/model:Model"].diff(
        {"emptyModel": True, "modelArtifact": "a"}, {"modelArtifact": "a"}, []
    )
    assert [(render(one.path), one.replaces) for one in found] == [("modelArtifact", False)]


def test_a_failed_deployment_differs():
    found = KINDS["oci:DataScience/modelDeployment:ModelDeployment"].diff({"state": "FAILED"}, {}, [])
    assert [(render(one.path), one.replaces) for one in found] == [("state", False)]


def test_a_secret_is_compared_by_what_it_holds():
    assert plain(diff(MODEL, {"description": "d"}, {"description": "d"})) == []
