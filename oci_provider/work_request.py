"""Work requests: what goes on behind an answer, followed to its end with its log lines shown on the way."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

from oci_provider.errors import OciProviderError, WorkRequestFailedError
from oci_provider.operation import Operation
from oci_provider.rest import DATA_SCIENCE, Answer, Service

_ENDS = frozenset({"SUCCEEDED", "FAILED", "CANCELED"})
_LAST_LOG_LINES = 12
_LOOK_AT_LOG_EVERY_S = 1.0


def follow(operation: Operation, service: Service, answer: Answer) -> dict[str, Any]:
    """Wait until the work behind an answer has ended and return the work request; raises WorkRequestFailedError.

    Its log is looked at once a second, for people who watch: where many wait at once, each look costs the service.
    """
    path = f"/workRequests/{_id(answer)}"
    pauses = operation.pauses(f"the work request {_id(answer)}")
    log = _Log(operation, service, f"{path}/logs")
    while (request := _get(operation, service, path))["status"] not in _ENDS:
        log.look_now_and_then()
        pauses.take()
    if request["status"] != "SUCCEEDED":
        raise WorkRequestFailedError(_failure(operation, service, path, request, log.look()))
    return request


class _Log:
    """A work request's log: new lines are shown beside the resource. Logging's work requests have none."""

    def __init__(self, operation: Operation, service: Service, path: str) -> None:
        self._operation, self._service, self._path = operation, service, path
        self._shown = 0
        self._looked_at = time.monotonic()

    def look_now_and_then(self) -> None:
        """Look, unless the last time is less than a second ago."""
        if time.monotonic() - self._looked_at >= _LOOK_AT_LOG_EVERY_S:
            self.look()

    def look(self) -> list[str]:
        """Show what is new and return all lines."""
        self._looked_at = time.monotonic()
        if self._service is not DATA_SCIENCE:
            return []
        lines = _lines(self._operation, self._service, self._path)
        for line in lines[self._shown :]:
            self._operation.report(line)
        self._shown = len(lines)
        return lines


def identifier(operation: Operation, service: Service, answer: Answer, *, entity: str) -> str:
    """Return the id of what a creation makes; the work request names it from its first moment."""
    request = _get(operation, service, f"/workRequests/{_id(answer)}")
    for resource in request["resources"]:
        if resource["entityType"].lower() == entity:
            return str(resource["identifier"])
    raise OciProviderError(f"the work request {request['id']} names no {entity}: {request['resources']}")


def _id(answer: Answer) -> str:
    if "opc-work-request-id" not in answer.headers:
        raise OciProviderError(f"{answer.operation}: the answer has no opc-work-request-id to follow")
    return answer.headers["opc-work-request-id"]


def _get(operation: Operation, service: Service, path: str) -> dict[str, Any]:
    body: dict[str, Any] = operation.rest.call(service, "GET", path, operation=operation).body
    return body


def _lines(operation: Operation, service: Service, path: str) -> list[str]:
    lines: list[str] = []
    page = ""
    while True:
        answer = operation.rest.call(service, "GET", path + page, operation=operation)
        lines += [str(entry["message"]) for entry in answer.body]
        if not (further := answer.headers.get("opc-next-page")):
            return lines
        page = f"?page={quote(further, safe='')}"


def _failure(operation: Operation, service: Service, path: str, request: dict[str, Any], lines: list[str]) -> str:
    errors = _lines(operation, service, f"{path}/errors")
    said = errors or lines[-_LAST_LOG_LINES:] or ["it says nothing more"]
    return f"{request['operationType']} {request['status']}: " + "\n".join(said)
