"""The pytest plugin, used as another project would: its tests run in a process of their own, with a real engine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from local_oci_cloud import processes_of

PROJECT = Path(__file__).parents[2]
PULUMI_YAML = "name: example\nruntime: python\n"
PROGRAM = """
import pulumi
import pulumi_oci as oci

compartment = pulumi.Config().require("compartmentId")
project = oci.datascience.Project("project", compartment_id=compartment, display_name="of a program")
model = oci.datascience.Model("model", compartment_id=compartment, project_id=project.id, display_name="a model",
                              model_artifact="artifact.zip", artifact_content_length=str(LENGTH),
                              artifact_content_disposition="attachment; filename=artifact.zip")
pulumi.export("model", model.id)
"""
TESTS = """
from pathlib import Path

import oci
import pytest

PROGRAM = Path(__file__).with_name("program")


def test_the_program_makes_a_model_and_plans_nothing_more(local_oci):
    stack = local_oci.stack(PROGRAM, {"compartmentId": local_oci.compartment_id})
    try:
        model = stack.up().outputs["model"].value
        assert local_oci.data_science.get_model(model).data.display_name == "a model"
        assert set(stack.preview(expect_no_changes=True).change_summary) == {"same"}
    finally:
        stack.destroy()
    assert local_oci.data_science.get_model(model).data.lifecycle_state == "DELETED"


def test_clients_are_ready_and_calls_fail_as_asked(local_oci):
    local_oci.set_faults({"operation": "list_projects", "times": 1, "fail": {"status": 404, "code": "Gone"}})
    with pytest.raises(oci.exceptions.ServiceError) as refused:
        local_oci.data_science.list_projects(local_oci.compartment_id)
    assert refused.value.code == "Gone"
    assert local_oci.data_science.list_projects(local_oci.compartment_id).data == []
    assert local_oci.identity.list_regions().data
    kind = oci.work_requests.WorkRequestClient
    assert local_oci.client(kind) is local_oci.client(kind)


def test_each_test_has_a_cloud_of_its_own(local_oci):
    assert local_oci.data_science.list_projects(local_oci.compartment_id).data == []
"""


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A project that is not ours, with a Pulumi program and tests of it."""
    folder = tmp_path / "example"
    (folder / "program").mkdir(parents=True)
    (folder / "program" / "Pulumi.yaml").write_text(PULUMI_YAML)
    (folder / "program" / "artifact.zip").write_bytes(b"PK")
    (folder / "program" / "__main__.py").write_text(PROGRAM.replace("LENGTH", "2"))
    (folder / "test_program.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    tools = PROJECT / ".paddock" / "bin"
    if tools.is_dir():
        shutil.copytree(tools, folder / ".paddock" / "bin", copy_function=os.link)
    return folder


def test_another_projects_tests_use_the_fixture_and_a_real_engine(example: Path) -> None:
    mine = ("PULUMI_", "OCI_", "TF_VAR_", "PADDOCK_", "CLIENT_HOST_OVERRIDES", "PYTEST_")
    keep = {"PADDOCK_PULUMI_SOURCE"}
    environment = {name: value for name, value in os.environ.items() if name in keep or not name.startswith(mine)}
    words = [sys.executable, "-m", "pytest", "-q", f"--basetemp={example}/.tmp"]

    result = subprocess.run(
        words, cwd=example, env=environment, capture_output=True, text=True, timeout=280, check=False
    )

    assert result.returncode == 0, result.stdout + result.stderr
    assert "3 passed" in result.stdout
    assert not processes_of(example)
    assert not (example / "program" / "Pulumi.test.yaml").exists()


def test_the_plugin_imports_nothing_heavy() -> None:
    words = (
        "import sys, paddock.pytest_plugin; print(*sorted(m for m in ('oci', 'pulumi', 'grpc') if m in sys.modules))"
    )

    result = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, timeout=60, check=True)

    assert result.stdout.strip() == ""
