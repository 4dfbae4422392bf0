"""`aws-chunked` bodies: chunks with a size and, where the payload is signed, a signature each; then, perhaps, trailers.

docs: AmazonS3/latest/API/sigv4-streaming and sigv4-streaming-trailers. Trailers (checksums) are read over.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from typing import BinaryIO

from local_oci.call import Upload
from local_oci.errors import InvalidParameter, NotAuthenticated
from local_oci.s3.signature import ALGORITHM, Signed

_LONGEST_LINE_BYTES = 512
_LARGEST_CHUNK_BYTES = 64 * 1024 * 1024
_EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


def decoded(upload: Upload, signed: Signed) -> Upload:
    """The bytes inside the chunks in a new file beside; nothing is left on an error. `upload` stays."""
    path = upload.path.with_name(f".{secrets.token_hex(16)}")
    digest, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    chunks = _Chunks(signed)
    try:
        with upload.path.open("rb") as source, path.open("xb") as target:
            while block := chunks.read(source):
                digest.update(block)
                sha256.update(block)
                size += len(block)
                target.write(block)
            target.flush()
            os.fsync(target.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Upload(path, size, base64.b64encode(digest.digest()).decode(), sha256.hexdigest())


class _Chunks:
    """Reads chunk after chunk; each signature covers the one before."""

    def __init__(self, signed: Signed) -> None:
        self._signed = signed
        self._previous = signed.signature
        self._is_signed = "HMAC" in signed.payload

    def read(self, source: BinaryIO) -> bytes:
        """The next chunk's bytes; empty at the end."""
        head = _line(source)
        size_text, _, rest = head.partition(";")
        try:
            size = int(size_text, 16)
        except ValueError as error:
            raise InvalidParameter(f"aws-chunked: a chunk begins with its size in hex, found {head[:40]!r}") from error
        if not 0 <= size <= _LARGEST_CHUNK_BYTES:
            raise InvalidParameter(f"aws-chunked: a chunk must have at most {_LARGEST_CHUNK_BYTES} bytes, found {size}")
        block = source.read(size)
        if len(block) != size or (size and _line(source) != ""):
            raise InvalidParameter("aws-chunked: the body ends within a chunk")
        if self._is_signed:
            self._check(block, rest.removeprefix("chunk-signature="))
        return block

    def _check(self, block: bytes, signature: str) -> None:
        parts = [f"{ALGORITHM}-PAYLOAD", self._signed.time, self._signed.scope, self._previous, _EMPTY_SHA256]
        text = "\n".join([*parts, hashlib.sha256(block).hexdigest()])
        expected = hmac.new(self._signed.signing_key, text.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, signature):
            raise NotAuthenticated("chunk-signature: is not the one of this chunk")
        self._previous = expected


def _line(source: BinaryIO) -> str:
    line = source.readline(_LONGEST_LINE_BYTES)
    if not line.endswith(b"\r\n"):
        raise InvalidParameter("aws-chunked: a line must end with CR LF")
    return line[:-2].decode("latin-1")
