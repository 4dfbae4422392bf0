"""A program with a project, a model and its deployment; run as a script it does `up` and tells how that ended.

An `up` that fails is run apart: Pulumi's Automation API leaves the coroutine and the event loop of a program that
failed to the garbage collector, which warns in whatever test comes next.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pulumi
import pulumi_oci as oci
from pulumi import automation as auto
from pulumi_stack import Bench, Place

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


def up_apart(place: Place, artifact: str) -> subprocess.CompletedProcess[str]:
    """Do `up` of the stack `dev` in a process of its own."""
    return subprocess.run(
        [sys.executable, __file__, str(place.data_dir), place.endpoint, place.compartment, artifact],
        cwd=place.work_dir,
        env={**place.environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    data_dir, endpoint, compartment, artifact = sys.argv[1:]
    place = Place(Path.cwd(), Path(data_dir), dict(os.environ), endpoint, compartment)
    try:
        Bench(place).stack(lambda: declare(compartment, artifact)).up()
    except auto.CommandError as error:
        sys.exit(str(error))
