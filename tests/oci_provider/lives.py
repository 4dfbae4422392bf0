"""Each kind's life, as a table: what it needs, what it is created with, what changes, what an import cannot know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

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
