"""Making one file out of others on this disk: the parts of a multipart upload, a copy."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from local_oci.call import Upload

_BLOCK_BYTES = 1024 * 1024


def joined(sources: Sequence[Path], folder: Path) -> Upload:
    """The bytes of all sources one after the other in a new file of `folder`, on disk; nothing is left on an error."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f".{secrets.token_hex(16)}"
    digest, size = hashlib.md5(usedforsecurity=False), 0
    try:
        with path.open("xb") as target:
            for source in sources:
                with source.open("rb") as part:
                    while block := part.read(_BLOCK_BYTES):
                        digest.update(block)
                        size += len(block)
                        target.write(block)
            target.flush()
            os.fsync(target.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Upload(path, size, base64.b64encode(digest.digest()).decode())


def multipart_md5(part_md5s: Sequence[str]) -> str:
    """The MD5 of the parts' MD5s and their number, as `opc-multipart-md5` has it."""
    digest = hashlib.md5(b"".join(map(base64.b64decode, part_md5s)), usedforsecurity=False).digest()
    return f"{base64.b64encode(digest).decode()}-{len(part_md5s)}"
