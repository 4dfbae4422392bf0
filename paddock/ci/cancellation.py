"""A pipeline that is cancelled: what runs is told once, and waited for.

CI systems send SIGINT or SIGTERM to the step's process and kill it seconds later. `paddock up` passes a SIGTERM on to
Pulumi as an interrupt, on which Pulumi finishes what it has begun, writes its state and ends; a second one would make
it drop what it has begun. So exactly one is sent, to our child only, which lives in a session of its own.
"""

from __future__ import annotations

import signal
import subprocess
from types import FrameType
from typing import Any, Self

from paddock.errors import PaddockError


class CancelledError(PaddockError):
    """The pipeline was cancelled; what had been begun was ended in an orderly way."""


class Cancellation:
    """While it lasts, SIGTERM and SIGINT end the current child, or, between two children, raise CancelledError."""

    def __init__(self) -> None:
        self.is_asked = False
        self._child: subprocess.Popen[Any] | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def watch(self, child: subprocess.Popen[Any] | None) -> None:
        """The process to tell from now on; None: there is none."""
        self._child = child
        if child is not None and self.is_asked:
            child.send_signal(signal.SIGTERM)

    def check(self) -> None:
        """Raises CancelledError where a cancellation was asked for."""
        if self.is_asked:
            raise CancelledError("cancelled. What was done is in the stack's state; the next run goes on from there.")

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        if self.is_asked:
            return
        self.is_asked = True
        if self._child is None:
            self.check()
        elif self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
