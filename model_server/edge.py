"""The HTTP edge of one deployment: a raw ASGI application.

POST /<ocid>/predict   signed; Oracle's statuses and error body; one access record per request
/_paddock/…            private, see `private_endpoints`
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from model_server.answer import Answer, refusal
from model_server.deployment_spec import DeploymentSpec
from model_server.errors import SignatureRefused
from model_server.frames import BodyForm
from model_server.log_writer import LogFact
from model_server.private_endpoints import PRIVATE_PREFIX, PrivateEndpoints
from model_server.serving import Serving
from model_server.signature import verify

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_LOOPBACK_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_OPC_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,256}")


class Edge:
    """The ASGI application."""

    def __init__(self, serving: Serving, private_endpoints: PrivateEndpoints) -> None:
        self._serving = serving
        self._private_endpoints = private_endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        arrived_s = time.time()
        headers = _headers_of(scope)
        target = _target_of(scope)
        opc_request_id = _opc_request_id_of(headers)
        latency_ms = 0.0
        is_private = target.startswith(PRIVATE_PREFIX)
        answer = _refuse_before_reading(headers, scope["method"], self._serving.spec)
        if answer is None:
            body = await _read_body(receive)
            if body is None:
                return  # the client left before it had sent its body
            if is_private:
                answer = await self._private_endpoints.answer(scope["method"], target, headers, body)
            else:
                answer, latency_ms = await self._public(scope, target, headers, body, opc_request_id)
        await _send(send, answer, opc_request_id)
        if not is_private:
            message = f"{scope['method']} {target}"
            self._serving.logs.add(
                LogFact("access", arrived_s, message, opc_request_id, answer.status, round(latency_ms, 3))
            )

    async def _public(
        self, scope: Scope, target: str, headers: dict[str, str], body: bytes, opc_request_id: str
    ) -> tuple[Answer, float]:
        spec = self._serving.spec
        try:
            verify(scope["method"], target, headers, body, spec.accepted_keys, time.time())
        except SignatureRefused as error:
            return refusal(401, error.reason), 0.0
        refused = _refuse_route(scope["method"], scope["path"], spec.deployment_id)
        if refused is not None:
            return refused, 0.0
        is_octets = headers.get("content-type", "").partition(";")[0].strip().lower() == "application/octet-stream"
        form = BodyForm.OCTETS if is_octets else BodyForm.JSON
        return await self._serving.dispatcher.predict(form, body, opc_request_id)


def _refuse_before_reading(headers: dict[str, str], method: str, spec: DeploymentSpec) -> Answer | None:
    """Refuse what needs no body: a foreign host name (a page in a browser that rebinds DNS), a body without length."""
    if not _LOOPBACK_HOST.fullmatch(headers.get("host", "")):
        return refusal(400, f"The Host header must name this machine's loopback, found {headers.get('host')!r}")
    length = headers.get("content-length")
    if length is None:
        if method in {"POST", "PUT", "PATCH"} or "transfer-encoding" in headers:
            return refusal(411, "The request must carry a content-length")
        return None
    if not (length.isascii() and length.isdigit()):
        return refusal(400, f"The content-length must be a number, found {length!r}")
    if int(length) > spec.body_limit_bytes:
        return refusal(413, f"The body must have at most {spec.body_limit_bytes} bytes, found {length}")
    return None


def _refuse_route(method: str, path: str, deployment_id: str) -> Answer | None:
    if path != f"/{deployment_id}/predict":
        return refusal(404, f"Authorization failed or requested resource not found: {path}")
    if method != "POST":
        return refusal(405, f"{method} is not allowed here; predict takes POST")
    return None


def _headers_of(scope: Scope) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _target_of(scope: Scope) -> str:
    path: str = scope["raw_path"].decode("latin-1")
    query: bytes = scope["query_string"]
    return f"{path}?{query.decode('latin-1')}" if query else path


def _opc_request_id_of(headers: dict[str, str]) -> str:
    given = headers.get("opc-request-id", "")
    return given if _OPC_REQUEST_ID.fullmatch(given) else uuid.uuid4().hex.upper()


async def _read_body(receive: Receive) -> bytes | None:
    event = await receive()
    if event["type"] == "http.request" and not event.get("more_body", False):
        whole: bytes = event["body"]
        return whole
    parts: list[bytes] = []
    while event["type"] == "http.request":
        parts.append(event.get("body", b""))
        if not event.get("more_body", False):
            return b"".join(parts)
        event = await receive()
    return None


async def _send(send: Send, answer: Answer, opc_request_id: str) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(answer.body)).encode()),
        (b"opc-request-id", opc_request_id.encode("latin-1")),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
