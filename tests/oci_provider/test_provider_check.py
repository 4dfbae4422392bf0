"""Check: inputs are taken or refused, all problems at once, each with its property path."""

from __future__ import annotations

from pathlib import Path

import pytest

from oci_provider.autonaming import Naming
from oci_provider.check import check
from oci_provider.kinds import KINDS
from oci_provider.properties import UNKNOWN, Asset, Secret

DEPLOYMENT = KINDS["oci:DataScience/modelDeployment:ModelDeployment"]
LOG = KINDS["oci:Logging/log:Log"]
MODEL = KINDS["oci:DataScience/model:Model"]
PROJECT = KINDS["oci:DataScience/project:Project"]


def test_every_problem_is_told_with_its_path():
    checked = check(
        DEPLOYMENT.schema,
        {
            "compartmentId": 5,
            "modelDeploymentConfigurationDetails": {
                "deploymentType": "SINGLE",
                "modelConfigurationDetails": {
                    "bandwithMbps": 10,
                    "scalingPolicy": {"instanceCount": "many"},
                    "instanceConfiguration": [],
                },
            },
            "freeformTags": {"a b": []},
            "definedTags": {"plain": "x"},
            "modelDeploymentUrl": "http://x",
            "state": "RUNNING",
        },
    )
    found = {one.property: one.reason for one in checked.failures}
    configuration = "modelDeploymentConfigurationDetails"
    assert found == {
        f"{configuration}.deploymentType": (
            "expected SINGLE_MODEL or MODEL_GROUP or SINGLE_MODEL_FLEX, found 'SINGLE'"
        ),
        f"{configuration}.modelConfigurationDetails.bandwithMbps": "no such property; did you mean 'bandwidthMbps'?",
        f"{configuration}.modelConfigurationDetails.scalingPolicy.instanceCount": (
            "expected a whole number, found 'many'"
        ),
        f"{configuration}.modelConfigurationDetails.scalingPolicy.policyType": (
            "missing; expected AUTOSCALING or FIXED_SIZE"
        ),
        f"{configuration}.modelConfigurationDetails.instanceConfiguration": "expected an object, found a list",
        'freeformTags["a b"]': "expected a string, found a list",
        "definedTags.plain": "expected a key 'namespace.key', found 'plain'",
        "modelDeploymentUrl": "the service decides on this property; a program cannot set it",
        "state": "expected ACTIVE or INACTIVE, found 'RUNNING'",
        "projectId": "missing; expected a string",
    }
    assert checked.inputs["compartmentId"] == "5"


@pytest.mark.parametrize(
    ("given", "taken"),
    [({"isEnabled": "true"}, True), ({"isEnabled": False}, False), ({"retentionDuration": "30"}, 30)],
)
def test_text_becomes_what_the_field_holds_as_in_the_official_plugin(given: dict, taken: object):
    checked = check(LOG.schema, {"displayName": "a", "logGroupId": "g", "logType": "CUSTOM", **given})
    assert checked.failures == []
    assert [checked.inputs[name] for name in given] == [taken]


def test_unknown_values_pass_and_secrets_stay_secret():
    checked = check(PROJECT.schema, {"compartmentId": UNKNOWN, "description": Secret("s"), "freeformTags": UNKNOWN})
    assert checked.failures == []
    assert checked.inputs == {
        "__defaults": [],
        "compartmentId": UNKNOWN,
        "description": Secret("s"),
        "freeformTags": UNKNOWN,
    }


def test_a_problem_inside_a_secret_does_not_show_it():
    checked = check(LOG.schema, {"displayName": "a", "logGroupId": "g", "logType": "x", "isEnabled": Secret("hunter2")})
    assert [(one.property, one.reason) for one in checked.failures] == [
        ("isEnabled", "expected true or false, found a secret")
    ]


def test_every_object_notes_that_no_default_was_filled_in():
    checked = check(
        LOG.schema,
        {
            "displayName": "a",
            "logGroupId": "g",
            "logType": "SERVICE",
            "configuration": {"source": {"category": "c", "resource": "r", "service": "s", "sourceType": "OCISERVICE"}},
        },
    )
    assert checked.inputs["configuration"]["__defaults"] == []
    assert checked.inputs["configuration"]["source"]["__defaults"] == []


def model(**more: object) -> dict:
    return {"compartmentId": "c", "projectId": "p", **more}


def test_an_artifact_that_is_not_there_is_refused_with_its_path(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checked = MODEL.check(model(modelArtifact="no.zip", artifactContentLength="3"), {}, Naming("m"))
    assert [(one.property, one.reason) for one in checked.failures] == [
        ("modelArtifact", f"expected a zip file at no.zip (seen from {tmp_path}), found nothing")
    ]


def test_an_artifact_of_another_length_is_refused(tmp_path: Path):
    path = tmp_path / "a.zip"
    path.write_bytes(b"12345")
    checked = MODEL.check(model(modelArtifact=str(path), artifactContentLength="3"), {}, Naming("m"))
    assert [(one.property, one.reason) for one in checked.failures] == [
        ("artifactContentLength", f"expected the size of {path}, 5, found '3'")
    ]


def test_what_no_service_tells_may_miss_where_it_missed_before():
    told = {name: value for name, value in model(artifactContentLength="3").items() if name != "modelArtifact"}
    assert MODEL.check(told, told, Naming("m")).failures == []
    [failure] = MODEL.check(told, {}, Naming("m")).failures
    assert (failure.property, failure.reason) == ("modelArtifact", "missing; expected a string")


def test_an_artifact_that_was_uploaded_already_is_not_asked_for_again():
    told = model(modelArtifact="gone.zip", artifactContentLength="3")
    assert MODEL.check(told, told, Naming("m")).failures == []


def test_an_asset_is_refused_in_favour_of_a_path():
    checked = MODEL.check(model(modelArtifact=Asset(), artifactContentLength="3"), {}, Naming("m"))
    assert "expected a string, found an asset (give the path as a string)" in [one.reason for one in checked.failures]
