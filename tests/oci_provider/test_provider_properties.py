"""Property values, paths, the state's form and what is kept of creations."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from oci_provider import inputs, property_path, state
from oci_provider.intents import Intents, default_folder
from oci_provider.kinds import KINDS
from oci_provider.properties import (
    UNKNOWN,
    Secret,
    from_struct,
    has_unknown,
    plain,
    to_struct,
    with_secrets_of,
)

VALUES = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**50), 2**50) | some.text() | some.just(UNKNOWN),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(some.text(max_size=5), inner, max_size=3)
        | some.builds(Secret, inner)
    ),
    max_leaves=12,
)


@given(some.dictionaries(some.text(max_size=5), VALUES, max_size=4))
def test_properties_travel_unchanged(properties: dict[str, Any]):
    assert from_struct(to_struct(properties)) == properties


def outermost(value: Any) -> Any:
    """The value with what is in a secret opened."""
    if isinstance(value, Secret):
        return Secret(plain(value))
    if isinstance(value, dict):
        return {key: outermost(item) for key, item in value.items()}
    return [outermost(item) for item in value] if isinstance(value, list) else value


@given(some.dictionaries(some.text(max_size=5), VALUES, max_size=4))
def test_what_was_secret_in_the_inputs_is_secret_in_the_outputs(properties: dict[str, Any]):
    assert with_secrets_of(plain(properties), properties) == outermost(properties)


def test_a_list_of_another_length_becomes_secret_whole():
    assert with_secrets_of({"a": ["s", "t"]}, {"a": [Secret("s")]}) == {"a": Secret(["s", "t"])}


def test_a_secret_unknown_is_unknown():
    assert has_unknown({"a": [Secret(UNKNOWN)]})


def test_output_values_are_opened():
    signature = {"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4"}
    struct = to_struct({"known": {**signature, "value": 1, "secret": True}, "unknown": signature})
    assert from_struct(struct) == {"known": Secret(1), "unknown": UNKNOWN}


def test_a_value_with_a_signature_that_nobody_knows_is_refused():
    with pytest.raises(TypeError, match="signature 'new'"):
        from_struct(to_struct({"a": {"4dabf18193072939515e22adb298388d": "new"}}))


@given(some.lists(some.text(min_size=1) | some.integers(0, 99), min_size=1, max_size=4))
def test_a_path_is_read_as_it_was_written(path: list[str | int]):
    assert property_path.parse(property_path.render(path)) == tuple(path)


def test_a_path_that_is_none_is_refused():
    with pytest.raises(ValueError, match="not a property path"):
        property_path.parse('a["b')


@pytest.mark.parametrize(
    ("text", "go"),
    [
        ("2026-11-22T22:03:15.000Z", "2026-11-22 22:03:15 +0000 UTC"),
        ("2026-11-22T22:03:15.120Z", "2026-11-22 22:03:15.12 +0000 UTC"),
        ("2026-11-22T22:03:15+00:00", "2026-11-22 22:03:15 +0000 UTC"),
        ("2026-11-22T22:03:15+02:00", "2026-11-22 22:03:15 +0200 +0200"),
    ],
)
def test_times_are_written_as_go_writes_them(text: str, go: str):
    assert state.go_time(text) == go


def test_the_artifacts_time_is_in_gmt():
    assert state.go_http_date("Sun, 22 Nov 2026 22:03:27 GMT") == "2026-11-22 22:03:27 +0000 GMT"


def test_what_the_service_does_not_say_is_null_at_the_top_and_zero_below():
    deployment = KINDS["oci:DataScience/modelDeployment:ModelDeployment"].schema
    body = {"modelDeploymentConfigurationDetails": {"modelConfigurationDetails": {"instanceConfiguration": {}}}}
    told = state.outputs(deployment, body, {})
    assert told["description"] is None
    assert told["freeformTags"] == {}
    model = told["modelDeploymentConfigurationDetails"]["modelConfigurationDetails"]
    assert model["maximumBandwidthMbps"] == 0
    assert model["instanceConfiguration"]["subnetId"] == ""
    assert model["scalingPolicy"] is None


def test_an_import_asks_for_what_is_required_and_what_is_set():
    log = KINDS["oci:Logging/log:Log"].schema
    told = {
        "displayName": "a",
        "logGroupId": "g",
        "logType": "CUSTOM",
        "isEnabled": True,
        "freeformTags": {},
        "state": "ACTIVE",
    }
    assert inputs.imported(log, told) == {
        "__defaults": [],
        "displayName": "a",
        "logGroupId": "g",
        "logType": "CUSTOM",
        "isEnabled": True,
    }


def test_a_refresh_changes_only_what_the_program_set():
    project = KINDS["oci:DataScience/project:Project"].schema
    old = {"__defaults": [], "compartmentId": "c", "description": "d"}
    told = {"compartmentId": "c", "description": "by hand", "displayName": "made up"}
    assert inputs.refreshed(project, told, old) == {"__defaults": [], "compartmentId": "c", "description": "by hand"}


def test_an_update_takes_what_must_not_change_from_the_state():
    given_inputs = {"a": {"b": 1, "c": 2}, "d": 3, "e": 4}
    state_now = {"a": {"b": 9, "c": 9}, "d": 9}
    ignored = ["a.b", "d", "e", "nowhere.x"]
    assert inputs.held(given_inputs, state_now, ignored) == {"a": {"b": 9, "c": 2}, "d": 9}


URN = "urn:pulumi:dev::demo::oci:DataScience/project:Project::p"


def test_a_creation_keeps_its_token_until_the_engine_knows_it(tmp_path: Path):
    intents = Intents(tmp_path / "intents")
    intent = intents.begin(URN, {"path": "/projects", "body": {"a": 1}}, "project 'p'", {})
    assert intents.find(URN) == intent
    intents.known(URN, "ocid1.other")
    intents.known(URN, "")
    assert intents.find(URN) == intent
    intents.created(intent, "ocid1.it")
    intents.known(URN, "ocid1.other")
    assert intents.find(URN).token == intent.token
    intents.known(URN, "ocid1.it")
    assert intents.find(URN) is None
    assert list((tmp_path / "intents").iterdir()) == []


def test_an_intent_knows_its_request_and_shows_nothing_of_it(tmp_path: Path):
    intents = Intents(tmp_path)
    request = {"path": "/projects", "body": {"description": "hunter2"}}
    intent = intents.begin(URN, request, "project 'p'", {})
    assert intent.is_of(request)
    assert not intent.is_of({**request, "path": "/other"})
    [file] = tmp_path.iterdir()
    assert "hunter2" not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["urn"] == URN


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"PADDOCK_DIR": "/p", "PULUMI_HOME": "/q/home"}, "/p/intents"),
        ({"PULUMI_HOME": "/q/home"}, "/q/intents"),
        ({}, str(Path.home() / ".pulumi" / "oci-intents")),
    ],
)
def test_intents_live_beside_what_is_there(environment: dict[str, str], folder: str):
    assert str(default_folder(environment)) == folder
