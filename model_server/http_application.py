"""What a connection needs to know of those around it: its bounds, who answers, who owns it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from model_server.answer import Answer
from model_server.http_message import Message


@dataclass(frozen=True)
class HttpLimits:
    """Bounds of one connection. A refused body is read for a while: closing on it would reset the answer away."""

    head_bytes: int = 32 * 1024
    headers: int = 100
    pipelined: int = 16
    arrival_s: float = 60.0  # one whole request, from its first byte; also an answer that nobody reads
    keep_alive_s: float = 75.0  # longer than clients keep an idle connection, so that theirs is the first to close
    discard_s: float = 10.0
    check_interval_s: float = 1.0
    connections: int = 4096
    unread_bytes: int = 16 * 1024 * 1024  # of a stream whose client does not read


class Connection(Protocol):
    """One client's connection, as those who answer see it."""

    def respond(self, message: Message, answer: Answer) -> None:
        """Write the whole answer to the message that is being answered."""

    def begin_stream(self, message: Message, head: Answer) -> None:
        """Write the head of an answer that comes in pieces; its body is not looked at."""

    def send_piece(self, message: Message, data: bytes) -> None:
        """Write a piece."""

    def end_stream(self, message: Message, head: Answer, failure: str | None) -> None:
        """Write the end, with a failure in its trailer."""


class Application(Protocol):
    """Who answers."""

    def refuse_head(self, message: Message) -> Answer | None:
        """Refuse a request by its head alone, before its body is read."""

    def answer(self, message: Message, connection: Connection) -> None:
        """Have `connection.respond` called for this message, now or later."""

    def answered(self, message: Message, answer: Answer) -> None:
        """An answer was written; also one by which the connection itself refused."""

    def abandoned(self, message: Message) -> None:
        """The client has gone and waits for no answer to this message."""
