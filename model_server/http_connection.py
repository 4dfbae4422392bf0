"""One HTTP/1.1 connection: the reader cuts the requests out of it, the application answers them in their order.

Whatever is wrong with what arrives is answered in Oracle's error form and the connection closed: what is no HTTP, heads
that are too large, requests that arrive too slowly or end too early. A client that has only shut down its sending half
still gets its answer.
"""

from __future__ import annotations

import asyncio
import sys
import time
import traceback
from collections import deque
from typing import Protocol, cast

from model_server.answer import Answer, refusal
from model_server.http_application import Application, HttpLimits
from model_server.http_message import Message, encode_head, encode_stream_head
from model_server.http_reader import RequestReader


class Owner(Protocol):
    """Who knows all connections, and calls `expire` on each from time to time."""

    def opened(self, connection: HttpConnection) -> bool:
        """There is another one; False where that is one too many."""

    def closed(self, connection: HttpConnection) -> None:
        """It is gone."""


class HttpConnection(asyncio.Protocol):
    """asyncio calls it, and so does the reader."""

    def __init__(self, application: Application, owner: Owner, limits: HttpLimits) -> None:
        self._application = application
        self._owner = owner
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._reader = RequestReader(self, limits)
        self._transport: asyncio.Transport | None = None
        self._current: Message | None = None  # it is being answered
        self._next: deque[tuple[Message, Answer | None]] = deque()  # with an answer: it was refused here
        self._is_last = False  # no further request is taken
        self._is_finishing = False  # the next one is the last
        self._is_cut_off = False  # by a refusal: what still arrives is not read
        self._is_half_closed = False
        self._until_s = self._loop.time() + limits.arrival_s  # of what is waited for: bytes, or a reader

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for a request."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class is not a subclass
        if not self._owner.opened(self):
            self.unreadable(refusal(503, "There are too many connections; try again later", retry_after_s=1))

    def data_received(self, data: bytes) -> None:
        """Have it read."""
        if not self._is_last:
            self._reader.feed(data)

    def eof_received(self) -> bool:
        """Answer what is there, refuse what was cut off."""
        self._is_half_closed = True
        if self._reader.is_arriving and not self._is_last:
            self.unreadable(refusal(400, "The request ended before it was complete"))
        self._is_last = True
        return self._current is not None or bool(self._next)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        del exc
        self._owner.closed(self)
        self._transport, self._is_last = None, True
        message, self._current = self._current, None
        self._next.clear()
        if message is not None:
            self._application.abandoned(message)

    def request_begins(self) -> None:
        """Give it its time, unless the client still waits for the answer to another."""
        if self._current is None:
            self._until_s = self._loop.time() + self._limits.arrival_s

    def head_arrived(self, message: Message) -> None:
        """Refuse by the head, or wait for the body."""
        refused = self._application.refuse_head(message)
        if refused is not None:
            self.unreadable(refused)
        elif "expect" in message.headers and not message.is_http_1_0 and self._transport is not None:
            self._meet_expectation(message.headers["expect"])

    def _meet_expectation(self, expected: str) -> None:
        if expected.strip().lower() != "100-continue":
            self.unreadable(refusal(417, f"Only Expect: 100-continue can be met, found {expected!r}"))
        elif self._current is None and self._transport is not None:  # else its client would take it for an answer
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def request_arrived(self, message: Message, *, must_end: bool) -> None:
        """Answer it, or let it wait for those before it."""
        self._is_last = self._is_finishing or must_end
        self._take(message, None)

    def unreadable(self, answer: Answer) -> None:
        """Answer what is arriving with a refusal and read no more."""
        message = self._reader.cut_off()
        self._is_last = self._is_cut_off = True
        self._take(message, answer)

    def respond(self, message: Message, answer: Answer) -> None:
        """Write the answer to the message that is being answered; one whose client has gone is dropped."""
        if message is not self._current or self._transport is None:
            return
        is_last = (self._is_last or self._is_finishing) and not self._next
        head = encode_head(answer, message, time.time(), is_last=is_last)
        self._transport.write(head if message.method == "HEAD" else head + answer.body)
        self._has_answered(message, answer, is_last=is_last)

    def begin_stream(self, message: Message, head: Answer) -> None:
        """Write the head of an answer that comes in pieces; nothing comes after it on this connection."""
        if message is self._current and self._transport is not None:
            self._is_last = True
            self._next.clear()
            self._transport.write(encode_stream_head(head, message, time.time()))

    def send_piece(self, message: Message, data: bytes) -> None:
        """Write a piece; a client that does not read is left."""
        if message is not self._current or self._transport is None or not data:
            return
        self._until_s = self._loop.time() + self._limits.arrival_s
        self._transport.write(data if message.is_http_1_0 else b"%x\r\n%b\r\n" % (len(data), data))
        if self._transport.get_write_buffer_size() > self._limits.unread_bytes:
            self._transport.abort()

    def end_stream(self, message: Message, head: Answer, failure: str | None) -> None:
        """Write the end, with a failure in its trailer."""
        if message is not self._current or self._transport is None:
            return
        trailer = "" if failure is None else f"StreamFailure: {failure}\r\n"
        if not message.is_http_1_0:
            self._transport.write(f"0\r\n{trailer}\r\n".encode("latin-1", "replace"))
        self._has_answered(message, head, is_last=True)

    def finish(self) -> None:
        """Take no further request, and close after those that have begun to arrive."""
        self._is_finishing = True
        if self._current is None and not self._next and not self._reader.is_arriving:
            self._end()

    def expire(self, now_s: float) -> None:
        """Close what has waited too long: an idle client, a slow one, one that does not read."""
        if self._transport is None or now_s < self._until_s:
            return
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        elif self._reader.is_arriving and not self._is_last:
            self.unreadable(refusal(408, f"The request did not arrive within {self._limits.arrival_s:g} s"))
        elif self._current is None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once, whatever is lost."""
        if self._transport is not None:
            self._transport.abort()

    def _has_answered(self, message: Message, answer: Answer, *, is_last: bool) -> None:
        self._current = None
        self._until_s = self._loop.time() + self._limits.keep_alive_s
        self._application.answered(message, answer)
        if self._next:
            self._loop.call_soon(self._answer_next)  # not now: a thousand pipelined requests would be as many frames
        elif is_last:
            self._end()

    def _take(self, message: Message, refused: Answer | None) -> None:
        self._next.append((message, refused))
        self._answer_next()
        if len(self._next) >= self._limits.pipelined and self._transport is not None:
            self._transport.pause_reading()

    def _answer_next(self) -> None:
        if self._current is not None or not self._next or self._transport is None:
            return
        message, refused = self._next.popleft()
        self._current = message
        if not self._next:
            self._transport.resume_reading()
        if refused is not None:
            self.respond(message, refused)
            return
        try:
            self._application.answer(message, self)
        except Exception:  # noqa: BLE001  a fault of ours is an answer too, and no hanging client
            sys.stderr.write(f"{message.method} {message.target} could not be answered:\n{traceback.format_exc()}")
            self.respond(message, refusal(500, "The model server failed; its bootstrap.log says why"))

    def _end(self) -> None:
        """Close; where the client may still be sending, later: the system would reset the connection at once."""
        self._is_last = True
        if self._transport is None:
            return
        if self._is_cut_off and not self._is_half_closed:
            self._until_s = self._loop.time() + self._limits.discard_s
        else:
            self._transport.close()
