"""Lines to the engine: shown beside the resource while it is worked on, or kept as diagnostics."""

from __future__ import annotations

import threading
from typing import Any

import grpc

from oci_provider.protocol import engine_pb2, engine_pb2_grpc

_PATIENCE_S = 5.0


class Engine:
    """The engine's logging service; a line that cannot be delivered is dropped, the work goes on."""

    def __init__(self) -> None:
        self._address = ""
        self._stub: Any = None
        self._lock = threading.Lock()

    def listens_at(self, address: str) -> None:
        """Remember the engine's address; it is connected to at the first line."""
        with self._lock:
            self._address = address
            self._stub = None

    def status(self, urn: str, line: str) -> None:
        """Show a line beside the resource until the next one comes."""
        self._log(engine_pb2.INFO, urn, line, ephemeral=True)

    def warning(self, urn: str, line: str) -> None:
        """Say something that the user must see."""
        self._log(engine_pb2.WARNING, urn, line, ephemeral=False)

    def _log(self, severity: Any, urn: str, line: str, *, ephemeral: bool) -> None:
        with self._lock:
            if self._stub is None and self._address:
                self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(self._address))
            stub = self._stub
        if stub is None:
            return
        request = engine_pb2.LogRequest(severity=severity, message=line, urn=urn, ephemeral=ephemeral)
        try:
            stub.Log(request, timeout=_PATIENCE_S)
        except grpc.RpcError:
            with self._lock:
                self._stub = None
