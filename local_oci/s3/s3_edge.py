"""The edge for requests with an S3 signature: verified, routed, answered in S3's words.

ServiceError's code        S3's code
NotAuthenticated           SignatureDoesNotMatch (403)
ObjectNotFound             NoSuchKey
BucketNotFound             NoSuchBucket
NotAuthorizedOrNotFound    NoSuchUpload
BucketAlreadyExists        BucketAlreadyOwnedByYou
IfMatchFailed, IfNoneMatchFailed    PreconditionFailed
UnmatchedContentMD5        BadDigest
InvalidParameter           InvalidRequest
OperationNotImplemented    NotImplemented
InternalServerError        InternalError
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import Response
from starlette.types import Receive, Scope

from local_oci import request_body
from local_oci.authentication import require_loopback_host
from local_oci.call import Answer, Call, Upload
from local_oci.clock import Clock
from local_oci.credentials import Credentials
from local_oci.data_folder import DataFolder
from local_oci.dispatch import Dispatch
from local_oci.errors import NotAuthenticated, ServiceError
from local_oci.failure import failure
from local_oci.faults import ConnectionCut
from local_oci.file_answer import FileAnswer
from local_oci.http_protocol import Cut
from local_oci.operations import OperationTable
from local_oci.request_body import ClientGone
from local_oci.resources.identity import customer_secret_key
from local_oci.s3 import chunks, documents, operations, signature
from local_oci.s3.signature import Signed

_CODES = {
    "NotAuthenticated": "SignatureDoesNotMatch",
    "ObjectNotFound": "NoSuchKey",
    "BucketNotFound": "NoSuchBucket",
    "NotAuthorizedOrNotFound": "NoSuchUpload",
    "BucketAlreadyExists": "BucketAlreadyOwnedByYou",
    "IfMatchFailed": "PreconditionFailed",
    "IfNoneMatchFailed": "PreconditionFailed",
    "UnmatchedContentMD5": "BadDigest",
    "InvalidParameter": "InvalidRequest",
    "InternalServerError": "InternalError",
}


def is_asked(headers: Mapping[str, str]) -> bool:
    """Whether a request comes in S3's form."""
    return headers.get("authorization", "").startswith(signature.ALGORITHM)


class S3Edge:
    """Answers S3's requests out of the same store."""

    def __init__(
        self, folder: DataFolder, credentials: Credentials, table: OperationTable, dispatch: Dispatch, clock: Clock
    ) -> None:
        self._folder = folder
        self._credentials = credentials
        self._table = table
        self._dispatch = dispatch
        self._clock = clock

    async def answer(self, scope: Scope, headers: dict[str, str], receive: Receive, request_id: str) -> Response:
        """The answer to one request; never raises."""
        try:
            answer = await self._answer(scope, headers, receive)
        except ConnectionCut:
            return Cut()
        except ClientGone:
            return Response(status_code=400)
        except ServiceError as error:
            return _refusal(error, request_id)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer and the log the traceback
            what = f"{scope['method']} {scope['path']} (S3, x-amz-request-id {request_id})"
            return _refusal(failure(error, what), request_id)
        return _response(answer, request_id)

    async def _answer(self, scope: Scope, headers: dict[str, str], receive: Receive) -> Answer:
        require_loopback_host(headers)
        method, raw_path = scope["method"], scope["raw_path"].decode("latin-1")
        query_string = scope["query_string"].decode("latin-1")
        signed = signature.verify(method, raw_path, query_string, headers, self._secret_of, self._clock())
        query = dict(parse_qsl(query_string, keep_blank_values=True))
        route, path = operations.chosen(method, raw_path, query, headers)
        call = self._call(route.operation, path, query, headers)
        if route.upload:
            return await self._dispatch.upload(route, route.upload, call, receive, lambda came: _accept(came, signed))
        body = await request_body.read_small(receive, headers)
        digest = hashlib.sha256(body).hexdigest()
        if signed.payload not in (digest, signature.UNSIGNED):
            raise NotAuthenticated("x-amz-content-sha256: is not the digest of the body that came")
        call.body["xml"] = body
        return await self._dispatch.act(route, call, digest)

    def _secret_of(self, access_key: str) -> str | None:
        if access_key == self._credentials.s3_access_key:
            return self._credentials.s3_secret_key
        return customer_secret_key.secret_of(self._dispatch.snapshot, access_key)

    def _call(self, operation: str, path: Mapping[str, str], query: Mapping[str, str], headers: dict[str, str]) -> Call:
        return Call(
            operation=self._table.named("object_storage", operation),
            path=path,
            query=query,
            headers=headers,
            body={},
            folder=self._folder,
            credentials=self._credentials,
            snapshot=self._dispatch.snapshot,
            now=self._clock(),
        )


async def _accept(came: Upload, signed: Signed) -> Upload:
    if signed.payload.startswith(signature.STREAMING):
        return await asyncio.to_thread(chunks.decoded, came, signed)
    if signed.payload not in (came.sha256_hex, signature.UNSIGNED):
        raise NotAuthenticated("x-amz-content-sha256: is not the digest of the body that came")
    return came


def _refusal(error: ServiceError, request_id: str) -> Response:
    code = _CODES.get(error.code, error.code)
    nodes: list[documents.Node] = [("Code", code), ("Message", error.message), ("RequestId", request_id)]
    status = 403 if isinstance(error, NotAuthenticated) else error.status
    return _response(Answer(status=status, body=documents.written("Error", nodes)), request_id)


def _response(answer: Answer, request_id: str) -> Response:
    headers: dict[str, Any] = {"x-amz-request-id": request_id, **answer.headers}
    if answer.file is not None:
        del headers["content-length"]
        return FileAnswer(answer.file, headers=headers)
    return Response(answer.body, status_code=answer.status, headers=headers, media_type="application/xml")
