"""The HTTP edge: loopback names only, signatures, routing, bodies, retry tokens; errors become answers only here.

An ASGI application on Starlette's responses. Reads are answered from a snapshot in the event loop; writes go to the
writer's thread and are answered when they are committed.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import logging
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from local_oci import request_body, validation
from local_oci.authentication import require_loopback_host, require_signature
from local_oci.call import Answer, Call, Route
from local_oci.clock import Clock
from local_oci.conductor import Conductor
from local_oci.credentials import Credentials
from local_oci.data_folder import DataFolder, discard
from local_oci.errors import (
    InternalServerError,
    InvalidParameter,
    MethodNotAllowed,
    MissingParameter,
    OperationNotImplemented,
    ServiceError,
)
from local_oci.operations import Operation, OperationTable
from local_oci.request_body import ClientGone
from local_oci.retry import answer_once, is_known
from local_oci.routes import ROUTES
from local_oci.store import Snapshot, Transaction, connect
from local_oci.writer import Writer

T = TypeVar("T")
_LOG = logging.getLogger("local_oci")
_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,255}")
_VERSION = "0.1.0"


class Edge:
    """The application; `snapshot` is only used in the event loop's thread."""

    def __init__(
        self,
        *,
        folder: DataFolder,
        credentials: Credentials,
        table: OperationTable,
        snapshot: Snapshot,
        writer: Writer,
        conductor: Conductor,
        clock: Clock,
    ) -> None:
        self._folder = folder
        self._credentials = credentials
        self._accepted_keys = {credentials.key_id: credentials.public_key_pem}
        self._table = table
        self._snapshot = snapshot
        self._writer = writer
        self._conductor = conductor
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        asked_id = headers.get("opc-request-id", "")
        request_id = asked_id if _REQUEST_ID.fullmatch(asked_id) else secrets.token_hex(16).upper()
        try:
            answer = await self._answer(scope, headers, receive)
        except ClientGone:
            return
        except ServiceError as error:
            answer = _refusal(error)
        except Exception:  # noqa: BLE001 - whatever it is, the client gets an answer and the log the traceback
            _LOG.exception("%s %s failed (opc-request-id %s)", scope["method"], scope["path"], request_id)
            answer = _refusal(InternalServerError("The local OCI failed; its server.log has the traceback"))
        await _response(answer, request_id)(scope, receive, send)

    async def _answer(self, scope: Scope, headers: Mapping[str, str], receive: Receive) -> Answer:
        require_loopback_host(headers)
        method, raw_path = scope["method"], scope["raw_path"].decode("latin-1")
        if raw_path == "/_paddock/status" and method == "GET":
            return Answer(body={"pid": os.getpid(), "dataDir": str(self._folder.root), "version": _VERSION})
        target = raw_path + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
        verified = functools.partial(
            require_signature, method, target, headers, accepted_keys=self._accepted_keys, now=self._clock()
        )
        found = self._table.match(raw_path)
        named = found.operation(method) if found else None
        route = ROUTES.get((named[0].service, named[0].name)) if named else None
        if route and named and route.upload:
            verified(body=None)
            return await self._upload(route, route.upload, self._call(named, {}, headers, scope), receive)
        body = await request_body.read_small(receive, headers)
        verified(body=body)
        if named is None:
            raise _unknown(method, raw_path, sorted(found.methods) if found else [])
        if route is None:
            raise OperationNotImplemented(
                f"{named[0].name} ({method} {named[0].path}) is an operation of OCI that the local OCI does not emulate"
            )
        details = request_body.parse_json(body) if route.details else {}
        return await self._act(route, self._call(named, details, headers, scope), hashlib.sha256(body).hexdigest())

    def _call(
        self, named: tuple[Operation, dict[str, str]], body: dict[str, Any], headers: Mapping[str, str], scope: Scope
    ) -> Call:
        operation, path = named
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        if problems := list(operation.query_problems(query)):
            raise InvalidParameter("; ".join(problems))
        for name in operation.required:
            if name not in query:
                raise MissingParameter(f"{name}: is required by {operation.name}, found none")
        obeyed = {name: value for name, value in headers.items() if name != "if-match" or name in operation.headers}
        return Call(
            operation=operation,
            path=path,
            query=query,
            headers=obeyed,
            body=body,
            folder=self._folder,
            credentials=self._credentials,
            snapshot=self._snapshot,
            now=self._clock(),
        )

    async def _act(self, route: Route, call: Call, body_sha256: str) -> Answer:
        if route.details:
            await self._check(route, call)
        if call.operation.method in ("GET", "HEAD"):
            return route.act(call)
        if route.only_reads:
            return await asyncio.to_thread(self._apart, route.act, call)
        if route.prepare and not is_known(call):
            call = await asyncio.to_thread(self._apart, route.prepare, call)
        return await self._write(route, call, body_sha256)

    async def _check(self, route: Route, call: Call) -> None:
        """The first check imports Oracle's models, which takes a second: that, in a thread."""
        if not validation.is_warm(route.service):
            await asyncio.to_thread(validation.warm, route.service)
        if problems := validation.problems(call.body, route.service, str(route.details)):
            raise InvalidParameter("; ".join(problems))

    def _apart(self, act: Callable[[Call], T], call: Call) -> T:
        """Reading that may take long: in a thread of its own, so on a connection of its own."""
        connection = connect(self._folder.database, read_only=True)
        try:
            return act(replace(call, snapshot=Snapshot(connection)))
        finally:
            connection.close()

    async def _write(self, route: Route, call: Call, body_sha256: str) -> Answer:
        def write(transaction: Transaction) -> Answer:
            return answer_once(route, replace(call, snapshot=transaction), body_sha256)

        try:
            answer = await asyncio.wrap_future(self._writer.submit(write))
        finally:
            if call.upload is not None:
                call.upload.path.unlink(missing_ok=True)
        for request_id in answer.conduct:
            self._conductor.begin(request_id)
        for path in answer.discard:
            await asyncio.to_thread(discard, path)
        return answer

    async def _upload(self, route: Route, to_folder: Callable[[Call], Path], call: Call, receive: Receive) -> Answer:
        folder = self._folder.uploads if is_known(call) else to_folder(call)
        upload = await request_body.save_upload(receive, call.headers, folder)
        return await self._write(route, replace(call, upload=upload), upload.md5_base64)


def _unknown(method: str, path: str, methods: list[str]) -> ServiceError:
    if methods:
        return MethodNotAllowed(f"{path} takes {', '.join(methods)}, found {method}")
    return OperationNotImplemented(f"{method} {path} is no operation that the local OCI knows")


def _refusal(error: ServiceError) -> Answer:
    return Answer(body={"code": error.code, "message": error.message}, status=error.status)


def _response(answer: Answer, request_id: str) -> Response:
    headers = {"opc-request-id": request_id, **answer.headers}
    if answer.file is not None:
        del headers["content-length"]
        return FileResponse(answer.file, headers=headers)
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    content = json.dumps(answer.body, separators=(",", ":")).encode()
    return Response(content, status_code=answer.status, headers=headers, media_type="application/json")
