"""Frames on the socket pair between the supervisor and a worker.

A frame is a 13-byte head (payload length u32, kind u8, request number u64, network order) and its payload:

PREDICT  →  content type u8, body              ANSWER      ←  status u16, body of the answer
LOG      ←  text, UTF-8, one line              READY       ←  empty
                                               LOAD_FAILED ←  JSON {"message", "traceback"}

The supervisor closes its end to let a worker go; a worker's death shows as the end of the stream.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple

HEAD = struct.Struct("!IBQ")
STATUS = struct.Struct("!H")
PAYLOAD_LIMIT_BYTES = 1 << 30  # more than any answer; a longer length means that the stream is not ours


class Kind(IntEnum):
    """What a frame is."""

    PREDICT = 1
    ANSWER = 2
    LOG = 3
    READY = 4
    LOAD_FAILED = 5


class BodyForm(IntEnum):
    """How a request's body is to be read."""

    JSON = 0
    OCTETS = 1


class Frame(NamedTuple):
    """One message; `number` is the request's, 0 where it belongs to none."""

    kind: Kind
    number: int
    payload: bytes


class FrameError(Exception):
    """The stream holds what no peer of ours writes."""


def encode(kind: Kind, number: int, payload: bytes) -> bytes:
    """Give the frame's bytes."""
    return HEAD.pack(len(payload), kind, number) + payload


class FrameDecoder:
    """Cuts a byte stream into frames, however it arrives."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes of the stream and give the frames that are now complete; raises FrameError."""
        buffer = self._buffer
        buffer += data
        frames: list[Frame] = []
        position = 0
        while len(buffer) - position >= HEAD.size:
            length, kind, number = HEAD.unpack_from(buffer, position)
            if length > PAYLOAD_LIMIT_BYTES:
                raise FrameError(f"A frame of {length} bytes is above the limit of {PAYLOAD_LIMIT_BYTES}")
            end = position + HEAD.size + length
            if end > len(buffer):
                break
            frames.append(Frame(_kind(kind), number, bytes(buffer[position + HEAD.size : end])))
            position = end
        del buffer[:position]
        return frames


def _kind(value: int) -> Kind:
    try:
        return Kind(value)
    except ValueError as error:
        raise FrameError(f"Expected a frame's kind, 1 to 5, found {value}") from error
