"""A request as HTTP/1.1 brought it, and an answer as HTTP/1.1 takes it."""

from __future__ import annotations

from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from model_server.answer import Answer


class Message:
    """One request: method, target, headers by lower-case name (repeated ones joined), body.

    `target` is path and query exactly as they were sent (of an absolute URL too). `is_http_1_0`: its client understands
    no chunks, and has to be told of a connection that stays open.
    """

    __slots__ = ("arrived_s", "body", "headers", "is_http_1_0", "method", "opc_request_id", "target")

    def __init__(
        self,
        method: str,
        target: str,
        headers: dict[str, str],
        arrived_s: float,
        opc_request_id: str,
        *,
        is_http_1_0: bool = False,
    ) -> None:
        self.is_http_1_0 = is_http_1_0
        self.method = method
        self.target = target
        self.headers = headers
        self.arrived_s = arrived_s
        self.opc_request_id = opc_request_id
        self.body = b""


@lru_cache(maxsize=64)
def _status_line(status: int, content_type: str) -> bytes:
    phrase = HTTPStatus(status).phrase
    return f"HTTP/1.1 {status} {phrase}\r\ncontent-type: {content_type}\r\n".encode()


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def encode_head(answer: Answer, message: Message, now_s: float, *, is_last: bool) -> bytes:
    """Give the bytes of an answer before its body."""
    return _encode(answer, message, now_s, f"content-length: {len(answer.body)}\r\n", is_last=is_last)


def encode_stream_head(answer: Answer, message: Message, now_s: float) -> bytes:
    """Give the bytes of an answer before its pieces: chunks, or, for HTTP/1.0, all that comes until the end."""
    form = "" if message.is_http_1_0 else "transfer-encoding: chunked\r\ntrailer: StreamFailure\r\n"
    return _encode(answer, message, now_s, form, is_last=True)


def _encode(answer: Answer, message: Message, now_s: float, form: str, *, is_last: bool) -> bytes:
    rest = f"{form}opc-request-id: {message.opc_request_id}\r\ndate: {_date(int(now_s))}\r\n"
    if answer.retry_after_s is not None:
        rest += f"retry-after: {answer.retry_after_s}\r\n"
    if is_last:
        rest += "connection: close\r\n"
    elif message.is_http_1_0:
        rest += "connection: keep-alive\r\n"
    return b"".join((_status_line(answer.status, answer.content_type), rest.encode("latin-1"), b"\r\n"))
