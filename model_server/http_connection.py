"""One HTTP/1.1 connection: httptools cuts the requests out of the stream, the application answers them in their order.

Whatever is wrong with what arrives is answered in Oracle's error form and the connection closed: what is no HTTP, heads
that are too large, requests that arrive too slowly or end too early. A client that has only shut down its sending half
still gets its answer.
"""

from __future__ import annotations

import asyncio
import random
import re
import sys
import time
import traceback
from collections import deque
from functools import lru_cache
from typing import Protocol, cast

import httptools

from model_server.answer import Answer, refusal
from model_server.http_application import Application, HttpLimits
from model_server.http_message import Message, encode_head

_OPC_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,256}")


@lru_cache(maxsize=256)
def lower_name(name: bytes) -> str:
    """Give a header's name as we look it up; clients use the same few again and again."""
    return name.decode("latin-1").lower()


class Owner(Protocol):
    """Who knows all connections, and calls `expire` on each from time to time."""

    def opened(self, connection: HttpConnection) -> None:
        """There is another one."""

    def closed(self, connection: HttpConnection) -> None:
        """It is gone."""


class HttpConnection(asyncio.Protocol):
    """asyncio calls it, and the parser its on_… methods."""

    def __init__(self, application: Application, owner: Owner, limits: HttpLimits) -> None:
        self._application = application
        self._owner = owner
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._url = b""
        self._headers: dict[str, str] = {}
        self._head_bytes = self._header_count = 0
        self._arriving: Message | None = None  # its head is here
        self._parts: list[bytes] = []
        self._current: Message | None = None  # it is being answered
        self._next: deque[tuple[Message, Answer | None]] = deque()  # with an answer: it was refused here
        self._is_last = False  # no further request is taken
        self._is_finishing = False  # the next one is the last
        self._is_cut_off = False  # by a refusal: what still arrives is not read
        self._is_half_closed = False
        self._unparsed_bytes = 0  # of a body that the parser leaves to us
        self._until_s = self._loop.time() + limits.arrival_s  # of what is waited for: bytes, or a reader

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for a request."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class is not a subclass
        self._owner.opened(self)

    def data_received(self, data: bytes) -> None:
        """Parse; the parser calls the on_… methods."""
        if self._is_last:
            return
        if self._unparsed_bytes:
            self._take_unparsed(data)
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            if self._unparsed_bytes:
                self._take_unparsed(data[offer.args[0] :])
        except httptools.HttpParserError as error:
            if not self._is_last:  # else it is ours: the head was refused while it was parsed
                self._refuse(refusal(400, f"The request is no HTTP/1.1: {error}"))
        if self._head_bytes and not self._is_last:
            self._head_bytes += len(data)
            if self._head_bytes > len(data) + self._limits.head_bytes:
                self._refuse_head_size()

    def eof_received(self) -> bool:
        """Answer what is there, refuse what was cut off."""
        self._is_half_closed = True
        if self._is_arriving() and not self._is_last:
            self._refuse(refusal(400, "The request ended before it was complete"))
        self._is_last = True
        return self._current is not None

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        del exc
        self._owner.closed(self)
        self._transport, self._is_last = None, True
        message, self._current = self._current, None
        self._next.clear()
        if message is not None:
            self._application.abandoned(message)

    def on_message_begin(self) -> None:
        """Start on another head."""
        self._url, self._headers, self._head_bytes, self._header_count = b"", {}, 1, 0
        if self._current is None:
            self._until_s = self._loop.time() + self._limits.arrival_s

    def on_url(self, url: bytes) -> None:
        """Take a piece of the target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header."""
        key, text = lower_name(name), value.decode("latin-1")
        headers = self._headers
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
        self._head_bytes += len(name) + len(value)
        self._header_count += 1

    def on_headers_complete(self) -> None:
        """Refuse by the head, or wait for the body."""
        is_too_large = self._head_bytes + len(self._url) > self._limits.head_bytes
        self._head_bytes = 0
        message = self._arriving = self._message()
        if is_too_large or self._header_count > self._limits.headers:
            self._refuse_head_size()
        elif (refused := self._application.refuse_head(message)) is not None:
            self._refuse(refused)
        elif "expect" in self._headers and self._transport is not None and self._current is None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        if not self._is_last:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        """Answer it, or let it wait for those before it.

        An offer to upgrade is answered as the HTTP/1.1 that it also is, but the parser stops at the head of it.
        """
        message = self._arriving
        if message is not None and not self._is_last and self._parser.should_upgrade():
            self._unparsed_bytes = int(message.headers.get("content-length", "0"))
            if self._unparsed_bytes:
                return
        self._complete()

    def _take_unparsed(self, data: bytes) -> None:
        self._parts.append(data[: self._unparsed_bytes])
        self._unparsed_bytes -= len(self._parts[-1])
        if not self._unparsed_bytes:
            self._complete()

    def _complete(self) -> None:
        message, self._arriving = self._arriving, None
        if self._is_last or message is None:
            return
        message.body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts = []
        must_end = self._parser.should_upgrade() or not self._parser.should_keep_alive()
        self._is_last = self._is_finishing or must_end
        self._take(message, None)

    def respond(self, message: Message, answer: Answer) -> None:
        """Write the answer to the message that is being answered; one whose client has gone is dropped."""
        if message is not self._current or self._transport is None:
            return
        is_last = (self._is_last or self._is_finishing) and not self._next
        head = encode_head(answer, message.opc_request_id, time.time(), is_last=is_last)
        self._transport.write(head if message.method == "HEAD" else head + answer.body)
        self._has_answered(message, answer, is_last=is_last)

    def begin_stream(self, message: Message, head: Answer) -> None:
        """Write the head of an answer that comes in pieces; nothing comes after it on this connection."""
        if message is self._current and self._transport is not None:
            self._is_last = True
            self._next.clear()
            self._transport.write(encode_head(head, message.opc_request_id, time.time(), is_last=True, is_chunked=True))

    def send_piece(self, message: Message, data: bytes) -> None:
        """Write a piece; a client that does not read is left."""
        if message is not self._current or self._transport is None or not data:
            return
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))
        if self._transport.get_write_buffer_size() > self._limits.unread_bytes:
            self._transport.abort()

    def end_stream(self, message: Message, head: Answer, failure: str | None) -> None:
        """Write the end, with a failure in its trailer."""
        if message is not self._current or self._transport is None:
            return
        trailer = "" if failure is None else f"StreamFailure: {failure}\r\n"
        self._transport.write(f"0\r\n{trailer}\r\n".encode("latin-1", "replace"))
        self._has_answered(message, head, is_last=True)

    def _has_answered(self, message: Message, answer: Answer, *, is_last: bool) -> None:
        self._current = None
        self._until_s = self._loop.time() + self._limits.keep_alive_s
        self._application.answered(message, answer)
        if self._next and self._transport is not None:
            self._transport.resume_reading()
            self._answer_next()
        elif is_last:
            self._end()

    def finish(self) -> None:
        """Take no further request, and close after those that have begun to arrive."""
        self._is_finishing = True
        if self._current is None and not self._is_arriving():
            self._end()

    def expire(self, now_s: float) -> None:
        """Close what has waited too long: an idle client, a slow one, one that does not read."""
        if self._transport is None or now_s < self._until_s:
            return
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        elif self._is_arriving() and not self._is_last:
            self._refuse(refusal(408, f"The request did not arrive within {self._limits.arrival_s:g} s"))
        elif self._current is None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once, whatever is lost."""
        if self._transport is not None:
            self._transport.abort()

    def _is_arriving(self) -> bool:
        return self._arriving is not None or self._head_bytes > 0

    def _message(self) -> Message:
        given = self._headers.get("opc-request-id", "")
        opc_request_id = given if given and _OPC_REQUEST_ID.fullmatch(given) else f"{random.getrandbits(128):032X}"
        method = self._parser.get_method().decode("latin-1") if self._url else ""
        return Message(method, self._url.decode("latin-1"), self._headers, time.time(), opc_request_id)

    def _refuse(self, answer: Answer) -> None:
        """Answer what is arriving and read no more."""
        message = self._arriving or self._message()
        self._arriving, self._parts, self._head_bytes = None, [], 0
        self._is_last = self._is_cut_off = True
        self._take(message, answer)

    def _refuse_head_size(self) -> None:
        limits = self._limits
        words = f"The request's head must have at most {limits.headers} headers and {limits.head_bytes} bytes"
        self._refuse(refusal(431, words))

    def _take(self, message: Message, refused: Answer | None) -> None:
        self._next.append((message, refused))
        if self._current is None:
            self._answer_next()
        elif len(self._next) >= self._limits.pipelined and self._transport is not None:
            self._transport.pause_reading()

    def _answer_next(self) -> None:
        self._current, refused = self._next.popleft()
        if refused is not None:
            self.respond(self._current, refused)
            return
        message = self._current
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
