"""The life of a supervisor process: bind, serve, load, drain, end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Iterator

import uvicorn
import uvloop

from model_server.deployment_spec import DeploymentSpec
from model_server.edge import Edge
from model_server.errors import DeploymentFailed, ModelServerError
from model_server.private_endpoints import PrivateEndpoints
from model_server.process_identity import ProcessIdentity
from model_server.serving import Serving
from model_server.state_folder import StateFolder

BACKLOG = 2048
DRAIN_TIMEOUT_S = 30.0
KEEP_ALIVE_S = 75  # longer than clients keep an idle connection: closing first would break a request just sent


class Server(uvicorn.Server):
    """uvicorn without its signal handlers: ours drain."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    def stop(self, drain_timeout_s: float) -> None:
        """Refuse new connections and finish what was accepted."""
        self.config.timeout_graceful_shutdown = max(1, round(drain_timeout_s))
        self.should_exit = True


def run(spec: DeploymentSpec, folder: StateFolder, myself: ProcessIdentity) -> int:
    """Serve until told to stop; gives the exit code."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(spec, folder, myself))


async def _serve(spec: DeploymentSpec, folder: StateFolder, myself: ProcessIdentity) -> int:
    serving = Serving(spec, folder, myself)
    try:
        listener = _listen(spec.host, spec.port)
    except DeploymentFailed as error:
        await serving.end()
        serving.write_failure(error)
        return 1
    server = _server_of(serving, folder.token())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, server.stop, DRAIN_TIMEOUT_S)
    answering = asyncio.create_task(server.serve(sockets=[listener]))
    failure = await _load_while(answering, serving, server)
    await answering
    await serving.end()
    if failure is not None:
        serving.write_failure(failure)
        return 1
    folder.forget_record()
    return 0


async def _load_while(answering: asyncio.Task[None], serving: Serving, server: Server) -> ModelServerError | None:
    """Load while the port already answers; a stop in the meantime ends the loading."""
    loading = asyncio.create_task(serving.load())
    await asyncio.wait({loading, answering}, return_when=asyncio.FIRST_COMPLETED)
    loading.cancel()
    try:
        await loading
    except asyncio.CancelledError:
        return None
    except ModelServerError as error:
        serving.dispatcher.close(f"The deployment failed: {error}")
        server.stop(DRAIN_TIMEOUT_S)
        return error
    return None


def _server_of(serving: Serving, token: str) -> Server:
    config = uvicorn.Config(
        app=lambda *_: None,
        http="httptools",
        ws="none",
        lifespan="off",
        interface="asgi3",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_level="warning",
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    server = Server(config)
    config.app = Edge(serving, PrivateEndpoints(serving, token, server.stop))
    return server


def _listen(host: str, port: int) -> socket.socket:
    """Bind the port. The protocol is named, and accepted sockets inherit TCP_NODELAY: a socket of protocol 0 would keep
    Nagle's algorithm, as asyncio only looks at IPPROTO_TCP ones.
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
