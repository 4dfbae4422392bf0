"""HTTP/1.1 as uvicorn speaks it, with a bound on the head of a request: llhttp itself would take one without end.

The head counts as it comes, so that neither a single endless header nor many short ones fill the memory. A body in
chunks is answered (411 by the edge) and its connection closed: its trailers would be a second head. A header that says
who asks for what may be there once: of two of them, a signature would cover one and the edge might read the other.
Who begins a request and does not go on is not waited for: a head has to be whole in time, a body to come on.
"""

from __future__ import annotations

import asyncio
import json
import secrets

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD_BYTES = 64 * 1024
_CUT = "paddock.cut"
_ONCE = {b"host", b"authorization", b"content-length", b"date", b"x-date", b"x-content-sha256", b"if-match"}
_TOO_LARGE = f"the request line and the headers must have at most {LARGEST_HEAD_BYTES} bytes together"
_REFUSALS = {
    400: (b"Bad Request", "CannotParseRequest"),
    408: (b"Request Timeout", "RequestTimeout"),
    431: (b"Request Header Fields Too Large", "RequestHeaderFieldsTooLarge"),
}


class HeadRefused(Exception):  # noqa: N818 - raised through the parser, which makes an error of its own of it
    """The head is over the bound, or has a header twice that may be there once."""


class Cut(Response):
    """No answer: the connection is closed at once, as if the network had failed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Close it, and wait until it is closed."""
        scope["extensions"][_CUT]["abort"]()
        while (await receive())["type"] != "http.disconnect":
            continue


class BoundedProtocol(HttpToolsProtocol):
    """One connection. `head_s`: how long a head may take; `body_s`: how long a body may give nothing."""

    head_s = 30.0
    body_s = 60.0
    _head_bytes = 0
    _has_begun = False
    _has_head = False
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first head."""
        super().connection_made(transport)
        self._patience = self.loop.call_later(self.head_s, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless the head that has begun is too large already."""
        if self.transport.is_closing():
            return
        if self._head_bytes > LARGEST_HEAD_BYTES:
            self._refuse(431, _TOO_LARGE)
            return
        if not self._has_head:
            self._head_bytes += len(data)
        super().data_received(data)
        self._wait_for_the_rest()

    def _wait_for_the_rest(self) -> None:
        """Nothing is armed where a request came whole, as most do."""
        if self._has_head:
            self._stop_waiting()
            if self.cycle.more_body and not self.transport.is_closing():
                self._patience = self.loop.call_later(self.body_s, self._give_up)
        elif self._patience is None:
            self._patience = self.loop.call_later(self.head_s, self._give_up)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._patience = None
        if self._has_head and self.flow.read_paused:  # it is us who do not read on
            self._wait_for_the_rest()
        elif self._has_head:
            self.transport.abort()
        elif self._has_begun:
            self._refuse(408, f"the request line and the headers must be whole within {self.head_s:g} s")
        else:
            self.transport.close()

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._has_begun, self._has_head = True, False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begin a body, where the head is within its bound."""
        names = [name for name, _ in self.headers]
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > LARGEST_HEAD_BYTES:
            self._refuse(431, _TOO_LARGE)
            raise HeadRefused
        if len(set(names)) != len(names) and any(names.count(name) > 1 for name in _ONCE):
            raise HeadRefused
        self._has_head, self._head_bytes = True, 0
        self.scope["extensions"] = {_CUT: {"abort": self.transport.abort}}
        super().on_headers_complete()
        if b"transfer-encoding" in names:
            self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, once."""
        self._refuse(400, msg)

    def _refuse(self, status: int, message: str) -> None:
        if self.transport.is_closing():
            return
        reason, code = _REFUSALS[status]
        body = json.dumps({"code": code, "message": message}).encode()
        self.transport.write(
            b"HTTP/1.1 %d %s\r\nopc-request-id: %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
            b"connection: close\r\n\r\n%s" % (status, reason, secrets.token_hex(16).upper().encode(), len(body), body)
        )
        self.transport.close()
