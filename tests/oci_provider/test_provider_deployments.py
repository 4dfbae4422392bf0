"""What a deployment may be in pulumi-oci: each made, found unchanged, read back, imported, taken away."""

from __future__ import annotations

from typing import Any

import pytest
from plugin_engine import Engine
from pulumi_stack import Place, write_artifact

from oci_provider.properties import Secret, from_struct
from oci_provider.protocol import provider_pb2

PROJECT = "oci:DataScience/project:Project"
MODEL = "oci:DataScience/model:Model"
GROUP = "oci:DataScience/modelGroup:ModelGroup"
PRIVATE_ENDPOINT = "oci:DataScience/privateEndpoint:PrivateEndpoint"
DEPLOYMENT = "oci:DataScience/modelDeployment:ModelDeployment"
SAME = provider_pb2.DiffResponse.DIFF_NONE
FLEX = {
    "instanceShapeName": "VM.Standard.E4.Flex",
    "modelDeploymentInstanceShapeConfigDetails": {"ocpus": 1, "memoryInGbs": 16},
}
FIXED = {"policyType": "FIXED_SIZE", "instanceCount": 1}


def side(threshold: int, **further: Any) -> dict[str, Any]:
    return {"scalingConfigurationType": "THRESHOLD", "threshold": threshold, "pendingDuration": "PT5M", **further}


def autoscaling(rule: dict[str, Any]) -> dict[str, Any]:
    policy = {
        "autoScalingPolicyType": "THRESHOLD",
        "initialInstanceCount": 1,
        "minimumInstanceCount": 1,
        "maximumInstanceCount": 2,
        "rules": [rule],
    }
    return {"policyType": "AUTOSCALING", "coolDownInSeconds": 600, "isEnabled": True, "autoScalingPolicies": [policy]}


PREDEFINED = {
    "metricExpressionRuleType": "PREDEFINED_EXPRESSION",
    "metricType": "CPU_UTILIZATION",
    "scaleInConfiguration": side(20, instanceCountAdjustment=1),
    "scaleOutConfiguration": side(70),
}


def query(sign: str, percent: int) -> dict[str, Any]:
    text = f"CpuUtilization[1m]{{resourceId = 'x'}}.grouping().mean() {sign} {percent}"
    return {"scalingConfigurationType": "QUERY", "query": text, "pendingDuration": "PT3M"}


CUSTOM = {
    "metricExpressionRuleType": "CUSTOM_EXPRESSION",
    "scaleInConfiguration": query("<", 10),
    "scaleOutConfiguration": query(">", 65),
}


@pytest.fixture
def needed(engine: Engine, place: Place) -> dict[str, str]:
    """A project and a model to deploy, and what the special kinds of deployments name."""
    common = {"compartmentId": place.compartment, "displayName": "variants"}
    path = write_artifact(place.work_dir / "art.zip")
    project = engine.create(PROJECT, "project", common)["id"]
    size = str(path.stat().st_size)
    model = {**common, "projectId": project, "modelArtifact": "art.zip", "artifactContentLength": size}
    return {"project": project, "model": engine.create(MODEL, "model", model)["id"], "compartment": place.compartment}


def single(model: str, **further: Any) -> dict[str, Any]:
    configuration = {"modelId": model, "instanceConfiguration": FLEX, "scalingPolicy": FIXED, **further}
    return {"deploymentType": "SINGLE_MODEL", "modelConfigurationDetails": configuration}


def lives(engine: Engine, needed: dict[str, str], details: dict[str, Any]) -> dict[str, Any]:
    """Create, compare, read, import; return the properties."""
    inputs = engine.check(
        DEPLOYMENT,
        "one",
        {
            "compartmentId": needed["compartment"],
            "projectId": needed["project"],
            "displayName": "variant",
            "modelDeploymentConfigurationDetails": details,
        },
    )
    made = engine.create(DEPLOYMENT, "one", inputs)
    assert made["state"] == "ACTIVE"
    assert engine.diff(DEPLOYMENT, "one", made, inputs).changes == SAME
    read = engine.read(DEPLOYMENT, made["id"], made, inputs)
    assert (from_struct(read.properties), from_struct(read.inputs)) == (made, inputs)
    imported = engine.read(DEPLOYMENT, made["id"])
    assert engine.diff(DEPLOYMENT, "one", from_struct(imported.properties), inputs).changes == SAME
    assert engine.diff(DEPLOYMENT, "one", made, from_struct(imported.inputs)).changes == SAME
    return made


VARIANTS = {
    "autoscaling by a metric": {"scalingPolicy": autoscaling(PREDEFINED)},
    "autoscaling by a query": {"scalingPolicy": autoscaling(CUSTOM)},
    "a part of a processor": {
        "instanceConfiguration": {
            **FLEX,
            "modelDeploymentInstanceShapeConfigDetails": {"ocpus": 1, "memoryInGbs": 16, "cpuBaseline": "BASELINE_1_2"},
        }
    },
    "bandwidth": {"bandwidthMbps": 20, "maximumBandwidthMbps": 40},
    "a network of its own": {
        "instanceConfiguration": {
            **FLEX,
            "subnetId": "ocid1.subnet.oc1..s",
            "networkAccessType": "CUSTOM_NETWORKING",
        }
    },
}


