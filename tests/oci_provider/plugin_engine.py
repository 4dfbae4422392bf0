"""The engine's side of the plugin protocol: the real plugin process, spoken to call by call."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2

from oci_provider.properties import from_struct, to_struct
from oci_provider.protocol import engine_pb2_grpc, provider_pb2, provider_pb2_grpc, status_pb2

ROOT = Path(__file__).parents[2]

UNLIMITED = [("grpc.max_receive_message_length", -1)]  # as Pulumi's engine


class Lines(engine_pb2_grpc.EngineServicer):
    """What the plugin says to the engine."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.warned: list[str] = []

    def Log(self, request: Any, _context: Any) -> Any:  # noqa: N802 - Pulumi's name
        (self.said if request.ephemeral else self.warned).append(request.message)
        return empty_pb2.Empty()


@dataclass
class Broken:
    """A creation that ended with a resource that is not what was asked for."""

    id: str
    outputs: dict[str, Any]
    reasons: list[str]


@dataclass
class Engine:
    """One plugin process. `urn` is made of token and name."""

    process: subprocess.Popen[str]
    stub: Any
    lines: Lines
    config: dict[str, Any] = field(default_factory=dict)
    live: dict[str, tuple[str, str, dict[str, Any]]] = field(default_factory=dict)

    def configure(self) -> None:
        self.stub.Configure(provider_pb2.ConfigureRequest(args=to_struct(self.config)))

    def check(
        self, token: str, name: str, news: Mapping[str, Any], old_outputs: Mapping[str, Any] | None = None
    ) -> Any:
        request = provider_pb2.CheckRequest(urn=urn(token, name), news=to_struct(news))
        if old_outputs is not None:
            request.olds.CopyFrom(to_struct(news))
            request.old_outputs.CopyFrom(to_struct(old_outputs))
        answer = self.stub.Check(request)
        assert list(answer.failures) == []
        return from_struct(answer.inputs)

    def diff(self, token: str, name: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Any:
        return self.stub.Diff(
            provider_pb2.DiffRequest(urn=urn(token, name), id=olds["id"], olds=to_struct(olds), news=to_struct(news))
        )

    def create(
        self, token: str, name: str, news: Mapping[str, Any], *, preview: bool = False, timeout_s: float = 0
    ) -> Any:
        request = provider_pb2.CreateRequest(
            urn=urn(token, name), properties=to_struct(news), preview=preview, timeout=timeout_s
        )
        made = from_struct(self.stub.Create(request).properties)
        return made if preview else self._lives(token, name, made)

    def break_create(self, token: str, name: str, news: Mapping[str, Any], **options: Any) -> Broken:
        """A creation of which the engine is to remember what there is."""
        try:
            self.create(token, name, news, **options)
        except grpc.RpcError as error:
            told = broken(error)
            self._lives(token, name, told.outputs)
            return told
        raise AssertionError("the creation went well")

    def read(
        self,
        token: str,
        resource_id: str,
        olds: Mapping[str, Any] | None = None,
        inputs: Mapping[str, Any] | None = None,
    ) -> Any:
        return self.stub.Read(
            provider_pb2.ReadRequest(
                urn=urn(token, "read"), id=resource_id, properties=to_struct(olds or {}), inputs=to_struct(inputs or {})
            )
        )

    def update(
        self, token: str, name: str, olds: Mapping[str, Any], news: Mapping[str, Any], *, preview: bool = False
    ) -> Any:
        request = provider_pb2.UpdateRequest(
            urn=urn(token, name), id=olds["id"], olds=to_struct(olds), news=to_struct(news), preview=preview
        )
        return from_struct(self.stub.Update(request).properties)

    def delete(self, token: str, name: str, olds: Mapping[str, Any]) -> None:
        self.stub.Delete(provider_pb2.DeleteRequest(urn=urn(token, name), id=olds["id"], properties=to_struct(olds)))
        self.live.pop(olds["id"], None)

    def delete_all(self) -> None:
        """Delete what was created and is still there, the newest first."""
        for token, name, made in reversed(list(self.live.values())):
            self.delete(token, name, made)

    def _lives(self, token: str, name: str, made: dict[str, Any]) -> dict[str, Any]:
        self.live[made["id"]] = (token, name, made)
        return made


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:dev::demo::{token}::{name}"


def broken(error: grpc.RpcError) -> Broken:
    trailing = dict(error.trailing_metadata())
    assert "grpc-status-details-bin" in trailing, error
    status = status_pb2.Status.FromString(trailing["grpc-status-details-bin"])
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    return Broken(detail.id, from_struct(detail.properties), list(detail.reasons))


@contextmanager
def running(environment: Mapping[str, str], work_dir: Path, *, tells_old_outputs: bool = True) -> Iterator[Engine]:
    """A plugin process and an engine that listens to it; engines before `old_outputs` do not tell them to Check."""
    lines = Lines()
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    engine_pb2_grpc.add_EngineServicer_to_server(lines, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    process = subprocess.Popen(
        [sys.executable, "-m", "oci_provider", address],
        cwd=work_dir,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        port = process.stdout.readline().strip()
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=UNLIMITED) as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            stub.Handshake(
                provider_pb2.ProviderHandshakeRequest(
                    engine_address=address, sends_old_outputs_to_check=tells_old_outputs
                )
            )
            yield Engine(process, stub, lines)
    finally:
        process.kill()
        process.communicate()
        server.stop(0).wait()
