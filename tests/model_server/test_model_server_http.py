"""HTTP/1.1 as hostile, sloppy and unlucky clients speak it."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from model_server.answer import Answer, refusal
from model_server.http_application import HttpLimits
from model_server.http_server import HttpServer, listen

QUICK = HttpLimits(arrival_s=0.2, keep_alive_s=0.2, discard_s=0.2, check_interval_s=0.02)
GET = b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n"
POST = b"POST /p HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\n[1]"


class Echo:
    """Answers with what it was asked; /wait when `let_go` is called; refuses the head of /no."""

    def __init__(self):
        self.waiting, self.abandoned_targets, self.answered_statuses = [], [], []
        self.asked, self.left = asyncio.Event(), asyncio.Event()

    def refuse_head(self, message):
        return refusal(413, "too much") if message.target == "/no" else None

    def answer(self, message, connection):
        if message.target == "/wait":
            self.waiting.append((message, connection))
            self.asked.set()
        elif message.target == "/stream":
            head = Answer(200, b"", content_type="text/event-stream")
            connection.begin_stream(message, head)
            connection.send_piece(message, b"a piece")
            connection.end_stream(message, head, None)
        elif message.target == "/host":
            connection.respond(message, Answer(200, json.dumps(message.headers["host"]).encode()))
        else:
            connection.respond(
                message, Answer(200, json.dumps([message.target, message.body.decode("latin-1")]).encode())
            )

    def let_go(self):
        for message, connection in self.waiting:
            connection.respond(message, Answer(200, b'"late"'))

    def answered(self, _message, answer):
        self.answered_statuses.append(answer.status)

    def abandoned(self, message):
        self.abandoned_targets.append(message.target)
        self.left.set()


class Server:
    """One server for one scenario; `connections` are all that the client opened."""

    def __init__(self, limits):
        self.echo, self.limits, self.writers = Echo(), limits, []

    async def __aenter__(self):
        self.server = HttpServer(self.echo, self.limits)
        listener = listen("127.0.0.1", 0)
        self.address = listener.getsockname()
        await self.server.start(listener)
        return self

    async def __aexit__(self, *_):
        for writer in self.writers:
            writer.close()
        await self.server.drain(1)
        assert self.server.connections == set()

    async def connect(self):
        reader, writer = await asyncio.open_connection(*self.address)
        self.writers.append(writer)
        return reader, writer


def scenario(script, limits=HttpLimits()):  # noqa: B008  frozen
    async def run():
        async with asyncio.timeout(10), Server(limits) as server:
            return await script(server)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


async def exchange(server, data, *, then_eof=False):
    """Send, and give all that comes until the server closes."""
    reader, writer = await server.connect()
    writer.write(data)
    if then_eof:
        writer.write_eof()
    return await reader.read()


def bodies_of(stream):
    """Cut a stream of answers: (status, body) each."""
    found = []
    while stream:
        head, _, rest = stream.partition(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head)[1])
        found.append((int(head.split()[1]), json.loads(rest[:length])))
        stream = rest[length:]
    return found


def codes_of(stream):
    return [(status, body["code"]) for status, body in bodies_of(stream)]


def test_pipelined_requests_are_answered_in_their_order():
    stream = scenario(lambda server: exchange(server, GET + POST + GET, then_eof=True))
    assert bodies_of(stream) == [(200, ["/a", ""]), (200, ["/p", "[1]"]), (200, ["/a", ""])]


def test_more_pipelined_requests_than_are_held_are_answered_too():
    stream = scenario(lambda server: exchange(server, POST * 3000, then_eof=True))
    assert bodies_of(stream) == [(200, ["/p", "[1]"])] * 3000


def test_one_connection_too_many_is_503():
    async def script(server):
        await server.connect()
        return await exchange(server, GET)

    limits = HttpLimits(connections=1, discard_s=0.1, check_interval_s=0.02)
    assert codes_of(scenario(script, limits)) == [(503, "ServiceUnavailable")]


def test_a_client_that_shut_down_its_sending_half_gets_its_answer():
    async def script(server):
        reader, writer = await server.connect()
        writer.write(GET.replace(b"/a", b"/wait"))
        writer.write_eof()
        await server.echo.asked.wait()
        server.echo.let_go()
        return await reader.read()

    assert bodies_of(scenario(script)) == [(200, "late")]


@pytest.mark.parametrize(
    "data",
    [b"\x16\x03\x01\x02\x00\x01", b"hello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /a HTTP/1.1\r\nbad header\r\n\r\n",
     b"POST /p HTTP/1.1\r\ncontent-length: x\r\n\r\n", b"POST /p HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
     b"POST /p HTTP/1.1\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\n[1]", b"GET /\x00 HTTP/1.1\r\n\r\n",
     b"GET /a HTTP/1.1\r\nx: a\x00b\r\n\r\n",
     b"POST /p HTTP/1.1\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n[1]"],
)  # fmt: skip
def test_what_is_no_http_is_400_in_oracles_form(data):
    assert codes_of(scenario(lambda server: exchange(server, data, then_eof=True))) == [(400, "InvalidParameter")]


def test_a_good_request_is_answered_before_the_bad_one_after_it_is_refused():
    stream = scenario(lambda server: exchange(server, GET + b"nonsense\r\n\r\n", then_eof=True))
    assert [status for status, _ in bodies_of(stream)] == [200, 400]


@pytest.mark.parametrize("cut", [1, 10, 30, len(POST) - 1])
def test_a_request_that_ends_early_is_400(cut):
    assert codes_of(scenario(lambda server: exchange(server, POST[:cut], then_eof=True))) == [(400, "InvalidParameter")]


@pytest.mark.parametrize(
    "head",
    [
        b"GET /a HTTP/1.1\r\n" + b"a: b\r\n" * 2000 + b"\r\n",
        b"GET /a HTTP/1.1\r\n" + b"".join(b"a%d: b\r\n" % number for number in range(101)) + b"\r\n",
        b"GET /a HTTP/1.1\r\na: " + b"b" * 40_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /a HTTP/1.1\r\na: " + b"b" * 2_000_000,
    ],
)
def test_an_absurd_head_is_431(head):
    assert codes_of(scenario(lambda server: exchange(server, head), QUICK)) == [(431, "RequestHeaderFieldsTooLarge")]


def test_a_head_that_trickles_is_408_when_its_time_is_over():
    assert codes_of(scenario(lambda server: exchange(server, GET[:-2]), QUICK)) == [(408, "RequestTimeout")]


def test_a_body_that_trickles_is_408_when_its_time_is_over():
    async def script(server):
        reader, writer = await server.connect()
        writer.write(POST[:-1])
        for _ in range(5):
            await asyncio.sleep(0.01)
        return await reader.read()

    assert codes_of(scenario(script, QUICK)) == [(408, "RequestTimeout")]


def test_an_idle_client_is_left_in_silence():
    assert bodies_of(scenario(lambda server: exchange(server, GET), QUICK)) == [(200, ["/a", ""])]
    assert scenario(lambda server: exchange(server, b""), QUICK) == b""


def test_a_body_that_was_refused_by_its_head_is_read_away_so_that_the_answer_arrives():
    async def script(server):
        reader, writer = await server.connect()
        writer.write(b"POST /no HTTP/1.1\r\ncontent-length: 20000000\r\n\r\n")
        for _ in range(20):
            writer.write(b"x" * 1_000_000)
            await writer.drain()
        writer.write_eof()
        return await reader.read()

    assert codes_of(scenario(script)) == [(413, "PayloadTooLarge")]


def test_an_expectation_is_met_before_the_body_is_sent_or_refused_instead():
    async def script(server, target):
        reader, writer = await server.connect()
        writer.write(b"POST %s HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n" % target)
        return await reader.readline()

    assert scenario(lambda server: script(server, b"/p")).startswith(b"HTTP/1.1 100")
    assert scenario(lambda server: script(server, b"/no")).startswith(b"HTTP/1.1 413")


def test_an_expectation_of_another_kind_is_417_and_one_of_http_1_0_is_not_looked_at():
    data = POST.replace(b"host: x", b"expect: a wonder")
    assert codes_of(scenario(lambda server: exchange(server, data, then_eof=True))) == [(417, "ExpectationFailed")]
    old = POST.replace(b"host: x", b"expect: 100-continue").replace(b"HTTP/1.1", b"HTTP/1.0")
    assert bodies_of(scenario(lambda server: exchange(server, old, then_eof=True))) == [(200, ["/p", "[1]"])]


def test_an_offer_to_upgrade_is_answered_as_http_1_1():
    data = POST.replace(b"host: x", b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMA")
    assert bodies_of(scenario(lambda server: exchange(server, data))) == [(200, ["/p", "[1]"])]


def test_a_fault_of_the_application_is_500_and_no_hanging_client(capsys):
    async def script(server):
        server.echo.answer = lambda *_: 1 / 0
        return await exchange(server, GET, then_eof=True)

    assert codes_of(scenario(script)) == [(500, "InternalServerError")]
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_http_1_0_and_connection_close_end_the_connection():
    for data in (b"GET /a HTTP/1.0\r\n\r\n", GET.replace(b"host: x", b"connection: close")):
        assert b"connection: close\r\n" in scenario(lambda server, data=data: exchange(server, data))


def test_a_client_of_http_1_0_is_told_that_the_connection_stays():
    data = b"GET /a HTTP/1.0\r\nconnection: keep-alive\r\n\r\n"
    stream = scenario(lambda server: exchange(server, data * 2, then_eof=True))
    assert stream.count(b"connection: keep-alive\r\n") == 2
    assert bodies_of(stream) == [(200, ["/a", ""])] * 2


def test_a_stream_is_chunked_and_for_http_1_0_plain():
    data = b"GET /stream HTTP/1.%d\r\nhost: x\r\n\r\n"
    head, _, body = scenario(lambda server: exchange(server, data % 1)).partition(b"\r\n\r\n")
    assert b"transfer-encoding: chunked" in head
    assert body == b"7\r\na piece\r\n0\r\n\r\n"
    head, _, body = scenario(lambda server: exchange(server, data % 0)).partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head
    assert body == b"a piece"


@pytest.mark.parametrize(
    ("target", "path"),
    [(b"http://h:1/a?b=http://c", "/a?b=http://c"), (b"HTTPS://h:1", "/"), (b"/http://h", "/http://h")],
)
def test_an_absolute_url_is_its_path(target, path):
    data = GET.replace(b"/a", target)
    assert bodies_of(scenario(lambda server: exchange(server, data, then_eof=True))) == [(200, [path, ""])]


def test_the_host_of_an_absolute_url_counts_more_than_the_header():
    data = GET.replace(b"/a", b"http://elsewhere:80/host")
    assert bodies_of(scenario(lambda server: exchange(server, data, then_eof=True))) == [(200, "elsewhere:80")]


def test_an_answer_to_head_has_no_body():
    found = scenario(lambda server: exchange(server, GET.replace(b"GET", b"HEAD"), then_eof=True))
    assert found.endswith(b"\r\n\r\n")
    assert b"content-length: 10\r\n" in found


def test_a_client_that_leaves_is_made_known_and_its_answer_dropped():
    async def script(server):
        _, writer = await server.connect()
        writer.write(GET.replace(b"/a", b"/wait"))
        await server.echo.asked.wait()
        linger = struct.pack("ii", 1, 0)  # close by a reset: a mere end could be half of a connection
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()
        await server.echo.left.wait()
        server.echo.let_go()
        return server.echo

    echo = scenario(script)
    assert (echo.abandoned_targets, echo.answered_statuses) == (["/wait"], [])


def test_drain_finishes_what_was_accepted_and_closes_the_rest():
    async def script(server):
        idle_reader, _ = await server.connect()
        reader, writer = await server.connect()
        writer.write(GET.replace(b"/a", b"/wait"))
        await server.echo.asked.wait()
        draining = asyncio.create_task(server.server.drain(5))
        assert await idle_reader.read() == b""
        with pytest.raises(ConnectionRefusedError):
            await server.connect()
        server.echo.let_go()
        found = await reader.read()
        await draining
        return found

    found = scenario(script)
    assert bodies_of(found) == [(200, "late")]
    assert b"connection: close" in found


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200), cut=st.integers(0, len(POST)))
def test_any_bytes_are_answered_in_oracles_form_or_not_at_all(data, cut):
    stream = scenario(lambda server: exchange(server, POST[:cut] + data, then_eof=True))
    for status, body in bodies_of(stream):
        assert status == 200 or set(body) == {"code", "message"}
