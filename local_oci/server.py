"""The server process: opens the folder, wires store, conductor and edge, serves until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn
import uvloop

from local_oci import administration, clock, credentials, leftovers, validation
from local_oci.administration import Administration
from local_oci.conductor import Conductor
from local_oci.data_folder import DataFolder, write_whole
from local_oci.deployer import Site
from local_oci.dispatch import Dispatch
from local_oci.edge import Edge
from local_oci.errors import LocalOciError
from local_oci.faults import Faults
from local_oci.faults import read as read_faults
from local_oci.http_protocol import BoundedProtocol
from local_oci.metric_collector import MetricCollector
from local_oci.operations import read_table
from local_oci.store import Snapshot, connect
from local_oci.writer import Writer

DEFAULT_PORT = 8484
_KEEP_ALIVE_S = 60
_END_CONNECTIONS_S = 5
_WARM_AFTER_S = 0.2  # whoever waits for the start has been answered
_SERVICES = ("data_science", "logging", "loggingsearch")
_LOG = logging.getLogger("local_oci")


class DataFolderTaken(LocalOciError):  # noqa: N818 - says what happened
    """Another server holds the data folder."""


def serve(data_dir: Path, port: int | None, *, has_admin: bool = False, enforces_bandwidth: bool = False) -> None:
    """Serve a data folder until told to end. `port`: wanted first; else the one of the last time, else 8484.

    `has_admin`: faults can be set, and those that were set count. `enforces_bandwidth`: deployments let through no more
    than their load balancer's bandwidth.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    os.umask(0o077)
    folder = DataFolder(data_dir.absolute())
    folder.make()
    _hold(folder)
    with _listening(folder, port) as listener:
        known = credentials.load(folder.root)
        writer = Writer(connect(folder.database), clock.wall_clock)
        writer.start()
        writer.run(lambda tx: leftovers.sweep(tx, folder))
        site = Site(folder, known, lambda found: writer.run(lambda tx: tx.get(found)), enforces_bandwidth)
        faults = Faults(writer.run(read_faults) if has_admin else ())
        conductor = Conductor(writer, site, faults)
        collector = MetricCollector(writer, clock.wall_clock)
        reader = connect(folder.database)
        dispatch = Dispatch(folder, Snapshot(reader), writer, conductor, faults)
        administration.forget_token(folder)
        edge = Edge(
            folder=folder,
            credentials=known,
            table=read_table(),
            dispatch=dispatch,
            clock=clock.wall_clock,
            administration=Administration(administration.make_token(folder), dispatch, faults, conductor.resume)
            if has_admin
            else None,
        )
        collector.start()
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(_run(edge, conductor, listener, folder))
        finally:
            folder.endpoint_file.unlink(missing_ok=True)
            collector.close()
            conductor.close()
            writer.close()
            reader.close()


class _Server(uvicorn.Server):
    """Uvicorn's server, whose signals are ours: after it, the deployments are to be ended."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


async def _run(edge: Edge, conductor: Conductor, listener: socket.socket, folder: DataFolder) -> None:
    config = uvicorn.Config(
        edge,
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        proxy_headers=False,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_END_CONNECTIONS_S,
    )
    server = _Server(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: setattr(server, "should_exit", True))
    conductor.start()
    endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
    write_whole(folder.endpoint_file, json.dumps({"endpoint": endpoint, "pid": os.getpid()}))
    loop.call_later(_WARM_AFTER_S, threading.Thread(target=_warm, name="warm", daemon=True).start)
    _LOG.info("serving %s at %s (pid %d)", folder.root, endpoint, os.getpid())
    await server.serve(sockets=[listener])


def _warm() -> None:
    for service in _SERVICES:
        validation.warm(service)


def _hold(folder: DataFolder) -> None:
    """Hold the folder until this process is gone: the kernel lets go of the lock, however the process ends."""
    descriptor = os.open(folder.server_lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
        os.close(descriptor)
        raise DataFolderTaken(
            f"{folder.root} is served by another local OCI (pid {pid}); stop that one or use another --data"
        ) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)


@contextlib.contextmanager
def _listening(folder: DataFolder, asked: int | None) -> Iterator[socket.socket]:
    """A loopback listener: on the asked-for port, the remembered, the default, or any; remembered."""
    remembered = folder.port_file.read_text().strip() if folder.port_file.exists() else ""
    wanted = asked if asked is not None else int(remembered) if remembered.isdigit() else DEFAULT_PORT
    listener = _bind(wanted) or _bind(0)
    if listener is None:
        raise LocalOciError("no loopback port could be taken; end what listens there")
    with listener:
        port = listener.getsockname()[1]
        if str(port) != remembered:
            write_whole(folder.port_file, str(port))
        yield listener


def _bind(port: int) -> socket.socket | None:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(2048)
    except (OSError, OverflowError):
        listener.close()
        return None
    return listener
