"""The clients of the chaos run: well-behaved ones, of which no request may fail, and bad ones, who must be told so."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
from oci.signer import Signer

from model_server import DeploymentSpec

ANSWER_TIMEOUT_S = 30.0
RESIGN_S = 60.0  # a date may be five minutes off
LIMIT_BYTES = 10 * 1024 * 1024
DEADLY = "die"  # the body on which the models of the chaos run end their process
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Seen:
    """What the clients saw. `failures` is empty after a good run; `bad` counts the bad clients' own answers."""

    answered: int = 0
    slowest_s: float = 0.0
    failures: list[str] = field(default_factory=list)
    bad: Counter[str] = field(default_factory=Counter)


class Requests:
    """Signed requests as bytes, signed anew when they grow old. `rows_of` is what was asked in each."""

    def __init__(self, spec: DeploymentSpec, signer: Signer, bodies: Sequence[Any]) -> None:
        self.address = (spec.host, spec.port)
        self.path = f"/{spec.deployment_id}/predict"
        self.bodies = bodies
        self._signer = signer
        self._signed: list[bytes] = []
        self._until_s = 0.0

    def take(self, number: int) -> bytes:
        """Give the request of one of the bodies."""
        if time.monotonic() > self._until_s:
            self._signed = [self.signed(json.dumps(body).encode()) for body in self.bodies]
            self._until_s = time.monotonic() + RESIGN_S
        return self._signed[number]

    def signed(self, body: bytes, path: str = "", method: str = "POST") -> bytes:
        """Sign a request now."""
        url = f"http://{self.address[0]}:{self.address[1]}{path or self.path}"
        json_type = {"content-type": "application/json"}
        request = requests.Request(method, url, data=body, headers=json_type, auth=self._signer).prepare()
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        return f"{method} {request.path_url} HTTP/1.1\r\n{head}\r\n".encode() + body


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, Any]:
    """Read one answer: its status and its JSON; raises what a broken connection raises."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), ANSWER_TIMEOUT_S)
    found = _LENGTH.search(head)
    body = await asyncio.wait_for(reader.readexactly(int(found[1]) if found else 0), ANSWER_TIMEOUT_S)
    return int(head.split(b" ", 2)[1]), json.loads(body) if body else None


class GoodClient:
    """Asks again and again, in one of the ways in which clients do: `manner` is one of MANNERS."""

    MANNERS = ("keep-alive", "pipelined", "in pieces", "new connection", "half-closed", "expecting")

    def __init__(self, asked: Requests, seen: Seen, manner: str, is_right: Callable[[Any, Any], bool]) -> None:
        self._asked, self._seen, self._manner, self._is_right = asked, seen, manner, is_right
        self._random = random.Random(manner)
        self._connection: Connection | None = None

    async def run(self, until: Callable[[], bool]) -> None:
        """Go on until it is over."""
        while not until():
            numbers = [self._random.randrange(len(self._asked.bodies)) for _ in range(self._count())]
            began_s = time.perf_counter()
            try:
                await self._exchange(numbers)
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                self._seen.failures.append(f"{self._manner}: {error!r}")
                self._leave()
            self._seen.slowest_s = max(self._seen.slowest_s, time.perf_counter() - began_s)
        self._leave()

    def _count(self) -> int:
        return self._random.randint(2, 6) if self._manner == "pipelined" else 1

    async def _exchange(self, numbers: list[int]) -> None:
        if self._connection is None:
            self._connection = await asyncio.open_connection(*self._asked.address)
        reader, writer = self._connection
        await self._send(reader, writer, b"".join(self._asked.take(number) for number in numbers))
        for number in numbers:
            status, answer = await read_answer(reader)
            self._seen.answered += 1
            if status != requests.codes.ok or not self._is_right(self._asked.bodies[number], answer):
                self._seen.failures.append(f"{self._manner}: {status} {answer!r:.300}")
        if self._manner in {"new connection", "half-closed"}:
            self._leave()

    async def _send(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes) -> None:
        head, end, body = data.partition(b"\r\n\r\n")
        if self._manner == "in pieces":
            for piece in (head[:40], head[40:] + end, body[:3], body[3:]):
                writer.write(piece)
                await asyncio.sleep(0.001)
        elif self._manner == "expecting":
            writer.write(head + b"\r\nexpect: 100-continue" + end)
            await asyncio.wait_for(reader.readuntil(b"100 Continue\r\n\r\n"), ANSWER_TIMEOUT_S)
            writer.write(body)
        else:
            writer.write(data)
            if self._manner == "half-closed":
                writer.write_eof()

    def _leave(self) -> None:
        if self._connection is not None:
            self._connection[1].close()
            self._connection = None


@dataclass(frozen=True)
class BadManner:
    """What a bad client sends, and the statuses of which one must be its answer, in Oracle's form. None: no answer."""

    name: str
    data: bytes
    statuses: frozenset[int | None]
    ends_early: bool = False


