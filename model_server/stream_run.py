"""A streamed answer, made in the worker: predict(data) gives an iterator, and each of its items is sent at once.

Bytes and text are sent as they are; anything else is one event of text/event-stream, its data in JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Protocol

from model_server.answer import NOT_STREAMING, Answer
from model_server.artifact import Artifact, failed, not_json, read_body, to_json
from model_server.frames import STATUS, Kind


class Sender(Protocol):
    """The worker's end of the socket pair."""

    def send(self, kind: Kind, payload: bytes) -> None:
        """Send one frame of the request that runs."""

    def report(self, text: str) -> None:
        """Send one record for the predict log."""


class StreamRun:
    """The run of one streaming request through one artifact."""

    def __init__(self, artifact: Artifact, sender: Sender) -> None:
        self._artifact = artifact
        self._sender = sender

    def answer(self, payload: bytes) -> None:
        """Send the pieces and the end of the stream. `payload`: a BodyForm, then the body."""
        failure = self._stream(payload[0], payload[1:])
        status, body = (200, b"") if failure is None else failure[:2]
        self._sender.send(Kind.STREAM_END, STATUS.pack(status) + body)

    def _stream(self, form: int, body: bytes) -> Answer | None:
        try:
            data = read_body(form, body)
        except (ValueError, RecursionError) as error:
            return not_json(error)
        try:
            pieces = self._artifact.predict(data)
            if not isinstance(pieces, Iterator):
                return _not_streaming(pieces)
            for piece in pieces:
                self._sender.send(Kind.CHUNK, _bytes_of(piece))
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever score.py raises is its answer, not our end
            return failed(error, self._sender.report)
        return None


def _bytes_of(piece: Any) -> bytes:
    if isinstance(piece, bytes | bytearray):
        return bytes(piece)
    if isinstance(piece, str):
        return piece.encode()
    return b"data: " + to_json(piece) + b"\n\n"


def _not_streaming(found: object) -> Answer:
    message = (
        "Unexpected nonstreaming response detected from the deployed model: predict() must give an iterator, "
        f"found {type(found).__name__}"
    )
    return Answer(409, json.dumps({"code": NOT_STREAMING, "message": message}).encode())
