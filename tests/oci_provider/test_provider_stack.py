"""Whole stacks with the real Pulumi CLI: secrets, failures, interruptions, imports."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import psutil
import pulumi
import pulumi_oci as oci
import pytest
from pulumi import automation as auto
from pulumi_stack import RAISES, SLOW, Bench, plan, resources, wait_until, write_artifact

from local_oci import daemon

SECRET = "hunter2-is-no-secret"


def declare(compartment: str, artifact: str) -> None:
    """A project, a model and its deployment with a secret in its environment."""
    project = oci.datascience.Project("project", compartment_id=compartment, display_name="stack")
    model = oci.datascience.Model(
        "model",
        compartment_id=compartment,
        project_id=project.id,
        display_name="stack",
        model_artifact=artifact,
        artifact_content_length=str(Path(artifact).stat().st_size),
    )
    oci.datascience.ModelDeployment(
        "deployment",
        compartment_id=compartment,
        project_id=project.id,
        display_name="stack",
        model_deployment_configuration_details={
            "deployment_type": "SINGLE_MODEL",
            "model_configuration_details": {
                "model_id": model.id,
                "instance_configuration": {
                    "instance_shape_name": "VM.Standard.E4.Flex",
                    "model_deployment_instance_shape_config_details": {"ocpus": 1, "memory_in_gbs": 16},
                },
                "scaling_policy": {"policy_type": "FIXED_SIZE", "instance_count": 1},
            },
            "environment_configuration_details": {
                "environment_configuration_type": "DEFAULT",
                "environment_variables": {"PASSWORD": pulumi.Output.secret(SECRET), "NAME": "shown"},
            },
        },
    )


def test_a_failed_deployment_is_told_mended_and_no_secret_is_in_any_file(bench: Bench, tmp_path: Path):
    artifact = str(write_artifact(bench.place.work_dir / "raises.zip", RAISES))
    mended = str(write_artifact(bench.place.work_dir / "mended.zip"))
    stack = bench.stack(lambda: declare(bench.place.compartment, artifact))
    with pytest.raises(auto.CommandError) as failed:
        stack.up()
    assert "RuntimeError: the pickle is broken" in str(failed.value)
    assert "`paddock logs stack --predict`" in str(failed.value)
    assert resources(stack)["deployment"]["outputs"]["state"] == "FAILED"

    artifact = mended
    assert {name: step for name, (step, _) in plan(stack).items()} == {"model": "replace", "deployment": "update"}
    stack.up()
    assert resources(stack)["deployment"]["outputs"]["state"] == "ACTIVE"
    assert len(bench.place.named("/20190101/modelDeployments", "stack")) == 1
    stack.refresh()
    assert plan(stack) == {}

    [deployment] = bench.place.named("/20190101/modelDeployments", "stack")
    served = bench.place.rest("GET", f"/20190101/modelDeployments/{deployment['id']}")
    environment = served["modelDeploymentConfigurationDetails"]["environmentConfigurationDetails"]
    assert environment["environmentVariables"] == {"PASSWORD": SECRET, "NAME": "shown"}
    files = [path for folder in ("state", "paddock") for path in (tmp_path / folder).rglob("*") if path.is_file()]
    assert any(b"shown" in path.read_bytes() for path in files)
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []


def test_a_local_oci_killed_in_the_middle_leaves_nothing_double_and_nothing_lost(bench: Bench):
    artifact = str(write_artifact(bench.place.work_dir / "slow.zip", SLOW))
    stack = bench.stack(lambda: declare(bench.place.compartment, artifact))
    failures: list[auto.CommandError] = []
    up = Thread(target=lambda: failures.append(failed_up(stack)))
    up.start()
    wait_until(lambda: bench.place.named("/20190101/modelDeployments", "stack"), timeout_s=60, what="the deployment")
    process = psutil.Process(daemon.status(bench.place.data_dir).pid)
    process.kill()
    process.wait(10)
    up.join(60)
    assert "`paddock local start`" in str(failures[0])
    daemon.start(bench.place.data_dir)
    stack.up()
    assert plan(stack) == {}
    known = {name: one["id"] for name, one in resources(stack).items()}
    for name, collection in (("project", "projects"), ("model", "models"), ("deployment", "modelDeployments")):
        assert [one["id"] for one in bench.place.named(f"/20190101/{collection}", "stack")] == [known[name]]
    assert resources(stack)["deployment"]["outputs"]["state"] == "ACTIVE"


def failed_up(stack: auto.Stack) -> auto.CommandError:
    with pytest.raises(auto.CommandError) as failed:
        stack.up()
    return failed.value


def test_what_was_made_by_hand_is_imported_without_a_difference(bench: Bench):
    made = bench.place.rest(
        "POST",
        "/20190101/projects",
        json={"compartmentId": bench.place.compartment, "displayName": "by-hand", "freeformTags": {"a": "b"}},
    )
    stack = bench.stack(
        lambda: oci.datascience.Project(
            "project", compartment_id=bench.place.compartment, display_name="by-hand", freeform_tags={"a": "b"}
        )
    )
    stack.import_resources(
        resources=[auto.ImportResource(type="oci:DataScience/project:Project", name="project", id=made["id"])],
        protect=False,
    )
    assert resources(stack)["project"]["id"] == made["id"]
    assert plan(stack) == {}
