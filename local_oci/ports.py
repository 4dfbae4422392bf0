"""Ports for deployments: below the kernel's ephemeral range, where no outgoing connection takes one."""

from __future__ import annotations

import secrets
import socket

from local_oci.errors import LimitExceeded

_FIRST, _LAST = 20_000, 29_999
_MOST_TRIES = 200


def choose(taken: set[int]) -> int:
    """A loopback port that nobody listens on and no deployment of ours owns."""
    for _ in range(_MOST_TRIES):
        port = _FIRST + secrets.randbelow(_LAST - _FIRST + 1)
        if port not in taken and is_free(port):
            return port
    raise LimitExceeded(f"no free loopback port was found from {_FIRST} to {_LAST}; end what listens there")


def is_free(port: int) -> bool:
    """Whether a listener could take the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
