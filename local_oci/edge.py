"""The HTTP edge: loopback names only, signatures, routing, bodies, retry tokens; errors become answers only here.

An ASGI application on Starlette's responses. Reads are answered from a snapshot in the event loop; writes are done
there too, and answered when they are committed.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import os
import random
import re
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from local_oci import data_plane, options, request_body
from local_oci.administration import Administration
from local_oci.authentication import require_digest, require_loopback_host, require_signature
from local_oci.call import Answer, Call, Upload
from local_oci.call_log import CallLog
from local_oci.clock import Clock
from local_oci.credentials import Credentials
from local_oci.data_folder import FAULTS_PATH, DataFolder
from local_oci.dispatch import Dispatch
from local_oci.errors import (
    InvalidParameter,
    MethodNotAllowed,
    MissingParameter,
    OperationNotImplemented,
    ServiceError,
)
from local_oci.failure import failure
from local_oci.faults import ConnectionCut
from local_oci.file_answer import FileAnswer
from local_oci.http_protocol import Cut
from local_oci.operations import Operation, OperationTable
from local_oci.request_body import ClientGone
from local_oci.routes import ROUTES
from local_oci.s3 import s3_edge
from local_oci.s3.s3_edge import S3Edge

T = TypeVar("T")
_JSON = json.JSONEncoder(separators=(",", ":"))
_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,255}")
_VERSION = "0.1.0"


class Edge:
    """The application."""

    def __init__(
        self,
        *,
        folder: DataFolder,
        credentials: Credentials,
        table: OperationTable,
        dispatch: Dispatch,
        clock: Clock,
        administration: Administration | None = None,
    ) -> None:
        self._administration = administration
        self._folder = folder
        self._credentials = credentials
        self._accepted_keys = {credentials.key_id: credentials.public_key_pem}
        self._table = table
        self._dispatch = dispatch
        self._s3 = S3Edge(folder, credentials, table, dispatch, clock)
        self._clock = clock
        self._call_log = CallLog(folder.calls_file)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        asked_id = headers.get("opc-request-id", "")
        request_id = asked_id if _REQUEST_ID.fullmatch(asked_id) else f"{random.getrandbits(128):032X}"
        if s3_edge.is_asked(headers):
            await (await self._s3.answer(scope, headers, receive, request_id))(scope, receive, send)
            return
        try:
            answer = await self._answer(scope, headers, receive)
        except ConnectionCut:
            await Cut()(scope, receive, send)
            return
        except ClientGone:
            return
        except ServiceError as error:
            answer = _refusal(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer and the log the traceback
            answer = _refusal(failure(error, f"{scope['method']} {scope['path']} (opc-request-id {request_id})"))
        self._note(scope, headers, answer)
        await _response(answer, request_id)(scope, receive, send)

    async def _answer(self, scope: Scope, headers: Mapping[str, str], receive: Receive) -> Answer:
        require_loopback_host(headers)
        method, raw_path = scope["method"], scope["raw_path"].decode("latin-1")
        if raw_path == "/_paddock/status" and method == "GET":
            return Answer(body={"pid": os.getpid(), "dataDir": str(self._folder.root), "version": _VERSION})
        if raw_path == FAULTS_PATH and self._administration:
            return await self._administration.answer(method, headers, receive)
        target = raw_path + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
        verified = functools.partial(
            require_signature, method, target, headers, accepted_keys=self._accepted_keys, now=self._clock()
        )
        found = self._table.match(raw_path)
        named = found.operation(method) if found else None
        route = ROUTES.get((named[0].service, named[0].name)) if named else None
        if route and named and route.upload:
            verified(body=None)
            call = self._call(named, {}, headers, scope)

            async def accept(upload: Upload) -> Upload:
                require_digest(headers, upload)
                return upload

            return await self._dispatch.upload(route, route.upload, call, receive, accept)
        if named and named[0].service == data_plane.SERVICE:
            body = await request_body.read_small(receive, headers, data_plane.LARGEST_BODY_BYTES)
            verified(body=body)
            port = data_plane.port_of(self._dispatch.snapshot, named[1]["modelDeploymentId"])
            return await asyncio.to_thread(data_plane.ask, port, target, headers, body)
        body = await request_body.read_small(receive, headers)
        verified(body=body)
        if raw_path == "/_paddock/options" and method in ("GET", "PUT"):
            return await self._options(method, body)
        if named is None:
            raise _unknown(method, raw_path, sorted(found.methods) if found else [])
        if route is None:
            raise OperationNotImplemented(
                f"{named[0].name} ({method} {named[0].path}) is an operation of OCI that the local OCI does not emulate"
            )
        details = request_body.parse_json(body) if route.details else {}
        return await self._dispatch.act(
            route, self._call(named, details, headers, scope), hashlib.sha256(body).hexdigest()
        )

    def _note(self, scope: Scope, headers: Mapping[str, str], answer: Answer) -> None:
        if not self._call_log.is_on:
            return
        found = self._table.match(scope["raw_path"].decode("latin-1"))
        named = found.operation(scope["method"]) if found else None
        client = headers.get("opc-client-info") or headers.get("user-agent", "")
        self._call_log.note(named[0] if named else None, scope["path"], answer.status, client, self._clock())

    async def _options(self, method: str, body: bytes) -> Answer:
        if method == "GET":
            return Answer(body=options.read(self._dispatch.snapshot))
        wanted = request_body.parse_json(body)
        return Answer(body=await self._dispatch.write(lambda tx: options.change(tx, wanted)))

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
            snapshot=self._dispatch.snapshot,
            now=self._clock(),
        )


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
        return FileAnswer(answer.file, headers=headers)
    if answer.body is None or isinstance(answer.body, bytes):
        return Response(answer.body, status_code=answer.status, headers=headers)
    content = _JSON.encode(answer.body).encode()
    return Response(content, status_code=answer.status, headers=headers, media_type="application/json")