def bad_manners(asked: Requests, randomness: random.Random) -> list[BadManner]:
    """Give one round of them."""
    good = asked.signed(b"[[1.0]]")
    head = f"POST {asked.path} HTTP/1.1\r\nhost: {asked.address[0]}:{asked.address[1]}\r\n".encode()
    manners = {
        "bad JSON": (asked.signed(b"[[1.0"), 400),
        "unsigned": (head + b"content-length: 2\r\n\r\n[]", 401),
        "another body than was signed": (good.replace(b"[[1.0]]", b"[[2.0]]"), 401),
        "unknown path": (asked.signed(b"[]", "/elsewhere"), 404),
        "wrong method": (asked.signed(b"[]", method="PUT"), 405),
        "no length": (head + b"transfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n", 411),
        "too large": (head + f"content-length: {LIMIT_BYTES + 1}\r\n\r\n".encode() + b" " * 100_000, 413),
        "absurd head": (head + b"a: b\r\n" * 5000 + b"\r\n", 431),
        "two lengths": (head + b"content-length: 2\r\ncontent-length: 3\r\n\r\n[]", 400),
        "a row that predict refuses": (asked.signed(b'[["x"]]'), 500),
        "deadly": (asked.signed(json.dumps([[DEADLY]]).encode()), 500),
    }
    cut, noise = randomness.randrange(1, len(good) - 1), randomness.randbytes(200)
    return [
        *(BadManner(name, data, frozenset({status})) for name, (data, status) in manners.items()),
        BadManner("cut off", good[:cut], frozenset({400}), ends_early=True),
        BadManner("noise", noise, frozenset({400, 431, None}), ends_early=True),
    ]


class BadClients:
    """They come one after the other, and some beside them that say nothing, little or leave at once."""

    def __init__(self, asked: Requests, seen: Seen, seed: int) -> None:
        self._asked, self._seen = asked, seen
        self._random = random.Random(seed)

    async def run(self, until: Callable[[], bool]) -> None:
        """Go on until it is over."""
        while not until():
            for manner in bad_manners(self._asked, self._random):
                if not until():
                    await self._ask(manner)
            for rude in (self._slow_loris, self._vanish, self._crowd):
                await self._rudely(rude)

    async def _ask(self, manner: BadManner) -> None:
        reader, writer = await asyncio.open_connection(*self._asked.address)
        writer.write(manner.data)
        if manner.ends_early:
            writer.write_eof()
        try:
            status, answer = await read_answer(reader)
        except asyncio.IncompleteReadError as end:
            status, answer = None, end.partial
        except (OSError, TimeoutError) as error:
            self._seen.failures.append(f"{manner.name}: {error!r}")
            return
        finally:
            writer.close()
        self._seen.bad[f"{manner.name}: {status}"] += 1
        is_in_form = status is None or set(answer) == {"code", "message"}
        if status not in manner.statuses or not is_in_form:
            self._seen.failures.append(f"{manner.name}: {status} {answer!r:.300}")

    async def _rudely(self, rude: Callable[[], Coroutine[Any, Any, None]]) -> None:
        with contextlib.suppress(OSError):  # what becomes of them is their own affair
            await rude()
        self._seen.bad[rude.__name__.strip("_").replace("_", " ")] += 1

    async def _slow_loris(self) -> None:
        _, writer = await asyncio.open_connection(*self._asked.address)
        for byte in self._asked.take(0)[: self._random.randrange(20)]:
            writer.write(bytes((byte,)))
            await asyncio.sleep(0.02)
        writer.close()

    async def _vanish(self) -> None:
        _, writer = await asyncio.open_connection(*self._asked.address)
        writer.write(self._asked.take(0))
        await writer.drain()
        writer.transport.abort()

    async def _crowd(self) -> None:
        opened = await asyncio.gather(*(asyncio.open_connection(*self._asked.address) for _ in range(50)))
        for _, writer in opened:
            writer.write(b"POST")
        for _, writer in opened:
            writer.close()
