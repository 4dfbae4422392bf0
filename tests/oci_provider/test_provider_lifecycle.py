"""Every kind through its whole life, in a table: the real plugin process, the real local OCI."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from plugin_engine import Engine
from pulumi_stack import Place, write_artifact

from oci_provider.kinds import KINDS
from oci_provider.properties import UNKNOWN
from oci_provider.protocol import provider_pb2

PROJECT = "oci:DataScience/project:Project"
MODEL = "oci:DataScience/model:Model"
PROVENANCE = "oci:DataScience/modelProvenance:ModelProvenance"
DEPLOYMENT = "oci:DataScience/modelDeployment:ModelDeployment"
LOG_GROUP = "oci:Logging/logGroup:LogGroup"
LOG = "oci:Logging/log:Log"
VERSION_SET = "oci:DataScience/modelVersionSet:ModelVersionSet"
ALARM = "oci:Monitoring/alarm:Alarm"
DYNAMIC_GROUP = "oci:Identity/dynamicGroup:DynamicGroup"
POLICY = "oci:Identity/policy:Policy"
GROUP = "oci:DataScience/modelGroup:ModelGroup"
PRIVATE_ENDPOINT = "oci:DataScience/privateEndpoint:PrivateEndpoint"
EXPORT = "oci:DataScience/modelArtifactExport:ModelArtifactExport"
IMPORT = "oci:DataScience/modelArtifactImport:ModelArtifactImport"


@dataclass
class Life:
    """One kind's life: what it needs, what it is created with, what changes, what an import cannot know."""

    token: str
    needs: tuple[str, ...]
    inputs: dict[str, Any]
    change: dict[str, Any]
    unknown_to_import: set[str] = field(default_factory=set)


LIVES = [
    Life(PROJECT, (), {"compartmentId": "$C", "displayName": "p"}, {"description": "new", "freeformTags": {"a": "b"}}),
    Life(LOG_GROUP, (), {"compartmentId": "$C", "displayName": "g"}, {"displayName": "g2", "description": "new"}),
    Life(
        LOG,
        (LOG_GROUP,),
        {"displayName": "l", "logGroupId": LOG_GROUP, "logType": "CUSTOM"},
        {"isEnabled": False, "retentionDuration": 60},
    ),
    Life(
        MODEL,
        (PROJECT,),
        {
            "compartmentId": "$C",
            "projectId": PROJECT,
            "displayName": "m",
            "modelArtifact": "art.zip",
            "artifactContentLength": "$SIZE",
            "artifactContentDisposition": "attachment; filename=art.zip",
            "customMetadataLists": [{"key": "k", "value": "v"}],
        },
        {"description": "new", "customMetadataLists": [{"key": "k", "value": "w"}]},
        {"modelArtifact"},
    ),
    Life(PROVENANCE, (PROJECT, MODEL), {"modelId": MODEL, "gitCommit": "abc"}, {"gitBranch": "main"}),
    Life(
        DEPLOYMENT,
        (PROJECT, MODEL),
        {
            "compartmentId": "$C",
            "projectId": PROJECT,
            "displayName": "d",
            "modelDeploymentConfigurationDetails": {
                "deploymentType": "SINGLE_MODEL",
                "modelConfigurationDetails": {
                    "modelId": MODEL,
                    "instanceConfiguration": {
                        "instanceShapeName": "VM.Standard.E4.Flex",
                        "modelDeploymentInstanceShapeConfigDetails": {"ocpus": 1, "memoryInGbs": 16},
                    },
                    "scalingPolicy": {"policyType": "FIXED_SIZE", "instanceCount": 1},
                },
            },
        },
        {"state": "INACTIVE", "description": "new"},
    ),
    Life(
        VERSION_SET,
        (PROJECT,),
        {"compartmentId": "$C", "projectId": PROJECT, "description": "versions"},
        {"description": "new", "freeformTags": {"a": "b"}},
    ),
    Life(
        GROUP,
        (PROJECT, MODEL),
        {
            "compartmentId": "$C",
            "projectId": PROJECT,
            "createType": "CREATE",
            "displayName": "g",
            "modelGroupDetails": {"type": "STACKED", "baseModelId": MODEL},
            "memberModelEntries": {"memberModelDetails": [{"inferenceKey": "a", "modelId": MODEL}]},
        },
        {"displayName": "g2", "versionLabel": "second"},
    ),
    Life(
        PRIVATE_ENDPOINT,
        (),
        {
            "compartmentId": "$C",
            "dataScienceResourceType": "MODEL_DEPLOYMENT",
            "subnetId": "ocid1.subnet.oc1..s",
            "subDomain": "wine",
            "displayName": "pe",
            "nsgIds": ["ocid1.networksecuritygroup.oc1..b", "ocid1.networksecuritygroup.oc1..a"],
        },
        {"description": "new", "nsgIds": ["ocid1.networksecuritygroup.oc1..a"]},
        {"subDomain"},
    ),
    Life(
        ALARM,
        (),
        {
            "compartmentId": "$C",
            "metricCompartmentId": "$C",
            "displayName": "a",
            "namespace": "oci_datascience_modeldeploy",
            "query": "PredictLatency[1m].mean() > 500",
            "severity": "CRITICAL",
            "isEnabled": True,
            "destinations": ["ocid1.onstopic.oc1..x"],
            "pendingDuration": "PT5M",
            "overrides": [{"ruleName": "night", "severity": "INFO"}],
            "suppression": {
                "timeSuppressFrom": "2026-01-01T00:00:00.500Z",
                "timeSuppressUntil": "2026-01-02T00:00:00+00:00",
            },
        },
        {"isEnabled": False, "body": "see the runbook", "destinations": ["ocid1.onstopic.oc1..y"]},
    ),
    Life(
        DYNAMIC_GROUP,
        (),
        {
            "compartmentId": "$T",
            "description": "deployments",
            "matchingRule": "ALL {resource.type = 'datasciencemodeldeployment'}",
        },
        {"description": "new", "matchingRule": "ANY {resource.type = 'datasciencemodeldeployment'}"},
    ),
    Life(
        POLICY,
        (),
        {
            "compartmentId": "$T",
            "description": "deployments may log",
            "name": "deployments",
            "statements": ["Allow dynamic-group d to use log-content in tenancy"],
            "versionDate": "2026-01-01",
        },
        {"description": "new", "statements": ["Allow dynamic-group d to read log-content in tenancy"]},
    ),
]
BY_TOKEN = {life.token: life for life in LIVES}


