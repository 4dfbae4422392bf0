"""Requests that begin and do not go on, and what is no HTTP: on a server of our protocol with little patience."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from local_oci_cloud import wait_until
from starlette.types import Receive, Scope, Send

from local_oci.http_protocol import BoundedProtocol

PATIENCE_S = 0.4


class Impatient(BoundedProtocol):
    head_s = PATIENCE_S
    body_s = PATIENCE_S


async def reads_all(_: Scope, receive: Receive, send: Send) -> None:
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = str(size).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(reads_all, http=Impatient, lifespan="off", log_config=None, ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        wait_until(lambda: server.started, timeout_s=10, what="the server")
        yield listener.getsockname()
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def connection(address: tuple[str, int]) -> Iterator[socket.socket]:
    with socket.create_connection(address, timeout=10) as connected:
        yield connected


def everything(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    came = b""
    try:
        while block := connection.recv(65536):
            came += block
    except ConnectionResetError:
        return came
    return came


def refusal(came: bytes) -> tuple[int, str]:
    head, _, body = came.partition(b"\r\n\r\n")
    assert b"opc-request-id: " in head
    return int(head.split()[1]), json.loads(body)["code"]


def test_a_head_that_does_not_end_is_refused_in_time_also_when_it_trickles(connection: socket.socket) -> None:
    began_s = time.monotonic()
    stopped = threading.Event()

    def trickle() -> None:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n")
        while not stopped.wait(PATIENCE_S / 4):
            try:
                connection.sendall(b"x-a: b\r\n")
            except OSError:
                return

    thread = threading.Thread(target=trickle)
    thread.start()
    came = everything(connection)
    stopped.set()
    thread.join()

    assert refusal(came) == (408, "RequestTimeout")
    assert time.monotonic() - began_s < 10 * PATIENCE_S


def test_a_connection_that_says_nothing_is_closed(connection: socket.socket) -> None:
    assert everything(connection) == b""


def test_a_body_that_stops_coming_is_cut(connection: socket.socket) -> None:
    connection.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nxx")

    assert everything(connection) == b""


def test_a_slow_body_that_goes_on_is_read_to_its_end(connection: socket.socket) -> None:
    blocks = 8
    connection.sendall(b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % blocks)
    pause = threading.Event()
    for _ in range(blocks):
        pause.wait(PATIENCE_S / 3)
        connection.sendall(b"x")

    assert everything(connection).endswith(b"\r\n\r\n%d" % blocks)


def test_the_next_request_of_a_connection_has_its_own_time(connection: socket.socket) -> None:
    connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    first = connection.recv(65536)
    connection.sendall(b"GET / HTTP/1.1\r\nhost: ")

    came = everything(connection)

    assert first.startswith(b"HTTP/1.1 200")
    assert refusal(came) == (408, "RequestTimeout")


def test_what_is_no_http_is_refused_in_ocis_form(connection: socket.socket) -> None:
    connection.sendall(b"\x00\xff\r\n\r\n")

    assert refusal(everything(connection)) == (400, "CannotParseRequest")
