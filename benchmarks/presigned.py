"""HTTP requests signed beforehand, and a client that sends them over several connections as fast as answers come."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import http.client
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

import psutil
import uvloop
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from local_oci.credentials import Credentials

_TIMEOUT_S = 60.0


class Presigner:
    """Signs as Oracle's clients do (rsa-sha256 over date, target, host and the body's digest)."""

    def __init__(self, endpoint: str, known: Credentials) -> None:
        self.known = known
        self._host = endpoint.removeprefix("http://")
        key = load_pem_private_key(known.key_file.read_bytes().replace(b"OCI_API_KEY\n", b""), None)
        if not isinstance(key, RSAPrivateKey):
            raise TypeError(f"{known.key_file} is no RSA key")
        self._key = key

    def signed(self, method: str, target: str, body: Any = None) -> bytes:
        """The whole request, as it goes over the wire."""
        content = b"" if body is None else json.dumps(body).encode()
        headers = self.headers(method, target, content)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + content

    def headers(self, method: str, target: str, content: bytes) -> dict[str, str]:
        """All headers of a request, its signature among them."""
        headers = {"date": formatdate(usegmt=True), "host": self._host}
        names = ["date", "(request-target)", "host"]
        if method in ("POST", "PUT"):
            digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
            headers |= {
                "content-length": str(len(content)),
                "content-type": "application/json",
                "x-content-sha256": digest,
            }
            names += ["content-length", "content-type", "x-content-sha256"]
        covered = {**headers, "(request-target)": f"{method.lower()} {target}"}
        text = "\n".join(f"{name}: {covered[name]}" for name in names)
        signature = base64.b64encode(self._key.sign(text.encode(), PKCS1v15(), SHA256())).decode()
        headers["authorization"] = (
            f'Signature algorithm="rsa-sha256",headers="{" ".join(names)}",keyId="{self.known.key_id}",'
            f'signature="{signature}",version="1"'
        )
        return headers

    def made(self, target: str, body: Any) -> str:
        """POST; the identifier of what was made."""
        return str(json.loads(self._asked("POST", target, body)[1])["id"])

    def count(self, target: str) -> int:
        """How many entries all pages of a list have."""
        found, page = 0, ""
        while True:
            headers, content = self._asked("GET", target + page)
            found += len(json.loads(content))
            if "opc-next-page" not in headers:
                return found
            page = f"&page={headers['opc-next-page']}"

    def first(self, target: str) -> dict[str, Any]:
        """The first entry of a list."""
        return dict(json.loads(self._asked("GET", target)[1])[0])

    def times(self, target: str, count: int) -> list[float]:
        """Seconds of so many GETs, one after the other over one connection."""
        connection = http.client.HTTPConnection(self._host, timeout=_TIMEOUT_S)
        headers, times_s = self.headers("GET", target, b""), []
        for _ in range(count):
            began_s = time.perf_counter()
            connection.request("GET", target, headers=headers)
            answer = connection.getresponse()
            answer.read()
            times_s.append(time.perf_counter() - began_s)
            if answer.status != http.HTTPStatus.OK:
                raise RuntimeError(f"{target}: {answer.status}")
        connection.close()
        return times_s

    def _asked(self, method: str, target: str, body: Any = None) -> tuple[dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self._host, timeout=_TIMEOUT_S)
        content = b"" if body is None else json.dumps(body).encode()
        connection.request(method, target, content, self.headers(method, target, content))
        answer = connection.getresponse()
        came = answer.read()
        connection.close()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{method} {target}: {answer.status} {came!r}")
        return {name.lower(): value for name, value in answer.getheaders()}, came


@dataclass(frozen=True)
class Load:
    """Where a load goes: the server's address and process, how many connections at once, for how long."""

    endpoint: str
    pid: int
    connections: int
    duration_s: float


@dataclass(frozen=True)
class Answered:
    """How fast a load was answered, and what an answer cost the server: CPU time is the same on a busy machine."""

    per_s: float
    cpu_ms: float


def answered(load: Load, requests: list[bytes], *, is_cycled: bool = True) -> Answered:
    """Send them; RuntimeError where an answer is no 2xx. `is_cycled=False`: each is sent once at most."""
    server = psutil.Process(load.pid)
    before_s = _cpu_s(server)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        count, took_s = runner.run(_answers(load, itertools.cycle(requests) if is_cycled else iter(requests)))
    return Answered(count / took_s, 1000 * (_cpu_s(server) - before_s) / count)


def _cpu_s(server: psutil.Process) -> float:
    used = server.cpu_times()
    return float(used.user + used.system)


async def _answers(load: Load, source: Iterator[bytes]) -> tuple[int, float]:
    began_s = time.perf_counter()
    users = [_user(load.endpoint, source, began_s + load.duration_s) for _ in range(load.connections)]
    answers = sum(await asyncio.gather(*users))
    return answers, time.perf_counter() - began_s


async def _user(endpoint: str, source: Iterator[bytes], until_s: float) -> int:
    """How many answers one user got; connects again where the server closes after each answer."""
    host, _, port = endpoint.removeprefix("http://").partition(":")
    loop, answers, goes_on = asyncio.get_running_loop(), 0, True
    while goes_on:
        _, client = await loop.create_connection(lambda: _Client(source, until_s), host, int(port))
        goes_on = await client.is_closed_by_server
        answers += client.answers
    return answers


class _Client(asyncio.Protocol):
    """Sends one request after the other over one connection."""

    def __init__(self, source: Iterator[bytes], until_s: float) -> None:
        self._source = source
        self._until_s = until_s
        self._came = b""
        self.answers = 0
        self.is_closed_by_server: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport: Any = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        """Read an answer; ask the next when it is whole."""
        self._came += data
        head, end, body = self._came.partition(b"\r\n\r\n")
        if not end:
            return
        lower = head.lower()
        at = lower.find(b"content-length:")
        length = int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(body) < length:
            return
        if not head.startswith(b"HTTP/1.1 2"):
            self._end(RuntimeError(self._came[:500].decode("latin-1")))
            return
        self._came = b""
        self.answers += 1
        if b"connection: close" in lower:
            self._end(is_closed_by_server=True)
        else:
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        """Say so where an answer was still awaited."""
        self._end(exc or ConnectionError("the server closed the connection before it answered"))

    def _next(self) -> None:
        request = next(self._source, None) if time.perf_counter() < self._until_s else None
        if request is None:
            self._end()
        else:
            self._transport.write(request)

    def _end(self, error: Exception | None = None, *, is_closed_by_server: bool = False) -> None:
        if self.is_closed_by_server.done():
            return
        self._transport.close()
        if error is None:
            self.is_closed_by_server.set_result(is_closed_by_server)
        else:
            self.is_closed_by_server.set_exception(error)
