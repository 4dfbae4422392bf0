"""Where the local OCI is: CLIENT_HOST_OVERRIDES, the variable and form of the official provider (OCI.md 3.1)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from oci_provider.errors import ConfigurationError

VARIABLES: Final = ("TF_VAR_CLIENT_HOST_OVERRIDES", "OCI_CLIENT_HOST_OVERRIDES", "CLIENT_HOST_OVERRIDES")
MEND: Final = 'run `eval "$(paddock env)"` in this shell, or use `paddock up`'


def read(environment: Mapping[str, str], clients: Iterable[str]) -> dict[str, str]:
    """Return the address of each client, without a path; raises ConfigurationError.

    Every address in the variable must be on loopback, also those of other clients.
    """
    text = next((environment[name] for name in VARIABLES if environment.get(name)), "")
    endpoints = dict(_items(text))
    for client, endpoint in endpoints.items():
        _require_loopback(client, endpoint)
    if missing := [client for client in clients if client not in endpoints]:
        raise ConfigurationError(
            f"CLIENT_HOST_OVERRIDES names no address for {', '.join(missing)}: "
            f"this plugin speaks to the local OCI only; {MEND}"
        )
    return endpoints


def _items(text: str) -> Iterable[tuple[str, str]]:
    for item in filter(None, (part.strip() for part in text.split(";"))):
        client, equals, host = item.partition("=")
        if not equals or not client or not host or "=" in host:
            raise ConfigurationError(
                f"CLIENT_HOST_OVERRIDES: expected '<client>=<host>' between ';', found {item!r}; {MEND}"
            )
        yield client, (host if "://" in host else f"https://{host}").rstrip("/")


def _require_loopback(client: str, endpoint: str) -> None:
    parts = urlsplit(endpoint)
    if (
        parts.scheme not in ("http", "https")
        or parts.path
        or parts.query
        or parts.username
        or not _is_loopback(parts.hostname)
    ):
        raise ConfigurationError(
            f"CLIENT_HOST_OVERRIDES: {client}={endpoint} is not on loopback; this plugin speaks to the local OCI only. "
            f"For another OCI use the official plugin (`paddock env --official`); for the local one {MEND}"
        )


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
