"""One operation of the engine on one resource: what every step of it needs at hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from oci_provider.errors import CancelledError, TimedOutError
from oci_provider.intents import Intents
from oci_provider.rest import Answer, Rest

_SHORTEST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 1.0


@dataclass
class Operation:
    """`inputs`: what the program declares; `report` shows a line beside the resource while the operation runs.

    `begun_by` is the answer to a creation's first request. `deadline_s` is a moment of
    `time.monotonic()`. `resource_id` is empty until a creation has one.
    """

    urn: str
    rest: Rest
    intents: Intents
    cancelled: threading.Event
    timeout_s: float
    inputs: dict[str, Any] = field(default_factory=dict)
    resource_id: str = ""
    begun_by: Answer | None = None
    report: Callable[[str], None] = lambda _line: None
    warn: Callable[[str], None] = lambda _line: None
    deadline_s: float = field(init=False)

    def __post_init__(self) -> None:
        self.deadline_s = time.monotonic() + self.timeout_s

    def pauses(self, what: str) -> Pauses:
        """Return the pauses between two looks at something that takes its time; `what` is told if it takes too long."""
        return Pauses(self, what)


class Pauses:
    """Waits that grow from 50 ms to 1 s and end with the operation's deadline or the engine's cancellation."""

    def __init__(self, operation: Operation, what: str) -> None:
        self._operation = operation
        self._what = what
        self._pause_s = _SHORTEST_PAUSE_S

    def take(self) -> None:
        """Wait once; raises CancelledError or TimedOutError."""
        operation = self._operation
        left_s = operation.deadline_s - time.monotonic()
        if left_s <= 0:
            raise TimedOutError(
                f"{self._what}: not done within {operation.timeout_s:g} s; it goes on in the service. "
                "Give it longer with the option customTimeouts, or run the same command again to go on waiting"
            )
        if operation.cancelled.wait(min(self._pause_s, left_s)):
            raise CancelledError(
                f"{self._what}: cancelled while waiting; it goes on in the service. Run the same command again to go on"
            )
        self._pause_s = min(self._pause_s * 1.5, _LONGEST_PAUSE_S)
