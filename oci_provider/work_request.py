"""Work requests: what goes on behind an answer, followed to its end with its log lines shown on the way."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from oci_provider.errors import OciProviderError, WorkRequestFailedError
from oci_provider.operation import Operation
from oci_provider.rest import DATA_SCIENCE, Answer, Service

_ENDS = frozenset({"SUCCEEDED", "FAILED", "CANCELED"})
_LAST_LOG_LINES = 12


def follow(operation: Operation, service: Service, answer: Answer) -> dict[str, Any]:
    """Wait until the work behind an answer has ended and return the work request; raises WorkRequestFailedError."""
    path = f"/workRequests/{_id(answer)}"
    pauses = operation.pauses(f"the work request {_id(answer)}")
    shown = 0
    while True:
        request = _get(operation, service, path)
        lines = _lines(operation, service, f"{path}/logs") if service is DATA_SCIENCE else []
        for line in lines[shown:]:
            operation.report(line)
        shown = len(lines)
        if request["status"] in _ENDS:
            break
        pauses.take()
    if request["status"] != "SUCCEEDED":
        raise WorkRequestFailedError(_failure(operation, service, path, request, lines))
    return request


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
