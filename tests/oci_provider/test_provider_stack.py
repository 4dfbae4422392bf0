"""Whole stacks with the real Pulumi CLI: secrets, failures, interruptions, imports."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import pulumi
import pulumi_oci as oci
from deployment_program import SECRET, declare, up_apart
from pulumi_stack import RAISES, SLOW, Bench, plan, resources, wait_until, write_artifact

from local_oci import daemon


def inside(value: Any) -> Any:
    return getattr(value, "__dict__", str(value))


def test_a_failed_deployment_is_told_mended_and_no_secret_is_in_any_file(bench: Bench, tmp_path: Path):
    artifact = str(write_artifact(bench.place.work_dir / "raises.zip", RAISES))
    mended = str(write_artifact(bench.place.work_dir / "mended.zip"))
    stack = bench.stack(lambda: declare(bench.place.compartment, artifact))
    failed = up_apart(bench.place, artifact)
    assert failed.returncode == 1
    assert "RuntimeError: the pickle is broken" in failed.stderr
    assert "`paddock logs stack --predict`" in failed.stderr
    assert resources(stack)["deployment"]["outputs"]["state"] == "FAILED"

    artifact = mended
    assert {name: step for name, (step, _) in plan(stack).items()} == {"model": "replace", "deployment": "update"}
    told: list[str] = []
    stack.up(on_output=told.append, on_event=lambda event: told.append(json.dumps(event, default=inside)))
    assert any("shown" in line for line in told)
    assert not any(SECRET in line for line in [*told, failed.stdout, failed.stderr])
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
    failures: list[str] = []
    up = Thread(target=lambda: failures.append(up_apart(bench.place, artifact).stderr))
    up.start()
    wait_until(lambda: bench.place.named("/20190101/modelDeployments", "stack"), timeout_s=60, what="the deployment")
    process = psutil.Process(daemon.status(bench.place.data_dir).pid)
    process.kill()
    process.wait(10)
    up.join(60)
    assert "`paddock local start`" in failures[0]
    daemon.start(bench.place.data_dir)
    stack.up()
    assert plan(stack) == {}
    known = {name: one["id"] for name, one in resources(stack).items()}
    for name, collection in (("project", "projects"), ("model", "models"), ("deployment", "modelDeployments")):
        assert [one["id"] for one in bench.place.named(f"/20190101/{collection}", "stack")] == [known[name]]
    assert resources(stack)["deployment"]["outputs"]["state"] == "ACTIVE"


def test_what_was_made_by_hand_is_imported_without_a_difference(bench: Bench):
    place = bench.place
    common = {"compartmentId": place.compartment, "displayName": "by-hand", "freeformTags": {"a": "b"}}
    project = place.rest("POST", "/20190101/projects", json=common)
    place.rest("POST", "/20200531/logGroups", json=common)
    [group] = place.named("/20200531/logGroups", "by-hand")
    place.rest("POST", f"/20200531/logGroups/{group['id']}/logs", json={"displayName": "l", "logType": "CUSTOM"})
    [log] = place.rest("GET", f"/20200531/logGroups/{group['id']}/logs")

    def program() -> None:
        told = {"compartment_id": place.compartment, "display_name": "by-hand", "freeform_tags": {"a": "b"}}
        oci.datascience.Project("project", **told, opts=pulumi.ResourceOptions(import_=project["id"]))
        made = oci.logging.LogGroup("group", **told, opts=pulumi.ResourceOptions(import_=group["id"]))
        log_id = f"logGroupId/{group['id']}/logId/{log['id']}"
        options = pulumi.ResourceOptions(import_=log_id)
        oci.logging.Log("log", log_group_id=made.id, display_name="l", log_type="CUSTOM", opts=options)

    stack = bench.stack(program)
    assert {name: step for name, (step, _) in plan(stack).items()} == dict.fromkeys(
        ("project", "group", "log"), "import"
    )
    stack.up()
    known = {name: one["id"] for name, one in resources(stack).items()}
    assert known == {"project": project["id"], "group": group["id"], "log": log["id"]}
    assert plan(stack) == {}
