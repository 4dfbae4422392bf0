"""Cuts the requests out of a connection's bytes: httptools parses, what it leaves open is bounded here."""

from __future__ import annotations

import random
import re
import time
from functools import lru_cache
from typing import Protocol

import httptools

from model_server.answer import Answer, refusal
from model_server.http_application import HttpLimits
from model_server.http_message import Message

_ABSOLUTE = re.compile("https?://", re.IGNORECASE)
_OPC_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,256}")


class ReaderEvents(Protocol):
    """Who is told what arrives."""

    def request_begins(self) -> None:
        """The first byte of a request is there."""

    def head_arrived(self, message: Message) -> None:
        """A head is there; `RequestReader.cut_off` here spares the body."""

    def request_arrived(self, message: Message, *, must_end: bool) -> None:
        """A request is there; `must_end`: the client wants no other one after it."""

    def unreadable(self, answer: Answer) -> None:
        """What arrives is refused."""


@lru_cache(maxsize=256)
def lower_name(name: bytes) -> str:
    """Give a header's name as we look it up; clients use the same few again and again."""
    return name.decode("latin-1").lower()


class RequestReader:
    """`feed` it. The parser calls the on_… methods."""

    def __init__(self, events: ReaderEvents, limits: HttpLimits) -> None:
        self._events = events
        self._limits = limits
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._headers: dict[str, str] = {}
        self._head_bytes = self._header_count = self._unfinished_bytes = 0
        self._message: Message | None = None  # its head is here
        self._parts: list[bytes] = []
        self._unparsed_bytes = 0  # of a body that the parser leaves to us
        self._is_cut_off = False

    @property
    def is_arriving(self) -> bool:
        """Tell whether a request has begun to arrive and is not complete."""
        return self._message is not None or self._head_bytes > 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        if self._is_cut_off:
            return
        if self._unparsed_bytes:
            self._take_unparsed(data)
            return
        was_in_head = self._head_bytes > 0
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            if self._unparsed_bytes:
                self._take_unparsed(data[offer.args[0] :])
        except httptools.HttpParserError as error:
            if not self._is_cut_off:  # else it is only that nobody reads what follows
                self._events.unreadable(refusal(400, f"The request is no HTTP/1.1: {error}"))
        if was_in_head and self._head_bytes and not self._is_cut_off:
            self._unfinished_bytes += len(data)  # the parser tells of a header only when it is whole
            if self._unfinished_bytes > self._limits.head_bytes:
                self._refuse_head_size()

    def cut_off(self) -> Message:
        """Read no more; gives what was arriving, as far as it is known."""
        message = self._message or self._message_of_head()
        self._message, self._parts, self._head_bytes = None, [], 0
        self._is_cut_off = True
        return message

    def on_message_begin(self) -> None:
        """Start on another head."""
        self._url, self._headers, self._head_bytes, self._header_count = b"", {}, 1, 0
        self._unfinished_bytes = 0
        self._events.request_begins()

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
        """Have the head looked at."""
        is_too_large = self._head_bytes + len(self._url) > self._limits.head_bytes
        self._head_bytes = 0
        self._message = self._message_of_head()
        if is_too_large or self._header_count > self._limits.headers:
            self._refuse_head_size()
        else:
            self._events.head_arrived(self._message)

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        if not self._is_cut_off:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        """Pass the request on.

        An offer to upgrade is answered as the HTTP/1.1 that it also is, but the parser stops at the head of it.
        """
        message = self._message
        if message is not None and self._parser.should_upgrade():
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
        message, self._message = self._message, None
        if self._is_cut_off or message is None:
            return
        message.body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts = []
        must_end = self._parser.should_upgrade() or not self._parser.should_keep_alive()
        self._is_cut_off = must_end
        self._events.request_arrived(message, must_end=must_end)

    def _message_of_head(self) -> Message:
        headers = self._headers
        given = headers.get("opc-request-id", "")
        opc_request_id = given if given and _OPC_REQUEST_ID.fullmatch(given) else f"{random.getrandbits(128):032X}"
        method = self._parser.get_method().decode("latin-1") if self._url else ""
        is_http_1_0 = bool(self._url) and self._parser.get_http_version() == "1.0"
        target = self._url.decode("latin-1")
        if _ABSOLUTE.match(target):  # as to a proxy; its host counts, not the header's (RFC 9112, 3.2.2)
            _, _, rest = target.partition("://")
            headers["host"], slash, path = rest.partition("/")
            target = slash + path or "/"
        return Message(method, target, headers, time.time(), opc_request_id, is_http_1_0=is_http_1_0)

    def _refuse_head_size(self) -> None:
        limits = self._limits
        words = f"The request's head must have at most {limits.headers} headers and {limits.head_bytes} bytes"
        self._events.unreadable(refusal(431, words))
