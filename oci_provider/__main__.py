"""Start the plugin: print the port of its gRPC service, serve until the engine is done with it, leave nothing."""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

import grpc

from oci_provider.engine import Engine
from oci_provider.protocol import provider_pb2_grpc
from oci_provider.provider import Provider

_CALLS_AT_ONCE = 128  # the engine decides how many it makes; a call that waits must not hold up a Cancel
_UNLIMITED = -1
_GRACE_S = 5.0
_LOOK_AT_PARENT_EVERY_S = 1.0


def main(argv: list[str] | None = None) -> int:
    """Serve on a free loopback port until SIGTERM, SIGINT, or the death of the process that started us."""
    parent = os.getppid()
    engine = Engine()
    arguments = [one for one in (sys.argv[1:] if argv is None else argv) if not one.startswith("-")]
    if arguments:
        engine.listens_at(arguments[-1])
    provider = Provider(os.environ, engine)
    server = grpc.server(
        ThreadPoolExecutor(max_workers=_CALLS_AT_ONCE, thread_name_prefix="call"),
        options=[("grpc.max_receive_message_length", _UNLIMITED), ("grpc.max_send_message_length", _UNLIMITED)],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    ended = threading.Event()
    _end_on_signals(ended)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # noqa: T201 - the plugin protocol: the first line is the port
    while not ended.wait(_LOOK_AT_PARENT_EVERY_S):
        if os.getppid() != parent:
            break
    provider.cancel()
    server.stop(_GRACE_S).wait()
    return 0


def _end_on_signals(ended: threading.Event) -> None:
    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)


if __name__ == "__main__":
    sys.exit(main())
