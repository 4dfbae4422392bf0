"""HTTP/1.1 as uvicorn speaks it, with a bound on the head of a request: llhttp itself would take one without end.

The head counts as it comes, so that neither a single endless header nor many short ones fill the memory. A body in
chunks is answered (411 by the edge) and its connection closed: its trailers would be a second head. A header that says
who asks for what may be there once: of two of them, a signature would cover one and the edge might read the other.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD_BYTES = 64 * 1024
_CUT = "paddock.cut"
_ONCE = {b"host", b"authorization", b"content-length", b"date", b"x-date", b"x-content-sha256", b"if-match"}
_REFUSAL = b"the request line and the headers must have at most %d bytes together" % LARGEST_HEAD_BYTES
_ANSWER = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%s" % (len(_REFUSAL), _REFUSAL)
)


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
    """One connection."""

    _head_bytes = 0
    _has_head = False

    def data_received(self, data: bytes) -> None:
        """Read on, unless the head that has begun is too large already."""
        if self.transport.is_closing():
            return
        if self._head_bytes > LARGEST_HEAD_BYTES:
            self._refuse()
            return
        if not self._has_head:
            self._head_bytes += len(data)
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._has_head = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begin a body, where the head is within its bound."""
        names = [name for name, _ in self.headers]
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > LARGEST_HEAD_BYTES:
            self._refuse()
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
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def _refuse(self) -> None:
        self.transport.write(_ANSWER)
        self.transport.close()
