"""What a request brings in: JSON under a bound, or an upload that goes straight to disk."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from local_oci.call import Upload
from local_oci.errors import InvalidParameter, LengthRequired, PayloadTooLarge
from local_oci.store import Json
from local_oci.validation import without_nulls

LARGEST_JSON_BYTES = 1024 * 1024
DEEPEST_JSON = 64  # Oracle's own models go down to about ten; recursion over a document needs a bound

Receive = Callable[[], Awaitable[Any]]


class ClientGone(Exception):  # noqa: N818 - not an error of ours, nor one that anybody is told
    """The client closed the connection before its body was whole."""


async def read_small(receive: Receive, headers: Mapping[str, str], largest_bytes: int = LARGEST_JSON_BYTES) -> bytes:
    """The whole body; 413 where it is over the bound, 411 where it comes in chunks (no OCI client sends it so)."""
    if "transfer-encoding" in headers:
        raise LengthRequired("content-length: is required, found transfer-encoding")
    refusal = PayloadTooLarge(f"the body must have at most {largest_bytes} bytes")
    length = headers.get("content-length", "0")
    if length.isdigit() and int(length[:18]) > largest_bytes:
        raise refusal
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > largest_bytes:
            raise refusal
        if not message.get("more_body", False):
            return b"".join(parts)


async def save_upload(receive: Receive, headers: Mapping[str, str], folder: Path, largest_bytes: int) -> Upload:
    """The body in a new file of `folder`, on disk; nothing is left where it does not come whole."""
    length = headers.get("content-length", "")
    if not length.isdigit():
        raise LengthRequired("content-length: is required by an upload, found none")
    if int(length[:18]) > largest_bytes:
        raise PayloadTooLarge(f"the body must have at most {largest_bytes} bytes, found {length}")
    folder.mkdir(  # noqa: ASYNC240 - one call on a local disk
        parents=True, exist_ok=True, mode=0o700
    )
    path = folder / f".{secrets.token_hex(16)}"
    try:
        return await _stream(receive, path, int(length))
    except BaseException:
        path.unlink(missing_ok=True)
        raise


async def _stream(receive: Receive, path: Path, length: int) -> Upload:
    digest, sha256, size, more = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0, True
    with path.open("xb") as file:
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            block, more = message.get("body", b""), message.get("more_body", False)
            size += len(block)
            if size > length:
                break
            digest.update(block)
            sha256.update(block)
            file.write(block)
        if size != length:
            raise InvalidParameter(f"content-length: says {length} bytes, found {size}")
        file.flush()
        os.fsync(file.fileno())
    return Upload(path, size, base64.b64encode(digest.digest()).decode(), sha256.hexdigest())


def parse_json(body: bytes) -> Json:
    """The JSON object of a body, without its nulls; 400 for anything else. An empty body is an empty object."""
    if not body:
        return {}
    try:
        value = json.loads(body, parse_constant=_refuse_constant, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair can be read, but not stored
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"the body is no JSON that can be read: {str(error)[:200]}") from error
    if not isinstance(value, dict):
        raise InvalidParameter(f"the body must be a JSON object, found a {type(value).__name__}")
    if _is_deeper(value, DEEPEST_JSON):
        raise InvalidParameter(f"the body must have at most {DEEPEST_JSON} levels, found more")
    cleaned: Json = without_nulls(value)
    return cleaned


def _is_deeper(value: Json, most: int) -> bool:
    """Whether objects and lists lie in each other more than `most` times; level by level, without recursion."""
    level: list[Any] = [value]
    for _ in range(most):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is out of range")
    return number
