"""The listening socket and its connections: accept, expire, drain."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import resource
import socket

from model_server.errors import DeploymentFailed
from model_server.http_application import Application, HttpLimits
from model_server.http_connection import HttpConnection

BACKLOG = 2048


class HttpServer:
    """Serves one application on one listener."""

    def __init__(self, application: Application, limits: HttpLimits | None = None) -> None:
        self._application = application
        self._limits = limits or HttpLimits()
        self.connections: set[HttpConnection] = set()
        self._all_closed = asyncio.Event()
        self._listener: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._expiry: asyncio.TimerHandle | None = None

    async def start(self, listener: socket.socket) -> None:
        """Accept from now on."""
        allow_many_connections()
        self._listener = listener
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, sock=listener, backlog=BACKLOG)
        self._expire()

    async def drain(self, timeout_s: float) -> None:
        """Accept nothing more, finish what has begun for at most `timeout_s`, close."""
        if self._server is not None and self._listener is not None:
            self._server.close()
            self._listener.close()
        for connection in list(self.connections):
            connection.finish()
        if self.connections:
            self._all_closed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_closed.wait(), timeout_s)
        for connection in list(self.connections):
            connection.abort()
        if self.connections:
            await self._all_closed.wait()
        if self._expiry is not None:
            self._expiry.cancel()

    def opened(self, connection: HttpConnection) -> bool:
        """Know one more; False where it is one too many."""
        self.connections.add(connection)
        return len(self.connections) <= self._limits.connections

    def closed(self, connection: HttpConnection) -> None:
        """Know one less."""
        self.connections.discard(connection)
        if not self.connections:
            self._all_closed.set()

    def _connection(self) -> HttpConnection:
        return HttpConnection(self._application, self, self._limits)

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        for connection in list(self.connections):
            connection.expire(loop.time())
        self._expiry = loop.call_later(self._limits.check_interval_s, self._expire)


def allow_many_connections() -> None:
    """Raise the soft limit of open files to the hard one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def listen(host: str, port: int) -> socket.socket:
    """Bind the port; raises DeploymentFailed. The protocol is named and accepted sockets inherit TCP_NODELAY: a socket
    of protocol 0 would keep Nagle's algorithm, as asyncio only looks at IPPROTO_TCP ones.
    """  # noqa: D205  one thought
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        taken = f"Port {port} on {host} is taken by another process; free it or give the deployment another port"
        raise DeploymentFailed(taken if error.errno == errno.EADDRINUSE else f"{host}:{port}: {error}") from error
    listener.setblocking(False)
    return listener
