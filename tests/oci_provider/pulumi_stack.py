"""Stacks with inline programs, run by the real Pulumi CLI through the Automation API."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi.automation as auto
import pytest
import requests
from pulumi.automation import events

from local_oci import daemon
from oci_provider.credentials import read as read_credentials
from oci_provider.rest import SERVICES

_PREDICT = "def predict(data, model=load_model()):\n    return {'prediction': [model * x for x in data]}\n"
DOUBLES = f"def load_model():\n    return 2\n\n{_PREDICT}"
RAISES = f"def load_model():\n    raise RuntimeError('the pickle is broken')\n\n{_PREDICT}"
SLOW = f"import time\ndef load_model():\n    time.sleep(2)\n    return 2\n\n{_PREDICT}"


def wait_until(condition: Callable[[], Any], *, timeout_s: float, what: str) -> Any:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    pytest.fail(f"{what}: not within {timeout_s:g} s")


def write_artifact(path: Path, score: str = DOUBLES, *, remark: str = "") -> Path:
    """A zip that the local OCI can serve."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("score.py", f"# {remark}\n{score}")
        archive.writestr("runtime.yaml", "MODEL_ARTIFACT_VERSION: '3.0'\n")
    path.write_bytes(buffer.getvalue())
    return path


def overrides(endpoint: str) -> dict[str, str]:
    clients = [service.client for service in SERVICES]
    return {"CLIENT_HOST_OVERRIDES": ";".join(f"{client}={endpoint}" for client in clients)}


@dataclass
class Place:
    """A folder to work in, and the local OCI."""

    work_dir: Path
    data_dir: Path
    environment: dict[str, str]
    endpoint: str
    compartment: str

    def rest(self, method: str, path: str, **options: Any) -> Any:
        """A signed request of the test's own."""
        with requests.Session() as session:
            session.trust_env = False
            signer = read_credentials({}, self.environment).signer()
            answer = session.request(method, self.endpoint + path, auth=signer, timeout=30, **options)
            answer.raise_for_status()
            return answer.json() if answer.content else None

    def named(self, collection: str, name: str) -> list[dict[str, Any]]:
        """The resources of that display name that are not deleted."""
        path = f"{collection}?compartmentId={self.compartment}&displayName={name}"
        return [one for one in self.rest("GET", path) if one["lifecycleState"] != "DELETED"]


@dataclass
class Bench:
    """Where one test works with stacks."""

    place: Place
    stacks: list[auto.Stack] = field(default_factory=list)

    def stack(self, program: Callable[[], None], name: str = "dev") -> auto.Stack:
        options = auto.LocalWorkspaceOptions(work_dir=str(self.place.work_dir), env_vars=self.place.environment)
        made = auto.create_or_select_stack(stack_name=name, project_name="demo3", program=program, opts=options)
        self.stacks.append(made)
        return made

    def clear(self) -> None:
        daemon.start(self.place.data_dir)
        for made in self.stacks:
            made.destroy(on_output=lambda _line: None)


def resources(stack: auto.Stack) -> dict[str, dict[str, Any]]:
    """The state's resources by name."""
    found = stack.export_stack().deployment["resources"]
    return {one["urn"].rpartition("::")[2]: one for one in found if one["type"].startswith("oci:")}


def plan(stack: auto.Stack, **options: Any) -> dict[str, tuple[str, dict[str, str]]]:
    """A preview: what happens to each resource of ours, and to which of its properties."""
    steps: dict[str, tuple[str, dict[str, str]]] = {}

    def on_event(event: events.EngineEvent) -> None:
        step = event.resource_pre_event
        if step is None or not step.metadata.type.startswith("oci:") or step.metadata.op.value == "same":
            return
        changes = {path: one.diff_kind.value for path, one in (step.metadata.detailed_diff or {}).items()}
        name = step.metadata.urn.rpartition("::")[2]
        if step.metadata.logical:
            steps[name] = (step.metadata.op.value, changes)

    stack.preview(on_event=on_event, **options)
    return steps
