"""What a catalog entry may say in pulumi-oci, through its life at the real local OCI."""

from __future__ import annotations

from typing import Any

import pytest
from plugin_engine import Engine
from pulumi_stack import Place, write_artifact

from oci_provider.properties import from_struct
from oci_provider.protocol import provider_pb2

PROJECT = "oci:DataScience/project:Project"
MODEL = "oci:DataScience/model:Model"
VERSION_SET = "oci:DataScience/modelVersionSet:ModelVersionSet"
SAME = provider_pb2.DiffResponse.DIFF_NONE


@pytest.fixture
def inputs(engine: Engine, place: Place) -> dict[str, Any]:
    path = write_artifact(place.work_dir / "art.zip")
    common = {"compartmentId": place.compartment, "displayName": "entry"}
    project = engine.create(PROJECT, "project", common)
    return {
        **common,
        "projectId": project["id"],
        "modelArtifact": "art.zip",
        "artifactContentLength": str(path.stat().st_size),
    }


WORDS = {
    "metadata with categories": {
        "customMetadataLists": [
            {"key": "CondaEnvironment", "value": "pack", "category": "Training Environment", "description": "where"},
            {"key": "accuracy", "value": "0.9", "category": "Performance"},
            {"key": "tags", "value": "a", "category": "Other", "keywords": ["x", "y"]},
        ],
        "definedMetadataLists": [
            {"key": "UseCaseType", "value": "multinomial_classification"},
            {"key": "Framework", "value": "scikit-learn"},
            {"key": "Hyperparameters", "value": '{"C": 1.0}'},
        ],
    },
    "retention and backup": {
        "retentionSetting": {"archiveAfterDays": 30, "deleteAfterDays": 365, "customerNotificationType": "ALL"},
        "backupSetting": {"isBackupEnabled": True, "backupRegion": "us-phoenix-1"},
    },
    "schemas": {"inputSchema": '{"schema": []}', "outputSchema": '{"schema": []}'},
    "a state": {"state": "INACTIVE"},
}


@pytest.mark.parametrize("further", WORDS.values(), ids=WORDS)
def test_a_model_is_unchanged_when_it_is_made_read_and_imported(
    further: dict[str, Any], engine: Engine, inputs: dict[str, Any]
):
    asked = engine.check(MODEL, "one", {**inputs, **further})
    made = engine.create(MODEL, "one", asked)
    assert engine.diff(MODEL, "one", made, asked).changes == SAME
    read = engine.read(MODEL, made["id"], made, asked)
    assert (from_struct(read.properties), from_struct(read.inputs)) == (made, asked)
    imported = from_struct(engine.read(MODEL, made["id"]).properties)
    found = engine.diff(MODEL, "one", imported, asked)
    assert [name for name in found.detailedDiff if name != "modelArtifact"] == []


def test_a_version_set_is_joined_by_the_first_update_and_shown_as_terraform_shows_it(
    engine: Engine, inputs: dict[str, Any], place: Place
):
    told = {"compartmentId": inputs["compartmentId"], "projectId": inputs["projectId"], "name": "entry-versions"}
    versions = engine.create(VERSION_SET, "versions", told)
    asked = {**inputs, "modelVersionSetId": versions["id"], "versionLabel": "first"}
    made = engine.create(MODEL, "one", asked)
    assert made["modelVersionSetId"] == versions["id"]
    assert place.rest("GET", f"/20190101/models/{made['id']}")["modelVersionSetId"] is None
    assert engine.diff(MODEL, "one", made, asked).changes == SAME
    read = from_struct(engine.read(MODEL, made["id"], made, asked).properties)
    assert engine.diff(MODEL, "one", read, asked).changes == SAME
    joined = engine.update(MODEL, "one", made, {**asked, "description": "joins"})
    assert (joined["modelVersionSetId"], joined["modelVersionSetName"]) == (versions["id"], "entry-versions")
    assert place.rest("GET", f"/20190101/models/{made['id']}")["modelVersionSetId"] == versions["id"]
