"""Sixteen operations at a time and more, each on a connection of its own that is kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from plugin_engine import running
from pulumi_stack import Place, overrides

PROJECT = "oci:DataScience/project:Project"
AT_ONCE = 16


class Gathering(ThreadingHTTPServer):
    """Answers no creation before sixteen are there; counts connections."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.all_there = threading.Barrier(AT_ONCE)
        self.connections = 0


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Gathering

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.all_there.wait(30)
        self._tell()

    def do_GET(self) -> None:
        self._tell()

    def _tell(self) -> None:
        body = json.dumps({"id": "ocid1.datascienceproject.oc1..x", "lifecycleState": "ACTIVE"}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def gathering() -> Iterator[Gathering]:
    with Gathering() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_sixteen_creations_are_under_way_at_once(place: Place, gathering: Gathering):
    environment = {**place.environment, **overrides(f"http://127.0.0.1:{gathering.server_port}")}
    with running(environment, place.work_dir) as engine, ThreadPoolExecutor(AT_ONCE) as calls:
        engine.configure()
        names = [f"project-{number}" for number in range(AT_ONCE)]
        made = list(calls.map(lambda name: engine.create(PROJECT, name, {"compartmentId": "c"}), names))
    assert len(made) == AT_ONCE
    assert gathering.connections == AT_ONCE
