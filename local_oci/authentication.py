"""Who may ask: requests under a loopback name, signed with the key of this data folder."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from local_oci.call import Upload
from local_oci.errors import NotAllowed, NotAuthenticated
from model_server.errors import SignatureRefused
from model_server.signature import verify

_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


def require_loopback_host(headers: Mapping[str, str]) -> None:
    """Refuse a Host that is not loopback: a page in a browser that rebinds its name to 127.0.0.1 gets nothing."""
    name, _, port = headers.get("host", "").rpartition(":")
    if not (name and port.isdigit()):
        name = headers.get("host", "")
    if name.lower() not in _LOOPBACK_NAMES:
        raise NotAllowed(f"host: must be one of {', '.join(_LOOPBACK_NAMES)}, found {name!r}")


def require_signature(
    method: str,
    target: str,
    headers: Mapping[str, str],
    *,
    body: bytes | None,
    accepted_keys: Mapping[str, str],
    now: float,
) -> str:
    """The key id that signed the request; 401 with the reason where it is not signed as it should be."""
    try:
        return verify(method, target, headers, body, accepted_keys, now)
    except SignatureRefused as error:
        raise NotAuthenticated(
            f"The required information to complete authentication was not provided or was incorrect: {error.reason}"
        ) from error


def require_digest(headers: Mapping[str, str], upload: Upload) -> None:
    """Refuse an upload whose bytes are not those of `x-content-sha256`; Oracle's clients send none with uploads."""
    stated = headers.get("x-content-sha256")
    if stated is not None and stated != base64.b64encode(bytes.fromhex(upload.sha256_hex)).decode():
        raise NotAuthenticated("x-content-sha256: is not the digest of the bytes that came")
