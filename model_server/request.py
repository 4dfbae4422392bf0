"""One request for a prediction, from the edge through the queue and a worker to its answer."""

from __future__ import annotations

from collections.abc import Callable

from model_server.answer import Answer
from model_server.frames import BodyForm


class Request:
    """`answered` is called once. `deaths`: workers that died with it. `arrived_s`: the event loop's time."""

    __slots__ = (
        "_answered",
        "arrived_s",
        "body",
        "deaths",
        "form",
        "is_done",
        "model_latency_ms",
        "number",
        "opc_request_id",
    )

    def __init__(
        self,
        form: BodyForm,
        body: bytes,
        opc_request_id: str,
        arrived_s: float,
        answered: Callable[[Request, Answer], None],
    ) -> None:
        self.number = 0  # given by the dispatcher
        self.form = form
        self.body = body
        self.opc_request_id = opc_request_id
        self.arrived_s = arrived_s
        self.deaths = 0
        self.model_latency_ms = 0.0
        self.is_done = False
        self._answered = answered

    def resolve(self, answer: Answer) -> None:
        """Give the answer, unless there is one or nobody waits any more."""
        if not self.is_done:
            self.is_done = True
            self._answered(self, answer)

    def abandon(self) -> None:
        """Nobody waits any more: what was not begun need not be."""
        self.is_done = True
