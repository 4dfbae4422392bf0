"""What is deployed is read from the state, whole or half-made."""

from paddock.deployed_models import from_state

URN = "urn:pulumi:local::paddock::"


def entry(name, **more):
    return {
        "urn": f"{URN}oci:DataScience/model:Model::{name}",
        "type": "oci:DataScience/model:Model",
        "id": f"ocid1.datasciencemodel.oc1..{name}",
        "outputs": {"freeformTags": {"paddock-model": name, "paddock-digest": "d" * 64}},
        **more,
    }


def deployment(name, **more):
    return {
        "urn": f"{URN}oci:DataScience/modelDeployment:ModelDeployment::{name}",
        "type": "oci:DataScience/modelDeployment:ModelDeployment",
        "id": f"ocid1.datasciencemodeldeployment.oc1..{name}",
        "outputs": {"modelDeploymentUrl": "http://127.0.0.1:1/ocid", "compartmentId": "c", "categoryLogDetails": None},
        **more,
    }


def state(*resources):
    return {"version": 3, "deployment": {"resources": list(resources)}}


def test_a_model_and_its_deployment_are_one():
    (model,) = from_state(state(entry("wine"), deployment("wine")))

    assert model.name == "wine"
    assert model.digest == "d" * 64
    assert model.endpoint == "http://127.0.0.1:1/ocid/predict"


def test_a_catalog_entry_without_a_deployment_has_no_endpoint():
    (model,) = from_state(state(entry("wine")))

    assert model.deployment_id is None
    assert model.endpoint is None


def test_an_entry_that_waits_for_its_deletion_does_not_count():
    old = entry("wine", id="old", delete=True)

    (model,) = from_state(state(old, entry("wine")))

    assert model.model_id == "ocid1.datasciencemodel.oc1..wine"


def test_an_empty_state_has_no_models():
    assert from_state({"version": 3, "deployment": {}}) == ()


def test_of_several_entries_the_one_that_the_deployment_names_is_served():
    old = entry("wine-old")
    old["outputs"]["freeformTags"] = {"paddock-model": "wine", "paddock-digest": "0" * 64}
    old["outputs"]["timeCreated"] = "2026-01-01"
    new = entry("wine")
    new["outputs"]["timeCreated"] = "2026-01-02"
    served = deployment("wine")
    served["outputs"]["modelDeploymentConfigurationDetails"] = {"modelConfigurationDetails": {"modelId": old["id"]}}

    (model,) = from_state(state(new, old, served))

    assert model.digest == "0" * 64
    assert [version.digest for version in model.versions] == ["d" * 64, "0" * 64]
