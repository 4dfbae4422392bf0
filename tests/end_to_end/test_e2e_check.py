"""`paddock check`: the endpoint serves what was approved, or it is said what it serves instead. In order."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

WINE = "wine-cultivar"
DIABETES = "diabetes-progression"


@pytest.fixture(scope="module", autouse=True)
def everything_is_up(clone):
    clone.up()


@pytest.fixture(scope="module")
def client(clone):
    from oci.config import from_file
    from oci.data_science import DataScienceClient

    env = clone.paddock_json("env", "--json")
    return DataScienceClient(from_file(env["ociConfigFile"]), service_endpoint=env["endpoint"])


def status_of(clone, name):
    return next(item for item in clone.paddock_json("status", "--json") if item["name"] == name)


def checked(clone, *words, exit_code=0):
    run = clone.paddock("check", *words, "--json", check=False)
    assert run.returncode == exit_code, run.stdout + run.stderr
    return {result["name"]: result for result in json.loads(run.stdout)}, run.stderr


def serve(client, deployment_id, model_id):
    """By hand, as someone in the console would."""
    from oci.data_science import DataScienceClientCompositeOperations
    from oci.data_science.models import (
        SingleModelDeploymentConfigurationDetails,
        UpdateModelConfigurationDetails,
        UpdateModelDeploymentDetails,
        UpdateSingleModelDeploymentConfigurationDetails,
    )

    configuration = client.get_model_deployment(deployment_id).data.model_deployment_configuration_details
    assert isinstance(configuration, SingleModelDeploymentConfigurationDetails)
    details = UpdateModelDeploymentDetails(
        model_deployment_configuration_details=UpdateSingleModelDeploymentConfigurationDetails(
            deployment_type="SINGLE_MODEL",
            model_configuration_details=UpdateModelConfigurationDetails(
                model_id=model_id,
                instance_configuration=configuration.model_configuration_details.instance_configuration,
                scaling_policy=configuration.model_configuration_details.scaling_policy,
                bandwidth_mbps=configuration.model_configuration_details.bandwidth_mbps,
            ),
        )
    )
    DataScienceClientCompositeOperations(client).update_model_deployment_and_wait_for_state(
        deployment_id, details, wait_for_states=["SUCCEEDED"], waiter_kwargs={"max_interval_seconds": 1}
    )


def test_all_endpoints_of_a_fresh_stack_are_proven(clone):
    results, _ = checked(clone)

    assert set(results) == {WINE, DIABETES}
    for name, result in results.items():
        assert (result["ok"], result["rows"], result["rowsEqual"], result["proof"]) == (True, 10, 10, "bytes")
        assert result["digestServed"] == result["digestApproved"] == status_of(clone, name)["digest"]
        assert result["latencyMs"] > 0


def test_the_table_names_each_model_with_what_was_proven(clone):
    table = clone.paddock("check", WINE).stdout

    assert "10 of 10 equal" in table
    assert table.count(status_of(clone, WINE)["digest"][:12]) == 2
    assert DIABETES not in table


def test_another_digest_than_the_approved_one_fails_by_both(clone):
    results, words = checked(clone, WINE, "--digest", "0123456789ab", exit_code=1)

    served = status_of(clone, WINE)["digest"]
    assert results[WINE]["digestServed"] == served
    assert served in words
    assert "approved is 0123456789ab" in words


def test_a_deployment_that_was_pointed_elsewhere_by_hand_fails_with_both_digests_and_the_rows(clone, client):
    wine, diabetes = status_of(clone, WINE), status_of(clone, DIABETES)
    serve(client, diabetes["deploymentId"], wine["modelId"])

    results, words = checked(clone, exit_code=1)

    assert results[WINE]["ok"]
    assert results[DIABETES]["modelId"] == wine["modelId"], "read from OCI, not from the state"
    assert f"serves {wine['digest']}" in words
    assert f"approved is {diabetes['digest']}" in words
    assert "nonflavanoid_phenols" in words, "the endpoint refuses rows that are no wines"
    serve(client, diabetes["deploymentId"], diabetes["modelId"])
    checked(clone)


def test_a_tag_that_lies_about_its_bytes_is_found(clone, client):
    from oci.data_science.models import UpdateModelDetails

    wine = status_of(clone, WINE)
    tags = client.get_model(wine["modelId"]).data.freeform_tags
    client.update_model(wine["modelId"], UpdateModelDetails(freeform_tags={**tags, "paddock-digest": "a" * 64}))

    results, words = checked(clone, WINE, exit_code=1)

    assert results[WINE]["digestServed"] == wine["digest"]
    assert "says paddock-digest aaaaaaaaaaaa, and its bytes are" in words
    client.update_model(wine["modelId"], UpdateModelDetails(freeform_tags=tags))


def test_a_retrained_model_is_not_what_is_served_until_it_is_deployed(clone):
    before = status_of(clone, DIABETES)["digest"]
    retrain = [sys.executable, f"models/{DIABETES}/train.py", "--seed", "7"]
    subprocess.run(retrain, cwd=clone.folder, check=True, timeout=120)

    results, words = checked(clone, DIABETES, exit_code=1)

    assert results[DIABETES]["digestServed"] == before
    assert results[DIABETES]["rowsEqual"] < results[DIABETES]["rows"] == 10
    assert "row 0: expected" in words


def test_an_artifact_that_was_built_elsewhere_is_proven_by_its_own_bytes(clone):
    before = status_of(clone, DIABETES)["digest"]
    shutil.rmtree(clone.folder / "artifacts" / DIABETES / before)

    results, _ = checked(clone, DIABETES, "--digest", before[:12])

    assert (results[DIABETES]["rowsEqual"], results[DIABETES]["digestServed"]) == (10, before)


def test_a_model_that_is_declared_inactive_is_skipped_by_name(clone):
    clone.edit(f"models/{DIABETES}/model.yaml", "deployment:\n", "deployment:\n  state: INACTIVE\n")
    clone.up()

    results, _ = checked(clone)
    table = clone.paddock("check").stdout

    assert results[DIABETES]["skipped"].startswith("is declared INACTIVE")
    assert results[WINE]["ok"]
    assert f"{DIABETES} is declared INACTIVE" in table


def test_a_deployment_that_was_stopped_by_hand_is_not_skipped(clone, client):
    from oci.data_science import DataScienceClientCompositeOperations

    DataScienceClientCompositeOperations(client).deactivate_model_deployment_and_wait_for_state(
        status_of(clone, WINE)["deploymentId"],
        wait_for_states=["SUCCEEDED"],
        waiter_kwargs={"max_interval_seconds": 1},
    )

    results, words = checked(clone, WINE, exit_code=1)

    assert results[WINE]["skipped"] is None
    assert "the deployment is INACTIVE, the code says ACTIVE" in words
