"""A request as HTTP/1.1 brought it, and an answer as HTTP/1.1 takes it."""

from __future__ import annotations

from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from model_server.answer import Answer


class Message:
    """One request: method, target exactly as it was sent, headers by lower-case name (repeated ones joined), body."""

    __slots__ = ("arrived_s", "body", "headers", "method", "opc_request_id", "target")

    def __init__(
        self, method: str, target: str, headers: dict[str, str], arrived_s: float, opc_request_id: str
    ) -> None:
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


def encode_head(answer: Answer, opc_request_id: str, now_s: float, *, is_last: bool, is_chunked: bool = False) -> bytes:
    """Give the bytes of an answer before its body."""
    length = (
        "transfer-encoding: chunked\r\ntrailer: StreamFailure" if is_chunked else f"content-length: {len(answer.body)}"
    )
    rest = f"{length}\r\nopc-request-id: {opc_request_id}\r\ndate: {_date(int(now_s))}\r\n"
    if answer.retry_after_s is not None:
        rest += f"retry-after: {answer.retry_after_s}\r\n"
    if is_last:
        rest += "connection: close\r\n"
    return b"".join((_status_line(answer.status, answer.content_type), rest.encode("latin-1"), b"\r\n"))
