"""Adoption, the pure part: model.yaml, the file to import, the state's last words, what is left to do."""

from __future__ import annotations

import pytest
import yaml

from paddock.adopt.found import Found, FoundLog
from paddock.adopt.import_file import import_file, imported_resources
from paddock.adopt.model_yaml_text import model_yaml_text
from paddock.adopt.settling import settlement
from paddock.adopt.state_patch import with_artifact
from paddock.errors import PaddockError

GROUP, LOG = "ocid1.loggroup.oc1.iad.group", "ocid1.log.oc1.iad.log"
PREFIX = "urn:pulumi:prod::mine::"
SERVICE = "paddock:infra:ModelService"


def deployment(**more):
    size = {"ocpus": 2.0, "memory_in_gbs": 32.0, "cpu_baseline": None}
    instance = {
        "instance_shape_name": "VM.Standard.E4.Flex",
        "model_deployment_instance_shape_config_details": size,
        "network_access_type": None,
        "subnet_id": None,
        "private_endpoint_id": None,
    }
    model = {
        "model_id": "ocid1.datasciencemodel.oc1.iad.model",
        "bandwidth_mbps": 10,
        "maximum_bandwidth_mbps": None,
        "instance_configuration": {**instance, **more.pop("instance", {})},
        "scaling_policy": more.pop("scaling", {"policy_type": "FIXED_SIZE", "instance_count": 2}),
    }
    return {
        "id": "ocid1.datasciencemodeldeployment.oc1.iad.one",
        "display_name": "Wine (prod)",
        "compartment_id": "ocid1.compartment.oc1..c",
        "project_id": "ocid1.datascienceproject.oc1.iad.p",
        "lifecycle_state": "ACTIVE",
        "description": None,
        "freeform_tags": {},
        "defined_tags": {"Oracle-Tags": {"CreatedBy": "me"}, "Ops": {"Cost": "1"}},
        "model_deployment_configuration_details": {
            "deployment_type": "SINGLE_MODEL",
            "model_configuration_details": model,
            "environment_configuration_details": more.pop("environment", None),
        },
        **more,
    }


def log(category, *, is_its_own=True, is_enabled=True):
    values = {"id": LOG, "log_group_id": GROUP, "display_name": "who asked", "log_type": "CUSTOM"}
    return FoundLog(category, {**values, "is_enabled": is_enabled}, is_its_own)


def found(*logs, **more):
    model = {"id": "ocid1.datasciencemodel.oc1.iad.model", "description": None, "freeform_tags": {}}
    return Found(deployment(**more), model, logs)


def own_of(what):
    return yaml.safe_load(model_yaml_text(what, "wine"))["deployment"]


def test_the_name_is_made_of_the_display_name():
    assert found().suggested_name == "wine-prod"
    assert found(display_name="***").suggested_name == "adopted-model"


def test_sizes_are_whole_and_oracle_s_own_tags_are_left_out():
    own = own_of(found())
    assert (own["ocpus"], own["memory_gbs"], own["instances"]) == (2, 32, 2)
    assert own["defined_tags"] == {"Ops.Cost": "1"}
    assert own["load_balancer"] == {"bandwidth_mbps": 10}
    assert own["logs"] == {"access": False, "predict": False}


def test_an_environment_a_container_and_a_network_are_said():
    environment = {
        "environment_configuration_type": "OCIR_CONTAINER",
        "environment_variables": {"KEY": "value"},
        "image": "iad.ocir.io/a/b:1",
        "server_port": 8080,
    }
    own = own_of(
        found(environment=environment, instance={"network_access_type": "MANAGED_NETWORKING_NO_INTERNET_ACCESS"})
    )
    assert own["environment"] == {"KEY": "value"}
    assert own["container"] == {"image": "iad.ocir.io/a/b:1", "server_port": 8080}
    assert own["network"] == {"internet_access": False}


@pytest.mark.parametrize("kept_apart", [{"is_its_own": False}, {"is_enabled": False}])
def test_a_log_of_others_or_one_that_is_off_is_only_named(kept_apart):
    what = found(log("access"), log("predict", **kept_apart))
    logs = own_of(what)["logs"]
    assert logs["access"] == {"log_group_id": GROUP, "display_name": "who asked", "log_type": "CUSTOM"}
    assert logs["predict"] == {"log_group_id": GROUP, "log_id": LOG}
    names = [one.name for one in imported_resources(what, model="wine", entry_name="wine", stack="s", project="p")]
    assert "wine-access" in names
    assert "wine-predict" not in names


