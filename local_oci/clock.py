"""Times as Oracle writes them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate

Clock = Callable[[], float]
"""Seconds since 1970, such as `time.time`."""

wall_clock: Clock = time.time


def rfc3339(seconds: float) -> str:
    """Such as `2026-11-22T22:03:15.000Z`, the form of every time in a JSON body."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_rfc3339(text: str) -> float:
    """Seconds since 1970; ValueError where `text` is no RFC 3339 time."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()


def rfc1123(seconds: float) -> str:
    """Such as `Sun, 22 Nov 2026 22:03:16 GMT`, the form of Last-Modified."""
    return formatdate(seconds, usegmt=True)
