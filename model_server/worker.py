"""The worker process: `python -m model_server.worker FD ARTIFACT_DIR`, one batch at a time, until its stream ends.

What score.py prints or logs goes to the supervisor as LOG frames with the number of the request that runs; what native
code writes to the descriptors 1 and 2 lands in the supervisor's bootstrap.log.
"""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from model_server.artifact import Artifact, last_words
from model_server.batch import BatchRun
from model_server.frames import Frame, FrameDecoder, Kind, decode_batch, encode, encode_batch, without_recalled
from model_server.plain_arrays import know_plain_arrays
from model_server.settings_in_force import know_settings_in_force
from model_server.stream_run import StreamRun
from model_server.worker_life import end_with_the_lifeline, end_with_the_parent, seed_anew, settle_memory, share_cores

RECEIVE_BYTES = 1 << 18
AWAKE_S = 0.0004
TURN_S = 0.001  # a yield that takes longer: somebody with much to do had the core
CROWDED_S = 1.0  # for so long after that, sleep at once


class Channel:
    """The worker's end of the socket pair."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._sending = threading.Lock()  # score.py may print from threads of its own
        self._crowded_until_s = 0.0
        self.number = 0  # of the request that runs; 0 while none does

    def send(self, kind: Kind, payload: bytes) -> None:
        """Send one frame of the request that runs."""
        self.send_pieces([encode(kind, self.number, payload)])

    def send_pieces(self, pieces: list[bytes]) -> None:
        """Send one frame that comes in pieces."""
        with self._sending:
            self._connection.sendall(pieces[0] if len(pieces) == 1 else b"".join(pieces))

    def report(self, text: str) -> None:
        """Send one record for the predict log."""
        self.send(Kind.LOG, text.encode(errors="backslashreplace"))

    def frames(self) -> Iterator[Frame]:
        """Give the supervisor's frames until it closes its end or dies."""
        decoder = FrameDecoder()
        arrived: list[Frame] = []
        while data := self._receive():
            arrived += decoder.feed(data)
            while arrived := without_recalled(arrived):
                yield arrived.pop(0)
                if arrived:  # whether it was recalled meanwhile
                    arrived += decoder.feed(self._receive_at_once())

    def _receive_at_once(self) -> bytes:
        """Give what is there; nothing also at the end, which the next `_receive` meets again."""
        try:
            return self._connection.recv(RECEIVE_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return b""

    def _receive(self) -> bytes:
        """Wait for bytes, at first wide awake: to be put to sleep and woken costs more than a quick client's pause.

        Not where others want the core: who yields waits for the end of their turns, who sleeps is woken at once.
        """
        now_s = time.perf_counter()
        awake_until_s = now_s + AWAKE_S
        while self._crowded_until_s <= now_s < awake_until_s:
            try:
                return self._connection.recv(RECEIVE_BYTES, socket.MSG_DONTWAIT)
            except BlockingIOError:
                os.sched_yield()
            yielded_s, now_s = now_s, time.perf_counter()
            if now_s - yielded_s > TURN_S:
                self._crowded_until_s = now_s + CROWDED_S
        return self._connection.recv(RECEIVE_BYTES)


class LineStream(io.RawIOBase):
    """The raw end of a replaced sys.stdout or sys.stderr: each line becomes a LOG frame."""

    def __init__(self, channel: Channel, descriptor: int) -> None:
        self.name = "<stdout>" if descriptor == 1 else "<stderr>"
        self._channel = channel
        self._descriptor = descriptor
        self._rest = b""

    def writable(self) -> bool:
        """Say yes: io asks."""
        return True

    def fileno(self) -> int:
        """Give the real descriptor, for a score.py that starts a process."""
        return self._descriptor

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed: Buffer
        """Send the lines that are now whole and keep the rest."""
        *lines, self._rest = (self._rest + bytes(data)).split(b"\n")
        for line in lines:
            self._channel.send(Kind.LOG, line)
        return len(data)

    def end_line(self) -> None:
        """Send what was written without a line's end."""
        if self._rest:
            self.write(b"\n")


def _text_over(stream: LineStream) -> io.TextIOWrapper:
    """Give a text stream that keeps nothing back, so that the end of a request has nothing to flush."""
    return io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", write_through=True)


class CapturedOutput:
    """print() and logging of this process, turned into LOG frames."""

    def __init__(self, channel: Channel) -> None:
        self._streams = (LineStream(channel, 1), LineStream(channel, 2))
        sys.stdout, sys.stderr = (_text_over(stream) for stream in self._streams)
        # Not a handler of the root logger: with one there, basicConfig() in score.py would do nothing.
        logging.lastResort = logging.StreamHandler(sys.stderr)
        logging.lastResort.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        logging.getLogger().setLevel(logging.INFO)

    def end_request(self) -> None:
        """Send what the request left unfinished, so that it carries the request's number."""
        for stream in self._streams:
            stream.end_line()


def serve(channel: Channel, artifact: Artifact, output: CapturedOutput) -> None:
    """Answer requests until the supervisor closes the stream."""

    def about(number: int) -> None:
        output.end_request()
        channel.number = number

    for frame in channel.frames():
        if frame.kind is Kind.STREAM:
            about(frame.number)
            StreamRun(artifact, channel).answer(frame.payload)
            about(0)
            continue
        run = BatchRun(artifact, about, channel.report)
        answers = run.answers(decode_batch(frame.payload))
        about(0)
        channel.send_pieces(encode_batch(Kind.ANSWERS, answers))


def _load(channel: Channel, artifact_dir: Path) -> Artifact | None:
    try:
        return Artifact(artifact_dir)
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever score.py raises is what the user must read
        told = {"message": last_words(error), "traceback": traceback.format_exc()}
        channel.send(Kind.LOAD_FAILED, json.dumps(told).encode())
        return None


def _put_our_own_package_last() -> None:
    """Let score.py's imports find the artifact and the libraries before anything beside our own package."""
    root = str(Path(__file__).resolve().parent.parent)
    if sys.path and Path(sys.path[0]).resolve() == Path(root):
        sys.path.append(sys.path.pop(0))


def main(argv: list[str]) -> int:
    """Load the artifact, say so, serve. Exit code 1 where it does not load (the supervisor was told why)."""
    end_with_the_parent()
    return _work(int(argv[1]), Path(argv[2]))


def become(descriptor: int, lifeline: int, artifact_dir: Path, threads: int) -> int:
    """Be a worker in a fork of the fork server, which has the libraries already."""
    end_with_the_lifeline(lifeline)
    seed_anew()
    share_cores(threads)
    return _work(descriptor, artifact_dir)


def _work(descriptor: int, artifact_dir: Path) -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for the supervisor, which ends us in order
    _put_our_own_package_last()
    channel = Channel(socket.socket(fileno=descriptor))
    output = CapturedOutput(channel)
    try:
        artifact = _load(channel, artifact_dir)
        output.end_request()
        if artifact is None:
            return 1
        know_plain_arrays()
        know_settings_in_force()
        settle_memory()
        channel.send(Kind.READY, json.dumps({"may_share": artifact.shared is not None}).encode())
        serve(channel, artifact, output)
    except (BrokenPipeError, ConnectionResetError):
        return 0  # the supervisor is gone: nobody is left to tell
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
