"""A model's artifact out of a bucket and into one, as resources."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from plugin_engine import Engine
from pulumi_stack import Place, write_artifact

from oci_provider.protocol import provider_pb2

EXPORT = "oci:DataScience/modelArtifactExport:ModelArtifactExport"
IMPORT = "oci:DataScience/modelArtifactImport:ModelArtifactImport"
SOURCE = {"artifactSourceType": "oracle_object_storage", "sourceBucket": "models", "sourceObjectName": "a.zip"}
TARGET = {
    "artifactSourceType": "ORACLE_OBJECT_STORAGE",
    "destinationBucket": "models",
    "destinationObjectName": "b.zip",
}


@pytest.fixture
def transfer(place: Place) -> dict[str, Any]:
    """A model without an artifact, and an object that may become it."""
    namespace = place.rest("GET", "/n")
    common = {"compartmentId": place.compartment}
    if place.rest("GET", f"/n/{namespace}/b?compartmentId={place.compartment}") == []:
        place.rest("POST", f"/n/{namespace}/b", json={**common, "name": "models"})
    content = write_artifact(place.work_dir / "art.zip").read_bytes()
    place.rest("PUT", f"/n/{namespace}/b/models/o/a.zip", data=content)
    project = place.rest("POST", "/20190101/projects", json={**common, "displayName": "transfers"})
    model = place.rest("POST", "/20190101/models", json={**common, "projectId": project["id"], "displayName": "m"})
    return {"modelId": model["id"], "namespace": namespace}


def inputs_of(engine: Engine, token: str, transfer: dict[str, Any], place: Place) -> Any:
    details, side = (SOURCE, "source") if token == EXPORT else (TARGET, "destination")
    region = {f"{side}Region": place.environment["TF_VAR_region"]}
    return engine.check(token, "one", {**transfer, **details, **region})


def test_an_object_becomes_a_models_artifact_and_goes_back(engine: Engine, place: Place, transfer: dict[str, Any]):
    for token in (EXPORT, IMPORT):
        inputs = inputs_of(engine, token, transfer, place)
        made = engine.create(token, "one", inputs)
        assert engine.diff(token, "one", made, inputs).changes == provider_pb2.DiffResponse.DIFF_NONE
        assert engine.read(token, made["id"], made, inputs).id == made["id"]
        answer = engine.diff(token, "one", made, {**inputs, "modelId": "ocid1.datasciencemodel.oc1..other"})
        assert list(answer.replaces) == ["modelId"]
    objects = place.rest("GET", f"/n/{transfer['namespace']}/b/models/o?fields=md5")["objects"]
    assert len({one["md5"] for one in objects if one["name"] in ("a.zip", "b.zip")}) == 1
    assert len(objects) == 2


def test_a_model_that_has_an_artifact_already_stays_as_it_is(engine: Engine, place: Place, transfer: dict[str, Any]):
    inputs = inputs_of(engine, EXPORT, transfer, place)
    first = engine.create(EXPORT, "first", inputs)
    assert engine.create(EXPORT, "second", inputs)["id"] != first["id"]


def test_a_transfer_that_fails_says_why_and_is_begun_anew(engine: Engine, place: Place, transfer: dict[str, Any]):
    inputs = {**inputs_of(engine, EXPORT, transfer, place), "sourceObjectName": "late.zip"}
    with pytest.raises(grpc.RpcError, match=r"late\.zip") as refused:
        engine.create(EXPORT, "one", inputs)
    assert "grpc-status-details-bin" not in dict(refused.value.trailing_metadata())
    content = (place.work_dir / "art.zip").read_bytes()
    place.rest("PUT", f"/n/{transfer['namespace']}/b/models/o/late.zip", data=content)
    engine.create(EXPORT, "one", inputs)
    place.rest("DELETE", f"/n/{transfer['namespace']}/b/models/o/late.zip")
