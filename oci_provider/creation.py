"""Begin a creation so that it can be found again: intent first, then the request, then the id beside the intent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from oci_provider.check import DEFAULTS_KEY
from oci_provider.errors import ServiceError
from oci_provider.intents import Intent
from oci_provider.operation import Operation

if TYPE_CHECKING:
    from oci_provider.resource import Kind

_TOKEN_SPENT = "InvalidatedRetryToken"  # noqa: S105 - Oracle's error code


def begin(kind: Kind, operation: Operation) -> None:
    """Send the creation; `operation` then has the id and the answer.

    A creation of the same URN with the same request that was begun before is taken up; what it made is used, unless
    that is gone in the meantime.
    """
    request = creation_request(kind, operation.inputs)
    summary = _summary(kind, request["body"])
    intent = operation.intents.find(operation.urn)
    if intent is not None and intent.is_of(request) and _taken_up(kind, operation, intent, request):
        return
    if intent is not None and not intent.is_of(request):
        operation.warn(
            f"a creation of {operation.urn} begun {intent.begun} was never confirmed and asked for something else: "
            f"{intent.summary}{f' ({intent.resource_id})' if intent.resource_id else ''} may be left over"
            "; look, and delete it"
        )
    names = {name: str(operation.inputs[name]) for name in operation.inputs.get(DEFAULTS_KEY, [])}
    _send(kind, operation, operation.intents.begin(operation.urn, request, summary, names), request)


def creation_request(kind: Kind, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a creation with these inputs sends: path and body."""
    return {"path": kind.collection.format(**inputs), "body": kind.body(inputs)}


def _taken_up(kind: Kind, operation: Operation, intent: Intent, request: Mapping[str, Any]) -> bool:
    try:
        _send(kind, operation, intent, request)
    except ServiceError as error:
        if error.code != _TOKEN_SPENT:
            raise
        return False
    return kind.look(operation, operation.inputs) is not None


def _send(kind: Kind, operation: Operation, intent: Intent, request: Mapping[str, Any]) -> None:
    operation.begun_by = operation.rest.call(
        kind.service,
        "POST",
        request["path"],
        operation=operation,
        body=request["body"],
        retry_token=intent.token,
        accept=kind.accepted,
    )
    operation.resource_id = kind.created_id(operation, operation.begun_by)
    operation.intents.created(intent, operation.resource_id)


def _summary(kind: Kind, body: Mapping[str, Any]) -> str:
    name = body.get("displayName") or body.get("name")
    return f"{kind.noun} {name!r}" if name else kind.noun
