"""Our plans and our state against those of the official plugin, recorded on the same program (official/)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from official_program import declare
from pulumi_stack import Bench, plan, resources, write_artifact

OFFICIAL = Path(__file__).parent / "official"
STEPS = {
    "4-project-description": 2,
    "5-new-artifact": 3,
    "6-bandwidth": 4,
    "7-inactive": 5,
    "8-active": 4,
}
LOCAL_OCI_TELLS_MORE = {
    "log-access.outputs.tenancyId": "the recordings' service is of the tenancy 't'",
    "log-predict.outputs.tenancyId": "the same",
    "model.inputs.artifactContentLength": "our artifact must load: it has another size",
    "model.outputs.artifactContentLength": "the same",
    "model.outputs.category": "the recordings' service says nothing of it; OCI says USER or SERVICE",
    "model.outputs.isModelByReference": "the recordings' service says nothing of it; OCI says whether",
    "deployment.outputs.modelDeploymentSystemDatas": "the recordings' service says nothing of it; OCI does",
    "deployment.outputs.__pulumi_raw_state_delta.obj.ps.modelDeploymentSystemDatas.arr.el": "so",
}


def normal(value: Any) -> Any:
    """The value without what is another in every run: identifiers, moments, addresses, digests."""
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [normal(item) for item in value]
    if not isinstance(value, str):
        return value
    value = re.sub(r"ocid1\.(\w+)\.oc1\.[\w.-]*", r"<\1>", value)
    value = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? ", "<moment> ", value)
    value = re.sub(r"http://127\.0\.0\.1:\d+", "<address>", value)
    return re.sub(r"[\w+/]{22}==", "<md5>", value)


def differences(ours: Any, theirs: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            yield from differences(ours.get(key, "<none>"), theirs.get(key, "<none>"), f"{path}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif ours != theirs:
        yield path, ours, theirs


def told(text: str, title: str | None = None) -> list[list[str]]:
    """What a preview says of each resource and its properties; the engine takes independent ones in any order."""
    if title is not None:
        text = text.partition(f"== {title}\n")[2].partition("\n==")[0]
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        if re.match(r"    (\+-|~ )oci:", line):
            blocks.append([])
        if re.match(r" {4,}(\+-oci:|~ \w+:|~ \w+ +:|\}|\[(id|urn)=)", line):
            size_hidden = re.sub(r'(artifactContentLength +: )"\d+" => "\d+"', r"\1<size>", shown(line.rstrip()))
            blocks[-1].append(size_hidden)
    return sorted(blocks)


def shown(line: str) -> str:
    return re.sub(r"pulumi:dev::\w+::", "pulumi:dev::<project>::", str(normal(line)))


@pytest.fixture
def sameness(bench: Bench) -> Bench:
    write_artifact(bench.place.work_dir / "art1.zip", remark="first")
    write_artifact(bench.place.work_dir / "art2.zip", remark="the second one")
    return bench


def test_plans_and_state_are_those_of_the_official_plugin(sameness: Bench):
    now = {"step": 1}
    stack = sameness.stack(lambda: declare(now["step"], sameness.place.compartment))
    assert {name: op for name, (op, _) in plan(stack).items()} == dict.fromkeys(
        ("project", "log-group", "log-access", "log-predict", "model", "prov", "deployment"), "create"
    )
    stack.up()
    stack.refresh()
    recorded = (OFFICIAL / "plans.txt").read_text()
    for title, step in STEPS.items():
        now["step"] = step
        assert told(stack.preview(diff=True).stdout) == told(recorded, title), title
        stack.up()
    assert plan(stack) == {}
    theirs = {one["urn"].rpartition("::")[2]: one for one in json.loads((OFFICIAL / "state.json").read_text())}
    found = [
        one
        for name, ours in resources(stack).items()
        for part in ("inputs", "outputs")
        for one in differences(normal(ours[part]), normal(theirs[name][part]), f"{name}.{part}")
    ]
    assert {path for path, _ours, _theirs in found} == LOCAL_OCI_TELLS_MORE.keys(), found
