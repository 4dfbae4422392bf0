"""The components in somebody else's program, with the real engine: each alone, with Pulumi's own options."""

from __future__ import annotations

import gc
import json
import shutil
import warnings
from pathlib import Path

import pytest

from paddock.local_oci_for_tests import started

PROJECT = Path(__file__).parents[2]
PROGRAM = """
from pathlib import Path

import pulumi
from pulumi_oci import datascience

from artifact_builder import build, load_model
from infra import (
    DeploymentPolicies, LoadBalancerConfig, LoggingGroup, ModelAlarms, ModelCatalogEntry, ModelDeployment,
    ModelService,
)
from infra.alarm_plan import AlarmSettings
from infra.iam_plan import iam_plan

compartment = pulumi.Config().require("compartmentId")
tenancy = pulumi.Config().require("tenancyId")
project = datascience.Project("theirs", compartment_id=compartment, display_name="theirs")
model = load_model(Path("wine"))
artifact = build(model, Path.cwd() / "artifacts")

entry = ModelCatalogEntry(
    "alone", artifact=artifact, compartment_id=compartment, project_id=project.id, has_provenance=True,
    opts=pulumi.ResourceOptions(
        protect=False, retain_on_delete=False, ignore_changes=["description"],
        custom_timeouts=pulumi.CustomTimeouts(create="7m"),
    ),
)
balancer = LoadBalancerConfig("alone", bandwidth_mbps=20, maximum_bandwidth_mbps=40)
logs = LoggingGroup("alone", compartment_id=compartment)
deployment = ModelDeployment(
    "alone", model_id=entry.model_id, compartment_id=compartment, project_id=project.id, load_balancer=balancer,
    logging_group=logs,
    opts=pulumi.ResourceOptions(transforms=[
        lambda args: pulumi.ResourceTransformResult({**args.props, "description": "transformed"}, args.opts)
        if args.type_.endswith(":ModelDeployment") and args.custom else None
    ]),
)
alarms = ModelAlarms(
    "alone", deployment_id=deployment.deployment_id, compartment_id=compartment,
    settings=AlarmSettings(("ocid1.onstopic.oc1..team",), latency_ms=250, cpu_percent=90),
)
policies = DeploymentPolicies(
    "alone", plan=iam_plan("alone-deployments", "ocid1.compartment.oc1..paddocklocal", [model]), tenancy_id=tenancy,
    compartment_id=compartment,
)
service = ModelService("wine", compartment_id=compartment, project_id=project.id)
pulumi.export("endpoint", service.endpoint)
pulumi.export("digest", service.digest)
pulumi.export("alarms", {key: alarm.id for key, alarm in alarms.alarms.items()})
pulumi.export("deployment", deployment.deployment_id)
pulumi.export("policy", policies.policy.id)
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("theirs")
    program = folder / "program"
    program.mkdir()
    (program / "Pulumi.yaml").write_text("name: theirs\nruntime: python\n")
    (program / "__main__.py").write_text(PROGRAM)
    shutil.copytree(PROJECT / "models" / "wine-cultivar", program / "wine")
    with started(folder, PROJECT) as cloud:
        config = {"compartmentId": cloud.compartment_id, "tenancyId": cloud.config["tenancy"]}
        made = cloud.stack(program, config)
        made.cloud, made.outputs_after = cloud, made.up().outputs
        yield made
        made.destroy()
    with warnings.catch_warnings():  # the Automation API leaves its connections to the collector
        warnings.simplefilter("ignore", ResourceWarning)
        del made
        gc.collect()


def resource(stack, token, name):
    found = stack.export_stack().deployment["resources"]
    return next(one for one in found if one["type"] == token and one["urn"].endswith(f"::{name}"))


def test_nothing_differs_afterwards(stack):
    assert set(stack.preview(expect_no_changes=True).change_summary) == {"same"}
    stack.refresh()
    assert set(stack.preview(expect_no_changes=True).change_summary) == {"same"}


def test_a_service_answers_from_a_folder_alone(stack):
    import requests

    rows = json.loads((next(Path(stack.workspace.work_dir).glob("artifacts/*/*/manifest.json"))).read_text())["golden"]
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            stack.outputs_after["endpoint"].value, json=rows["rows"], auth=stack.cloud.signer, timeout=30
        )
    assert answer.status_code == 200
    assert len(answer.json()["prediction"]) == len(rows["rows"])


def test_options_reach_the_resource_inside(stack):
    model = resource(stack, "oci:DataScience/model:Model", "alone")

    assert model["customTimeouts"]["create"] == 420
    assert model["ignoreChanges"] == ["description"]


def test_a_transform_of_the_component_changes_the_resource_inside(stack):
    deployment = stack.cloud.data_science.get_model_deployment(stack.outputs_after["deployment"].value).data

    assert deployment.description == "transformed"


def test_the_load_balancer_is_a_resource_of_its_own_and_reaches_the_deployment(stack):
    balancer = resource(stack, "paddock:infra:LoadBalancerConfig", "alone")
    deployment = stack.cloud.data_science.get_model_deployment(stack.outputs_after["deployment"].value).data

    assert balancer["inputs"] == {"bandwidthMbps": 20, "maximumBandwidthMbps": 40}
    details = deployment.model_deployment_configuration_details.model_configuration_details
    assert (details.bandwidth_mbps, details.maximum_bandwidth_mbps) == (20, 40)


def test_alarms_name_the_deployment_and_its_thresholds(stack):
    import oci

    monitoring = stack.cloud.client(oci.monitoring.MonitoringClient)
    queries = {
        key: monitoring.get_alarm(alarm).data.query for key, alarm in stack.outputs_after["alarms"].value.items()
    }

    deployment = stack.outputs_after["deployment"].value
    assert set(queries) == {"failures", "latency", "cpu"}
    assert all(deployment in query for query in queries.values())
    assert queries["latency"].endswith("percentile(0.95) > 250")


def test_the_policy_allows_only_what_the_models_need(stack):
    policy = stack.cloud.identity.get_policy(stack.outputs_after["policy"].value).data

    assert policy.statements == [
        "Allow dynamic-group alone-deployments to use log-content in compartment id ocid1.compartment.oc1..paddocklocal"
    ]


def test_the_provenance_is_beside_the_entry(stack):
    entry = resource(stack, "oci:DataScience/model:Model", "alone")
    provenance = resource(stack, "oci:DataScience/modelProvenance:ModelProvenance", "alone")

    assert provenance["inputs"]["modelId"] == entry["id"]
    assert provenance["parent"] == entry["parent"]


def test_a_bandwidth_that_oci_refuses_is_refused_before_anything_is_declared():
    from infra import LoadBalancerConfig

    with pytest.raises(ValueError, match="at most 40 \\(twice bandwidth_mbps\\), found 50"):
        LoadBalancerConfig("x", bandwidth_mbps=20, maximum_bandwidth_mbps=50)