@pytest.mark.parametrize("further", VARIANTS.values(), ids=VARIANTS)
def test_a_single_models_deployment(further: dict[str, Any], engine: Engine, needed: dict[str, str]):
    lives(engine, needed, single(needed["model"], **further))


def test_a_deployment_behind_a_private_endpoint(engine: Engine, needed: dict[str, str]):
    endpoint = engine.create(
        PRIVATE_ENDPOINT,
        "endpoint",
        {
            "compartmentId": needed["compartment"],
            "dataScienceResourceType": "MODEL_DEPLOYMENT",
            "subnetId": "ocid1.subnet.oc1..s",
        },
    )
    instance = {**FLEX, "privateEndpointId": endpoint["id"]}
    made = lives(engine, needed, single(needed["model"], instanceConfiguration=instance))
    told = made["modelDeploymentConfigurationDetails"]["modelConfigurationDetails"]["instanceConfiguration"]
    assert told["privateEndpointId"] == endpoint["id"]


def test_a_model_groups_deployment(engine: Engine, needed: dict[str, str], place: Place):
    group = engine.create(
        GROUP,
        "group",
        {
            "compartmentId": needed["compartment"],
            "projectId": needed["project"],
            "createType": "CREATE",
            "modelGroupDetails": {"type": "HOMOGENEOUS"},
            "memberModelEntries": {"memberModelDetails": [{"inferenceKey": "a", "modelId": needed["model"]}]},
        },
    )
    content = (place.work_dir / "art.zip").read_bytes()
    place.rest("POST", f"/20190101/modelGroups/{group['id']}/artifact", data=content)
    infrastructure = {"infrastructureType": "INSTANCE_POOL", "instanceConfiguration": FLEX, "scalingPolicy": FIXED}
    details = {
        "deploymentType": "MODEL_GROUP",
        "modelGroupConfigurationDetails": {"modelGroupId": group["id"]},
        "infrastructureConfigurationDetails": infrastructure,
    }
    lives(engine, needed, details)


def test_a_deployment_on_a_compute_target(engine: Engine, needed: dict[str, str], place: Place):
    compute = {
        "computeType": "MANAGED_COMPUTE_CLUSTER",
        "instanceConfiguration": {
            "instanceShape": "VM.Standard.E4.Flex",
            "instanceShapeDetails": {"ocpus": 4, "memoryInGBs": 64},
        },
        "scalingPolicy": {"policyType": "FIXED_SIZE", "instanceCount": 1},
    }
    target = place.rest(
        "POST",
        "/20190101/computeTargets",
        json={"compartmentId": needed["compartment"], "computeConfigurationDetails": compute, "displayName": "t"},
    )
    infrastructure = {
        "infrastructureType": "MANAGED_COMPUTE_CLUSTER",
        "computeTargetId": target["id"],
        "modelDeploymentResourceConfiguration": {"resourceRequestConfiguration": {"ocpus": 1, "memoryInGbs": 8}},
        "scalingPolicy": {"policyType": "FIXED_SIZE", "instanceCount": 1},
    }
    details = {
        "deploymentType": "SINGLE_MODEL_FLEX",
        "modelConfigurationDetails": {"modelId": needed["model"]},
        "infrastructureConfigurationDetails": infrastructure,
    }
    lives(engine, needed, details)


def test_a_container_is_refused_in_the_local_ocis_words(engine: Engine, needed: dict[str, str]):
    environment = {
        "environmentConfigurationType": "OCIR_CONTAINER",
        "image": "iad.ocir.io/ns/image:1",
        "serverPort": 8080,
        "healthCheckPort": 8080,
        "cmds": ["serve"],
        "entrypoints": ["python"],
        "customHttpEndpoints": [{"endpointUriSuffix": "/more", "httpMethods": ["GET"]}],
        "environmentVariables": {"KEY": "value"},
    }
    with pytest.raises(Exception, match="OCIR_CONTAINER is not emulated by the local OCI"):
        lives(engine, needed, {**single(needed["model"]), "environmentConfigurationDetails": environment})


def test_a_secret_in_the_environment_stays_one_in_all_that_the_plugin_tells(engine: Engine, needed: dict[str, str]):
    secret = "hunter2-is-no-secret"
    variables = {"PASSWORD": Secret(secret), "NAME": "shown"}
    environment = {"environmentConfigurationType": "DEFAULT", "environmentVariables": variables}
    details = {**single(needed["model"]), "environmentConfigurationDetails": environment}
    made = lives(engine, needed, details)
    told = made["modelDeploymentConfigurationDetails"]["environmentConfigurationDetails"]["environmentVariables"]
    assert told == variables
    assert secret not in "".join([*engine.lines.said, *engine.lines.warned])
