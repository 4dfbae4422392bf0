"""A timer that is set again for every batch: one of the event loop's goes on for many, as each of its own costs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_NEVER = float("inf")
_NEARLY_S = 0.001  # uvloop's timers count milliseconds, and one of none is no timer


class LazyTimer:
    """Calls `passed` once when the time that was set last is over, unless it was cleared."""

    def __init__(self, loop: asyncio.AbstractEventLoop, passed: Callable[[], None]) -> None:
        self._loop = loop
        self._passed = passed
        self._at_s = _NEVER
        self._handle: asyncio.TimerHandle | None = None

    def set(self, delay_s: float) -> None:
        """Call so many seconds from now; what was set before is forgotten."""
        self._at_s = self._loop.time() + delay_s
        if self._handle is not None and self._handle.when() > self._at_s:
            self.end()
        if self._handle is None:
            self._handle = self._loop.call_at(self._at_s, self._look)

    def clear(self) -> None:
        """Do not call."""
        self._at_s = _NEVER

    def end(self) -> None:
        """Leave nothing in the event loop."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _look(self) -> None:
        self._handle = None
        if self._at_s == _NEVER:
            return
        if self._at_s - self._loop.time() < _NEARLY_S:
            self._at_s = _NEVER
            self._passed()
        else:
            self._handle = self._loop.call_at(self._at_s, self._look)
