"""The official plugin's recorded requests, sent again in their order, their identifiers mapped to ours."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from local_oci_cloud import DOUBLES, Cloud, wait_until, zip_of

RECORDINGS = Path(__file__).with_name("recordings")
ORDER = (
    "1-create",
    "3-refresh",
    "4-project-description",
    "5-new-artifact",
    "6-bandwidth",
    "7-inactive",
    "8-active",
    "a-destroy",
)
_OCID = re.compile(r"ocid1\.[a-z]+\.oc1\.\.[0-9a-f]{32}")
_UNDER_WAY = ("CREATING", "UPDATING", "DELETING")


class Replay:
    """Sends recorded requests; what is recorded before its identifiers are known waits until they are."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.ids = {"ocid1.compartment.oc1..x": cloud.compartment}

    def run(self, name: str) -> None:
        waiting = [json.loads(line) for line in (RECORDINGS / f"{name}.jsonl").read_text().splitlines()]
        while waiting:
            ready = next((entry for entry in waiting if not self.unknown(entry["request"])), None)
            assert ready, f"{name}: nothing answered what {[e['request']['path'] for e in waiting]} asks for"
            waiting.remove(ready)
            self.send(ready["request"], ready["answer"])

    def unknown(self, request: dict[str, Any]) -> set[str]:
        return set(_OCID.findall(request["path"] + request["body"])) - set(self.ids)

    def mapped(self, text: str) -> str:
        for recorded, ours in self.ids.items():
            text = text.replace(recorded, ours)
        return text

    def send(self, request: dict[str, Any], answer: dict[str, Any]) -> None:
        path, body = self.mapped(request["path"]), self.mapped(request["body"]).encode()
        if path.endswith("/artifact"):
            body = zip_of(score=DOUBLES + f"# {request['body']}\n")

        def ask() -> Any:
            found = self.cloud.request(request["method"], path, data=body, headers=request["headers"])
            told = found.json() if found.content else {}
            under_way = told.get("lifecycleState") in _UNDER_WAY and request["method"] == "GET"
            return None if under_way or told.get("status") in ("ACCEPTED", "IN_PROGRESS") else (found, told)

        got, told = wait_until(ask, timeout_s=60, what=f"{request['method']} {path} settled")
        assert got.status_code == answer["status"], (request, got.text)
        self.learn(got, told, answer)
        if request["method"] == "GET" and "lifecycleState" in answer:
            assert told["lifecycleState"] == answer["lifecycleState"]
        if request["method"] == "POST" and "id" in answer:
            self.assert_shows(told, json.loads(body))

    def learn(self, got: Any, told: dict[str, Any], answer: dict[str, Any]) -> None:
        if "id" in answer:
            self.ids[answer["id"]] = told["id"]
        if "workRequest" in answer:
            self.ids[answer["workRequest"]] = got.headers["opc-work-request-id"]
        if "resource" in answer:
            ours, recorded = told["resources"][0], answer["resource"]
            assert (ours["entityType"], ours["actionType"]) == (recorded["entityType"], recorded["actionType"])
            assert told["operationType"] == answer["operationType"]
            assert told["status"] == "SUCCEEDED"
            assert told["timeFinished"]
            self.ids[recorded["identifier"]] = ours["identifier"]

    def assert_shows(self, shown: Any, asked: Any) -> None:
        """What was asked for is shown as it was asked for (else the plugin sees a drift)."""
        if isinstance(asked, dict):
            for key, value in asked.items():
                self.assert_shows(shown[key], value)
        else:
            assert shown == asked


def test_every_recorded_request_of_the_official_plugin_is_answered_as_recorded(cloud: Cloud) -> None:
    replay = Replay(cloud)

    for name in ORDER:
        replay.run(name)

    assert cloud.science.list_projects(cloud.compartment).data == []


@pytest.mark.parametrize("name", ORDER)
def test_no_recording_names_anything_but_made_up_identifiers(name: str) -> None:
    text = (RECORDINGS / f"{name}.jsonl").read_text()

    assert "authorization" not in text.lower()