def test_a_scaling_policy_that_model_yaml_cannot_say_is_refused():
    with pytest.raises(PaddockError) as caught:
        own_of(found(scaling={"policy_type": "AUTOSCALING", "auto_scaling_policies": []}))
    assert "its scaling policy is one that model.yaml can't say" in str(caught.value)


def resources_of(entry_name="wine"):
    return imported_resources(found(log("access")), model="wine", entry_name=entry_name, stack="prod", project="mine")


def test_resources_stand_where_the_program_declares_them():
    urns = [resource.urn.removeprefix(PREFIX) for resource in resources_of("wine-0123456789ab")]
    assert urns == [
        f"{SERVICE}::wine",
        f"{SERVICE}$paddock:infra:ModelCatalogEntry::wine-0123456789ab",
        f"{SERVICE}$paddock:infra:ModelCatalogEntry$oci:DataScience/model:Model::wine-0123456789ab",
        f"{SERVICE}$paddock:infra:LoggingGroup::wine",
        f"{SERVICE}$paddock:infra:LoggingGroup$oci:Logging/log:Log::wine-access",
        f"{SERVICE}$paddock:infra:ModelDeployment::wine",
        f"{SERVICE}$paddock:infra:ModelDeployment$oci:DataScience/modelDeployment:ModelDeployment::wine",
    ]


def test_what_an_interrupted_import_has_done_is_not_imported_again():
    resources = resources_of()
    done = {resource.urn for resource in resources[:4]}
    document = import_file(resources, done, "5.5.0")
    assert [line["logicalName"] for line in document["resources"]] == ["wine-access", "wine", "wine"]
    assert document["nameTable"]["logs"] == f"{PREFIX}{SERVICE}$paddock:infra:LoggingGroup::wine"
    assert document["resources"][0]["id"] == f"logGroupId/{GROUP}/logId/{LOG}"
    assert import_file(resources, {resource.urn for resource in resources}, "5.5.0")["resources"] == []


ARGUMENTS = {
    "model_artifact": "artifacts/wine-0.zip",
    "artifact_content_length": "12",
    "artifact_content_disposition": "attachment; filename=wine.zip",
}


def test_the_state_is_told_the_artifact_once_and_keeps_the_name_it_was_uploaded_under():
    urn = resources_of()[2].urn
    as_found = {"artifactContentDisposition": "attachment; filename=theirs.zip", "displayName": "x"}
    export = {"version": 3, "deployment": {"resources": [{"urn": urn, "inputs": {}, "outputs": as_found}]}}
    patched = with_artifact(export, urn, ARGUMENTS)
    (resource,) = patched["deployment"]["resources"]
    assert resource["outputs"] == {
        **as_found,
        "modelArtifact": "artifacts/wine-0.zip",
        "artifactContentLength": "12",
    }
    assert resource["inputs"]["artifactContentDisposition"] == "attachment; filename=theirs.zip"
    assert export["deployment"]["resources"][0]["inputs"] == {}
    assert with_artifact(patched, urn, ARGUMENTS) is None


def test_components_and_the_platform_are_made_other_models_are_left_and_imported_ones_must_stay():
    resources = resources_of()
    balancer = f"{PREFIX}{SERVICE}$paddock:infra:LoadBalancerConfig::wine"
    project = f"{PREFIX}paddock:infra:ModelPlatform$oci:DataScience/project:Project::mine"
    other = f"{PREFIX}{SERVICE}$paddock:infra:ModelDeployment$oci:DataScience/modelDeployment:ModelDeployment::beer"
    steps = [
        {"op": "create", "urn": balancer},
        {"op": "create", "urn": project},
        {"op": "update", "urn": other},
        {"op": "update", "urn": resources[2].urn, "detailedDiff": {"freeformTags.team": {}}},
        {"op": "replace", "urn": resources[-1].urn, "detailedDiff": {"projectId": {}}},
    ]
    plan = settlement(steps, "wine", frozenset(one.urn for one in resources if one.id))
    assert plan.to_make == (balancer, project)
    assert plan.others == ("update ModelDeployment beer",)
    assert plan.retagged == ("update Model wine: freeformTags.team",)
    assert plan.broken == ("replace ModelDeployment wine: projectId",)
