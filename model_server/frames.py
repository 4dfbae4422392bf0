"""Frames on the socket pair between the supervisor and a worker.

A frame is a 9-byte head (payload length u32, kind u8, number u32, network order) and its payload:

PREDICT      →  a batch, see `encode_batch`; `number` is the batch's
STREAM       →  one body, no form before it
RECALL       →  nothing: the batch `number` need not be run, if it has not been
ANSWERS      ←  a batch of statuses and bodies, one for each PREDICT in their order; empty where it was recalled
CHUNK        ←  a piece of a stream's body; `number` is the request's
STREAM_END   ←  status u16, body (an error's; empty where all was well)
LOG          ←  text, UTF-8, one line; `number` is the request's, 0 of none
READY        ←  JSON of what the supervisor must know of the artifact
LOAD_FAILED  ←  JSON {"message", "traceback"}

The supervisor closes its end to let a worker go; a worker's death shows as the end of the stream.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

HEAD = struct.Struct("!IBI")
STATUS = struct.Struct("!H")
PAYLOAD_LIMIT_BYTES = 1 << 30  # more than any answer; a longer length means that the stream is not ours
_COUNT = struct.Struct("!I")
_MEMBER = struct.Struct("!IHII")  # the request's number, a BodyForm or an HTTP status, the body's length, the claim's


class Kind(IntEnum):
    """What a frame is."""

    PREDICT = 1
    ANSWERS = 2
    LOG = 3
    READY = 4
    LOAD_FAILED = 5
    STREAM = 6
    CHUNK = 7
    STREAM_END = 8
    RECALL = 9


class BodyForm(IntEnum):
    """How a request's body is to be read."""

    JSON = 0
    OCTETS = 1


class Frame(NamedTuple):
    """One message; `number` is the request's or the batch's, 0 where it belongs to none."""

    kind: Kind
    number: int
    payload: bytes


class Member(NamedTuple):
    """One request of a batch (`word` is its BodyForm), or one answer (`word` is its HTTP status).

    `claim`: what a signed request claims, as `signature.Claim.to_bytes` wrote it; empty: there is nothing to verify.
    """

    number: int
    word: int
    body: bytes
    claim: bytes = b""


class FrameError(Exception):
    """The stream holds what no peer of ours writes."""


def encode(kind: Kind, number: int, payload: bytes) -> bytes:
    """Give the frame's bytes."""
    return HEAD.pack(len(payload), kind, number) + payload


def encode_batch(kind: Kind, members: Iterable[Member], batch_number: int = 0) -> list[bytes]:
    """Give a PREDICT's or an ANSWERS' bytes in pieces: a head with all lengths, then bodies and claims as they are."""
    heads, bodies, size_bytes = [b"", b""], [], _COUNT.size
    for number, word, body, claim in members:
        heads.append(_MEMBER.pack(number, word, len(body), len(claim)))
        bodies.append(body)
        if claim:
            bodies.append(claim)
        size_bytes += _MEMBER.size + len(body) + len(claim)
    heads[0] = HEAD.pack(size_bytes, kind, batch_number)
    heads[1] = _COUNT.pack(len(heads) - 2)
    return [b"".join(heads), *bodies]


def decode_batch(payload: bytes) -> list[Member]:
    """Read what `encode_batch` wrote after the frame's head; raises FrameError."""
    try:
        (count,) = _COUNT.unpack_from(payload)
        at = _COUNT.size + count * _MEMBER.size
        members: list[Member] = []
        for number, word, length, claim_length in _MEMBER.iter_unpack(memoryview(payload)[_COUNT.size : at]):
            end = at + length
            members.append(Member(number, word, payload[at:end], payload[end : end + claim_length]))
            at = end + claim_length
    except struct.error as error:
        raise FrameError(f"A batch of {len(payload)} bytes is cut off") from error
    if at != len(payload) or len(members) != count:
        raise FrameError(f"A batch's lengths add up to {at} bytes, found {len(payload)}")
    return members


def without_recalled(frames: list[Frame]) -> list[Frame]:
    """Give the frames without recalls; a batch that was recalled stays in its place, empty: it has no answers."""
    recalled = {frame.number for frame in frames if frame.kind is Kind.RECALL}
    if not recalled:
        return frames
    return [
        Frame(frame.kind, frame.number, _COUNT.pack(0))
        if frame.kind is Kind.PREDICT and frame.number in recalled
        else frame
        for frame in frames
        if frame.kind is not Kind.RECALL
    ]


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
            frames.append(Frame(_kind(kind), number, bytes(memoryview(buffer)[position + HEAD.size : end])))
            position = end
        del buffer[:position]
        return frames


_KINDS = {int(kind): kind for kind in Kind}


def _kind(value: int) -> Kind:
    try:
        return _KINDS[value]
    except KeyError as error:
        raise FrameError(f"Expected a frame's kind, 1 to {len(_KINDS)}, found {value}") from error