class World:
    """Creates what a life needs."""

    def __init__(self, engine: Engine, place: Place) -> None:
        self._engine = engine
        self._values = {"$C": place.compartment, "$T": place.environment["TF_VAR_tenancy_ocid"]}
        path = write_artifact(place.work_dir / "art.zip")
        self._values["$SIZE"] = str(path.stat().st_size)

    def inputs(self, life: Life) -> dict[str, Any]:
        for token in life.needs:
            if token not in self._values:
                made = self._engine.create(token, "needed", self.inputs(BY_TOKEN[token]))
                self._values[token] = made["id"]
        return self._filled(life.inputs)

    def _filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        return self._values.get(value, value) if isinstance(value, str) else value


@pytest.fixture
def world(engine: Engine, place: Place) -> World:
    return World(engine, place)


NONE, SOME = provider_pb2.DiffResponse.DIFF_NONE, provider_pb2.DiffResponse.DIFF_SOME


def test_the_table_has_every_kind():
    assert {*BY_TOKEN, EXPORT, IMPORT} == KINDS.keys()


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.token)
def test_the_whole_life(life: Life, engine: Engine, world: World):
    token = life.token
    inputs = engine.check(token, "one", world.inputs(life))
    planned = engine.create(token, "one", inputs, preview=True)
    assert {name for name, value in planned.items() if value is UNKNOWN} >= {
        one.name for one in KINDS[token].schema.all if one.is_computed and one.name not in inputs
    }
    made = engine.create(token, "one", inputs)
    assert engine.diff(token, "one", made, engine.check(token, "one", inputs, made)).changes == NONE

    read = engine.read(token, made["id"], made, inputs)
    assert (read.id, as_dict(read.properties), as_dict(read.inputs)) == (made["id"], made, inputs)

    news = engine.check(token, "one", {**inputs, **life.change}, made)
    answer = engine.diff(token, "one", made, news)
    assert (answer.changes, list(answer.replaces)) == (SOME, [])
    assert set(answer.diffs) == life.change.keys()
    previewed = engine.update(token, "one", made, news, preview=True)
    changed = engine.update(token, "one", made, news)
    assert {name: changed[name] for name in life.change} == {name: previewed[name] for name in life.change}
    assert changed["id"] == made["id"]
    assert engine.diff(token, "one", changed, news).changes == NONE

    engine.delete(token, "one", changed)
    if token != PROVENANCE:  # it goes with its model
        assert engine.read(token, made["id"], changed, news).id == ""
    engine.delete(token, "one", changed)


def as_dict(struct: Any) -> dict[str, Any]:
    from oci_provider.properties import from_struct

    return from_struct(struct)


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.token)
def test_an_import_is_the_state_without_a_difference(life: Life, engine: Engine, world: World):
    token = life.token
    made = engine.create(token, "one", engine.check(token, "one", world.inputs(life)))
    import_id = f"logGroupId/{made['logGroupId']}/logId/{made['id']}" if token == LOG else made["id"]
    read = engine.read(token, import_id)
    found, inputs = as_dict(read.properties), as_dict(read.inputs)
    assert read.id == made["id"]
    assert {name for name in made if found.get(name) != made[name]} == life.unknown_to_import
    assert engine.diff(token, "one", found, inputs).changes == NONE


def test_a_log_needs_its_group_to_be_imported(engine: Engine):
    with pytest.raises(Exception, match="a log is imported as 'logGroupId/"):
        engine.read(LOG, "ocid1.log.oc1..x")


def test_another_compartment_is_a_move_in_place(engine: Engine, world: World):
    life = BY_TOKEN[PROJECT]
    made = engine.create(PROJECT, "one", world.inputs(life))
    news = {**world.inputs(life), "compartmentId": "ocid1.compartment.oc1..elsewhere"}
    with pytest.raises(Exception, match="elsewhere"):
        engine.update(PROJECT, "one", made, news)
