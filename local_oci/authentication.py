"""Who may ask: requests under a loopback name, signed with the key of this data folder."""

from __future__ import annotations

from collections.abc import Mapping

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
