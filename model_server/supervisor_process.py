"""The life of a supervisor process: bind, serve, load, drain, end."""

from __future__ import annotations

import asyncio
import signal

import uvloop

from model_server.deployment_spec import DeploymentSpec
from model_server.edge import Edge
from model_server.errors import DeploymentFailed, ModelServerError
from model_server.http_server import HttpServer, listen
from model_server.private_endpoints import PrivateEndpoints
from model_server.process_identity import ProcessIdentity
from model_server.serving import Serving
from model_server.state_folder import StateFolder

DRAIN_TIMEOUT_S = 30.0


def run(spec: DeploymentSpec, folder: StateFolder, myself: ProcessIdentity) -> int:
    """Serve until told to stop; gives the exit code."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(spec, folder, myself))


class StopOrder:
    """The order to stop, whoever gives it; the first counts."""

    def __init__(self) -> None:
        self.given: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def give(self, drain_timeout_s: float) -> None:
        """Stop, and finish what was accepted for at most so long."""
        if not self.given.done():
            self.given.set_result(drain_timeout_s)


async def _serve(spec: DeploymentSpec, folder: StateFolder, myself: ProcessIdentity) -> int:
    serving = Serving(spec, folder, myself)
    try:
        listener = listen(spec.host, spec.port)
    except DeploymentFailed as error:
        await serving.end()
        serving.write_failure(error)
        return 1
    stop = StopOrder()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.give, DRAIN_TIMEOUT_S)
    server = HttpServer(Edge(serving, PrivateEndpoints(serving, folder.token(), stop.give)))
    await server.start(listener)
    failure = await _load_while(stop, serving)
    drain_timeout_s = await stop.given
    await server.drain(drain_timeout_s)
    await serving.end()
    if failure is not None:
        serving.write_failure(failure)
        return 1
    folder.forget_record()
    return 0


async def _load_while(stop: StopOrder, serving: Serving) -> ModelServerError | None:
    """Load while the port already answers; a stop in the meantime ends the loading."""
    loading = asyncio.create_task(serving.load())
    either: set[asyncio.Future[None] | asyncio.Future[float]] = {loading, stop.given}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    loading.cancel()
    try:
        await loading
    except asyncio.CancelledError:
        return None
    except ModelServerError as error:
        serving.dispatcher.close(f"The deployment failed: {error}")
        stop.give(DRAIN_TIMEOUT_S)
        return error
    return None
