"""What a catalog entry really holds: its digest by its tag, and by its bytes."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artifact_builder.digest import artifact_digest
from artifact_builder.zip_file import zip_members
from infra.catalog_entry_plan import DIGEST_TAG

# Up to here an artifact is downloaded and hashed member by member; bigger ones are compared by size and MD5 where the
# approved zip is on this machine.
_HASHED_BYTES = 64 * 1024**2
# OCI gives bigger ones out through Object Storage only (OCI.md 2.1).
_LARGEST_DOWNLOAD_BYTES = 2 * 1024**3
_PIECE_BYTES = 1 << 20

BYTES = "bytes"
MD5 = "size and MD5"
SIZE = "size"
TAG = "tag only"


@dataclass(frozen=True)
class ServedArtifact:
    """``digest`` None: what is served is not what was approved and nothing says what else it is.

    ``proof``: what ``digest`` was read from. ``tag``: what the entry says of itself; ``zip_path``: the bytes, if they
    were downloaded.
    """

    digest: str | None
    tag: str | None
    proof: str
    zip_path: Path | None = None


@dataclass(frozen=True)
class ApprovedZip:
    """The approved artifact as it was built, on this machine."""

    digest: str
    zip_path: Path


def served_artifact(
    client: Any, model_id: str, here: ApprovedZip | None, folder: Path, *, hashes_all: bool = False
) -> ServedArtifact:
    """Reads the entry, and as much of its bytes as it takes.

    Raises the SDK's ServiceError and RequestException, and `zipfile.BadZipFile` where the bytes are no zip.
    """
    tag = (client.get_model(model_id).data.freeform_tags or {}).get(DIGEST_TAG)
    headers = client.head_model_artifact(model_id).headers
    size_bytes = int(headers["content-length"])
    is_big = size_bytes > _HASHED_BYTES and not hashes_all
    if size_bytes > _LARGEST_DOWNLOAD_BYTES or (is_big and here is not None):
        return _by_headers(tag, size_bytes, headers.get("content-md5"), here)
    zip_path = folder / "served.zip"
    _download(client, model_id, zip_path)
    return ServedArtifact(artifact_digest(zip_members(zip_path)), tag, BYTES, zip_path)


def _by_headers(tag: str | None, size_bytes: int, md5_base64: str | None, here: ApprovedZip | None) -> ServedArtifact:
    """Without a download: the approved zip's digest where size and MD5 are its own."""
    if here is None:
        return ServedArtifact(tag, tag, TAG)
    if size_bytes != here.zip_path.stat().st_size:
        return ServedArtifact(_other(tag, here), tag, SIZE)
    if md5_base64 is None:
        return ServedArtifact(tag, tag, f"{SIZE} and tag")
    is_same = md5_base64 == _md5_base64(here.zip_path)
    return ServedArtifact(here.digest if is_same else _other(tag, here), tag, MD5)


def _other(tag: str | None, here: ApprovedZip) -> str | None:
    """The bytes are not the approved ones: a tag that says they are does not count."""
    return None if tag == here.digest else tag


def _download(client: Any, model_id: str, target: Path) -> None:
    answer = client.get_model_artifact_content(model_id)
    with target.open("wb") as file:
        for piece in answer.data.raw.stream(_PIECE_BYTES, decode_content=False):
            file.write(piece)


def _md5_base64(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
    return base64.b64encode(digest.digest()).decode("ascii")
