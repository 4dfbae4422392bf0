"""One request for a prediction, from the edge through the queue and a worker to its answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from model_server.answer import Answer
from model_server.frames import BodyForm


class Request:
    """`answered` is called once. `arrived_s`: the event loop's time. `deaths`: workers that died with it.

    `lone_deaths`: those that ran nothing else; more than a few of these are no accident.

    `claim`: of a signed request, for its worker to verify before anything else (`signature.Claim.to_bytes`).
    """

    __slots__ = (
        "_answered",
        "arrived_s",
        "body",
        "claim",
        "deaths",
        "form",
        "is_done",
        "lone_deaths",
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
        claim: bytes = b"",
    ) -> None:
        self.number = 0  # given by the dispatcher
        self.claim = claim
        self.form = form
        self.body = body
        self.opc_request_id = opc_request_id
        self.arrived_s = arrived_s
        self.deaths = self.lone_deaths = 0
        self.model_latency_ms = 0.0
        self.is_done = False
        self._answered = answered

    @property
    def goes_alone(self) -> bool:
        """Tell whether it must not share a batch: it may have killed a worker."""
        return self.deaths > 0

    @property
    def may_be_tried_again(self) -> bool:
        """Tell whether another worker can begin anew."""
        return not self.is_done

    def fail(self, answer: Answer) -> None:
        """End it with an error, however far it is."""
        self.resolve(answer)

    def resolve(self, answer: Answer) -> None:
        """Give the answer, unless there is one or nobody waits any more."""
        if not self.is_done:
            self.is_done = True
            self._answered(self, answer)

    def abandon(self) -> None:
        """Nobody waits any more: what was not begun need not be."""
        self.is_done = True


class Stream(Protocol):
    """Who takes a stream's pieces: the client's connection, by way of the edge."""

    def begin(self) -> None:
        """The first piece is there: status 200."""

    def piece(self, data: bytes) -> None:
        """Some bytes."""

    def end(self, failure: Answer | None) -> None:
        """That was all; with a failure: it was not, and why."""


class StreamRequest(Request):
    """A request whose answer comes in pieces. Up to the first one it is like any other."""

    __slots__ = ("_stream", "has_begun")

    def __init__(
        self,
        form: BodyForm,
        body: bytes,
        opc_request_id: str,
        arrived_s: float,
        answered: Callable[[Request, Answer], None],
        stream: Stream,
    ) -> None:
        super().__init__(form, body, opc_request_id, arrived_s, answered)
        self._stream = stream
        self.has_begun = False

    @property
    def goes_alone(self) -> bool:
        """It always does."""
        return True

    @property
    def may_be_tried_again(self) -> bool:
        """Only before its first piece."""
        return not self.is_done and not self.has_begun

    def piece(self, data: bytes) -> None:
        """Pass a piece on."""
        if self.is_done:
            return
        if not self.has_begun:
            self.has_begun = True
            self._stream.begin()
        self._stream.piece(data)

    def end(self) -> None:
        """It is complete."""
        if not self.has_begun and not self.is_done:
            self.has_begun = True
            self._stream.begin()
        self._finish(None)

    def fail(self, answer: Answer) -> None:
        """End it with an error: an answer before the first piece, a trailer after it."""
        if self.has_begun:
            self._finish(answer)
        else:
            self.resolve(answer)

    def _finish(self, failure: Answer | None) -> None:
        if not self.is_done:
            self.is_done = True
            self._stream.end(failure)
