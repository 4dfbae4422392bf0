"""The HTTP edge of one deployment: what is refused, what goes to the workers, what is written down.

POST /<ocid>/predict   signed; Oracle's statuses and error body; one access record per request
POST /<ocid>/predictWithResponseStream  the same, answered in chunks
GET /<ocid>/health     200 while it serves, else 503; unsigned, as probes are
GET /metrics           Prometheus' text format; unsigned
/_paddock/…            private, see `private_endpoints`
"""

from __future__ import annotations

import asyncio
import re
import time
from functools import lru_cache, partial
from http import HTTPStatus

from model_server.answer import Answer, refusal
from model_server.errors import SignatureRefused
from model_server.frames import BodyForm
from model_server.http_application import Connection
from model_server.http_message import Message
from model_server.log_writer import LogFact
from model_server.private_endpoints import PRIVATE_PREFIX, PrivateEndpoints
from model_server.prometheus import CONTENT_TYPE, exposition
from model_server.request import Request, StreamRequest
from model_server.serving import Serving
from model_server.signature import Claim, claim_of

STREAM_ACTION = "/predictWithResponseStream"
METRICS_TARGET = "/metrics"
_OF_PREDICTIONS = frozenset({413, 429})  # refused before they were given to anyone, counted as Oracle counts them
_OCTETS = "application/octet-stream"
_LOOPBACK_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)


@lru_cache(maxsize=256)
def _form_of(content_type: str) -> BodyForm | None:
    """Say how a body of this content type is read; "", a client's that does not say, is JSON. None: it is not."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == _OCTETS:
        return BodyForm.OCTETS
    return BodyForm.JSON if kind in {"", "application/json", "text/json"} or kind.endswith("+json") else None


class ClientStream:
    """A stream on its way to the client, as Oracle sends it: chunks, and what failed meanwhile in a trailer."""

    def __init__(self, message: Message, connection: Connection) -> None:
        self._message = message
        self._connection = connection
        self._head = Answer(200, b"", content_type="text/event-stream")

    def begin(self) -> None:
        """Status 200."""
        self._connection.begin_stream(self._message, self._head)

    def piece(self, data: bytes) -> None:
        """Some bytes."""
        self._connection.send_piece(self._message, data)

    def end(self, failure: Answer | None) -> None:
        """The end; what an answer's body would say of a failure, on one line."""
        words = None if failure is None else failure.body.decode("ascii", "replace").replace("\n", " ")
        self._connection.end_stream(self._message, self._head, words)


