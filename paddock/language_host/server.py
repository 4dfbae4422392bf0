"""Serves `LanguageRuntime` on a loopback port, from the first signal that ends it to the last process of ours."""

import os
import signal
import stat
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc

from paddock.language_host.program_process import ProgramProcess
from paddock.language_host.proto import language_pb2_grpc
from paddock.language_host.servicer import LanguageRuntime

_MESSAGE_LIMIT_BYTES = 400 * 1024 * 1024  # as Pulumi's own servers have it (rpcutil's maximum)
_OPTIONS = (
    ("grpc.max_receive_message_length", _MESSAGE_LIMIT_BYTES),
    ("grpc.max_send_message_length", _MESSAGE_LIMIT_BYTES),
    ("grpc.so_reuseport", 0),
)


def serve(engine_address: str, started_ahead: ProgramProcess | None) -> None:
    """Print the port, serve until a signal or the end of the engine, end what runs, end the process."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    runtime = LanguageRuntime(engine_address, started_ahead)
    server = grpc.server(ThreadPoolExecutor(), options=_OPTIONS)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(runtime, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # noqa: T201  # how a plugin tells the engine where it is
    _watch_engine(ended)
    ended.wait()
    runtime.stop()
    # Nothing is left to clean up, and the engine waits for this end: not for the interpreter's.
    os._exit(0)


def _watch_engine(ended: threading.Event) -> None:
    """Set `ended` when the engine is gone, even by SIGKILL: it holds the other end of our standard input."""
    if not stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode):
        return

    def wait_for_end() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        ended.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
