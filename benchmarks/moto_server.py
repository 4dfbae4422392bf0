"""moto's server in a virtual environment of its own, made when it is missing; SageMaker models to create and read."""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_REQUIREMENTS = Path(__file__).with_name("requirements-moto.txt")
_FOLDER = Path(__file__).parents[1] / ".paddock" / "peers" / "moto"
_START_TIMEOUT_S = 60.0
_POLL_S = 0.05
_ROLE = "arn:aws:iam::123456789012:role/bench"


@dataclass(frozen=True)
class Moto:
    """A server that answers. Its requests carry an Authorization header of AWS's form, which it does not verify."""

    endpoint: str
    pid: int

    def reads(self, count: int) -> list[bytes]:
        """DescribeModel of so many models, made here."""
        names = [f"read-{time.time_ns()}-{number}" for number in range(count)]
        for name in names:
            self._send(self._request("CreateModel", _model(name)))
        return [self._request("DescribeModel", {"ModelName": name}) for name in names]

    def creates(self, count: int) -> list[bytes]:
        """CreateModel of so many names that are new."""
        first = time.time_ns()
        return [self._request("CreateModel", _model(f"create-{first}-{number}")) for number in range(count)]

    def _request(self, action: str, body: dict[str, object]) -> bytes:
        content = json.dumps(body).encode()
        head = (
            f"POST / HTTP/1.1\r\nhost: {self.endpoint.removeprefix('http://')}\r\ncontent-length: {len(content)}\r\n"
            f"content-type: application/x-amz-json-1.1\r\nx-amz-target: SageMaker.{action}\r\n"
            "x-amz-date: 20260101T000000Z\r\nauthorization: AWS4-HMAC-SHA256 "
            "Credential=bench/20260101/us-east-1/sagemaker/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n"
        )
        return head.encode() + content

    def _send(self, request: bytes) -> None:
        host, _, port = self.endpoint.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=_START_TIMEOUT_S) as connection:
            connection.sendall(request)
            answer = connection.recv(65536)
        if b" 200 " not in answer.split(b"\r\n", 1)[0]:
            raise RuntimeError(f"moto refused: {answer[:500]!r}")


def _model(name: str) -> dict[str, object]:
    return {"ModelName": name, "ExecutionRoleArn": _ROLE, "PrimaryContainer": {"Image": "bench"}}


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Moto]:
    """The server, on a free port, ended afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "moto.log").open("wb") as log:
        process = subprocess.Popen(
            [str(_installed()), "-H", "127.0.0.1", "-p", str(port)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        _wait(port)
        yield Moto(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait()


def _wait(port: int) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_START_TIMEOUT_S)
        try:
            connection.request("GET", "/moto-api/data.json")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except ConnectionError:
            time.sleep(_POLL_S)
        finally:
            connection.close()
    raise RuntimeError("moto's server did not answer in time")


def _installed() -> Path:
    """The environment's `moto_server`; nothing half-made is left where the installer fails."""
    command, installed = _FOLDER / "bin" / "moto_server", _FOLDER / _REQUIREMENTS.name
    wanted = _REQUIREMENTS.read_text(encoding="utf-8")
    if installed.is_file() and installed.read_text(encoding="utf-8") == wanted:
        return command
    shutil.rmtree(_FOLDER, ignore_errors=True)
    _FOLDER.parent.mkdir(parents=True, exist_ok=True)
    _run(sys.executable, "-m", "venv", str(_FOLDER))
    _run(str(_FOLDER / "bin" / "python"), "-m", "pip", "install", "--quiet", "--requirement", str(_REQUIREMENTS))
    installed.write_text(wanted, encoding="utf-8")  # last: an environment without it is made again
    return command


def _run(*words: str) -> None:
    result = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(words)} ended with {result.returncode}\n{result.stdout}\n{result.stderr}")