class Edge:
    """The application behind every connection of a deployment."""

    def __init__(self, serving: Serving, private_endpoints: PrivateEndpoints) -> None:
        self._serving = serving
        self._private_endpoints = private_endpoints
        self._loop = asyncio.get_running_loop()
        self._running: dict[Message, Request] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def refuse_head(self, message: Message) -> Answer | None:
        """Refuse what needs no body: a foreign host name (a page in a browser that rebinds DNS), a wrong length."""
        headers = message.headers
        if not _LOOPBACK_HOST.fullmatch(headers.get("host", "")):
            return refusal(400, f"The Host header must name this machine's loopback, found {headers.get('host')!r}")
        length = headers.get("content-length")
        if length is None:
            if message.method in {"POST", "PUT", "PATCH"} or "transfer-encoding" in headers:
                return refusal(411, "The request must carry a content-length")
            return None
        if not (length.isascii() and length.isdigit()):
            return refusal(400, f"The content-length must be a number, found {length!r}")
        limit_bytes = self._serving.spec.body_limit_bytes
        if int(length) > limit_bytes:
            return refusal(413, f"The body must have at most {limit_bytes} bytes, found {length}")
        return None

    def answer(self, message: Message, connection: Connection) -> None:
        """Answer one request, now or when its worker has."""
        if message.target.startswith(PRIVATE_PREFIX):
            task = self._loop.create_task(self._answer_private(message, connection))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        if message.method in {"GET", "HEAD"} and (told := self._tell(message.target)) is not None:
            connection.respond(message, told)
            return
        path = message.target.partition("?")[0]
        is_stream = path.endswith(STREAM_ACTION)
        try:
            claim = self._claim_of(message)
            refused = self._refuse(message, path)
            if claim is not None and (is_stream or refused is not None):
                claim.verify(message.body)
                claim = None
        except SignatureRefused as error:
            refused = refusal(401, error.reason)
        if refused is not None:
            connection.respond(message, refused)
        else:
            self._submit(message, connection, b"" if claim is None else claim.to_bytes(), is_stream=is_stream)

    def _submit(self, message: Message, connection: Connection, claim: bytes, *, is_stream: bool) -> None:
        """Let a worker answer; where there is a claim, it is verified there, before the body is read."""
        form = _form_of(message.headers.get("content-type", "")) or BodyForm.JSON
        answered = partial(self._worker_answered, message, connection)
        now_s = self._loop.time()
        if is_stream:
            stream = ClientStream(message, connection)
            request: Request = StreamRequest(form, message.body, message.opc_request_id, now_s, answered, stream)
        else:
            request = Request(form, message.body, message.opc_request_id, now_s, answered, claim)
        self._running[message] = request
        self._serving.dispatcher.submit(request)

    def answered(self, message: Message, answer: Answer) -> None:
        """Write the access record."""
        request = self._running.pop(message, None)
        if message.target.startswith(PRIVATE_PREFIX) or message.target == METRICS_TARGET:
            return
        is_genuine = answer.status != HTTPStatus.UNAUTHORIZED
        if is_genuine and (request is not None or answer.status in _OF_PREDICTIONS):
            self._count(message, answer)
        latency_ms = 0.0 if request is None else round(request.model_latency_ms, 3)
        said = f"{message.method} {message.target}"
        self._serving.logs.add(
            LogFact("access", message.arrived_s, said, message.opc_request_id, answer.status, latency_ms)
        )

    def abandoned(self, message: Message) -> None:
        """Spare the workers a request that nobody waits for."""
        request = self._running.pop(message, None)
        if request is not None:
            request.abandon()

    def _worker_answered(self, message: Message, connection: Connection, request: Request, answer: Answer) -> None:
        del request
        connection.respond(message, answer)

    def _count(self, message: Message, answer: Answer) -> None:
        took_ms = (time.time() - message.arrived_s) * 1000
        self._serving.clock.metrics.count_request(answer.status, took_ms, len(message.body), len(answer.body))
        self._serving.bandwidth.use(len(message.body) + len(answer.body))

    def _tell(self, target: str) -> Answer | None:
        serving = self._serving
        if target == METRICS_TARGET:
            instances, waiting = len(serving.status().worker_pids), serving.dispatcher.waiting
            mbps = serving.spec.bandwidth_mbps
            metrics = serving.clock.metrics
            body = exposition(
                metrics, serving.spec.deployment_id, waiting=waiting, instances=instances, bandwidth_mbps=mbps
            )
            return Answer(200, body, content_type=CONTENT_TYPE)
        if target == f"/{serving.spec.deployment_id}/health":
            if serving.state == "READY":
                return Answer(200, b'{"status": "success"}')
            return refusal(503, f"The deployment is {serving.state}")
        return None

    async def _answer_private(self, message: Message, connection: Connection) -> None:
        answer = await self._private_endpoints.answer(message.method, message.target, message.headers, message.body)
        connection.respond(message, answer)

    def _claim_of(self, message: Message) -> Claim | None:
        spec = self._serving.spec
        if not spec.is_signature_required:
            return None
        return claim_of(message.method, message.target, message.headers, message.body, spec.accepted_keys, time.time())

    def _refuse(self, message: Message, path: str) -> Answer | None:
        deployment_id = self._serving.spec.deployment_id
        if path not in {f"/{deployment_id}/predict", f"/{deployment_id}{STREAM_ACTION}"}:
            return refusal(404, f"Authorization failed or requested resource not found: {path}")
        if message.method != "POST":
            return refusal(405, f"{message.method} is not allowed here; predict takes POST")
        kind = message.headers.get("content-type", "")
        if _form_of(kind) is None:
            return refusal(400, f"The content-type must be application/json or {_OCTETS}, found {kind!r}")
        return self._serving.bandwidth.refuse(self._loop.time())
