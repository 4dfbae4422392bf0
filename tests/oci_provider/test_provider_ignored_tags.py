"""Tags that are not the program's: OCI's own are neither drift nor taken away (`oci:ignoreDefinedTags`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pulumi
import pulumi_oci as oci
import pytest
from plugin_engine import Engine, running
from pulumi_stack import Bench, Place, plan, resources

from oci_provider import ignored_tags
from oci_provider.configuration import check_config
from oci_provider.diff import diff
from oci_provider.errors import ConfigurationError
from oci_provider.kinds import KINDS
from oci_provider.properties import from_struct
from oci_provider.protocol import provider_pb2

PROJECT = "oci:DataScience/project:Project"
ORACLES = ["Oracle-Tags.CreatedBy", "Oracle-Tags.CreatedOn"]
FIELDS = KINDS[PROJECT].schema


@pytest.mark.parametrize("told", [ORACLES, json.dumps(ORACLES)])
def test_a_list_and_its_json_say_the_same(told: Any):
    assert ignored_tags.keys(told) == {"oracle-tags.createdby", "oracle-tags.createdon"}


@pytest.mark.parametrize("told", ["Oracle-Tags", '["Oracle-Tags"]', '{"a": 1}', "[1]"])
def test_what_names_no_tag_is_refused(told: str):
    with pytest.raises(ConfigurationError, match="expected a list of tags") as refused:
        ignored_tags.keys(told)
    [failure] = check_config({"ignoreDefinedTags": told}).failures
    assert (failure.property, failure.reason) == ("ignoreDefinedTags", str(refused.value))


def test_a_tag_that_is_ignored_is_as_the_state_has_it():
    news = {"definedTags": {"Team.Name": "x", "oracle-tags.createdby": "me", "Oracle-Tags.CreatedOn": "now"}}
    olds = {"definedTags": {"Oracle-Tags.CreatedBy": "oci"}}
    held = ignored_tags.as_they_are(FIELDS, news, olds, ignored_tags.keys(ORACLES))
    assert held == {"definedTags": {"Team.Name": "x", "Oracle-Tags.CreatedBy": "oci"}}


def test_tags_in_other_capitals_are_the_same_tags():
    assert diff(FIELDS, {"definedTags": {"Team.Name": "x"}}, {"definedTags": {"team.name": "x"}}) == []
    [found] = diff(FIELDS, {"definedTags": {"Team.Name": "x"}}, {"definedTags": {"Team.Name": "y"}})
    assert found.path == ("definedTags", "Team.Name")


@pytest.fixture
def tagging(place: Place) -> Iterator[Place]:
    """A local OCI that gives each new resource Oracle's default tags."""
    place.rest("PUT", "/_paddock/options", json={"defaultTags": True})
    yield place
    place.rest("PUT", "/_paddock/options", json={"defaultTags": False})


@pytest.fixture
def ignoring(tagging: Place) -> Iterator[Engine]:
    with running(tagging.environment, tagging.work_dir) as engine:
        engine.config = {"ignoreDefinedTags": json.dumps(ORACLES)}
        engine.configure()
        yield engine
        engine.delete_all()


def test_default_tags_are_no_drift_and_survive_an_update(ignoring: Engine, tagging: Place):
    inputs = {"compartmentId": tagging.compartment, "displayName": "tags", "definedTags": {"Team.Name": "x"}}
    made = ignoring.create(PROJECT, "one", inputs)
    assert made["definedTags"].keys() == {"Team.Name", *ORACLES}
    assert ignoring.diff(PROJECT, "one", made, inputs).changes == provider_pb2.DiffResponse.DIFF_NONE
    read = from_struct(ignoring.read(PROJECT, made["id"], made, inputs).inputs)
    assert ignoring.diff(PROJECT, "one", made, read).changes == provider_pb2.DiffResponse.DIFF_NONE
    changed = ignoring.update(PROJECT, "one", made, {**inputs, "definedTags": {"Team.Name": "y"}})
    assert changed["definedTags"] == {**made["definedTags"], "Team.Name": "y"}
    stored = tagging.rest("GET", f"/20190101/projects/{made['id']}")
    assert set(stored["definedTags"]["Oracle-Tags"]) == {"CreatedBy", "CreatedOn"}


def test_a_stack_that_ignores_them_shows_no_change_after_a_refresh(bench: Bench, tagging: Place):
    def program() -> None:
        oci.datascience.Project(
            "project", compartment_id=tagging.compartment, display_name="tagged", defined_tags={"Team.Name": "x"}
        )
        oci.logging.LogGroup("group", compartment_id=tagging.compartment, display_name="untagged")
        provider = oci.Provider("other")
        oci.datascience.Project(
            "drifting",
            compartment_id=tagging.compartment,
            display_name="drifting",
            defined_tags={"Team.Name": "x"},
            opts=pulumi.ResourceOptions(provider=provider),
        )

    stack = bench.stack(program)
    stack.set_config("oci:ignoreDefinedTags", pulumi.automation.ConfigValue(json.dumps(ORACLES)))
    stack.up()
    stack.refresh()
    assert resources(stack)["project"]["outputs"]["definedTags"].keys() == {"Team.Name", *ORACLES}
    assert plan(stack) == {"drifting": ("update", {f'definedTags["{tag}"]': "delete" for tag in ORACLES})}
