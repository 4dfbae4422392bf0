"""A process whose output goes to the engine piece by piece: an installation, a plugin written in Python."""

import queue
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_STOP_GRACE_S = 2.0
_PIECE_BYTES = 64 * 1024


@dataclass(frozen=True)
class Output:
    """One piece of output, or (last) the exit code."""

    stdout: bytes = b""
    stderr: bytes = b""
    exit_code: int | None = None


class StreamedProcess:
    """Runs `command`; `outputs` yields what it writes as it comes, and its exit code at the end."""

    def __init__(self, command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> None:
        self.command = list(command)
        self._process = subprocess.Popen(
            self.command,
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._pieces: queue.SimpleQueue[Output | None] = queue.SimpleQueue()

    def outputs(self) -> Iterator[Output]:
        """Yield the pieces in the order they came in; the last one has the exit code."""
        open_streams = 0
        for name, stream in (("stdout", self._process.stdout), ("stderr", self._process.stderr)):
            if stream is not None:
                threading.Thread(target=self._read, args=(name, stream), daemon=True).start()
                open_streams += 1
        while open_streams:
            piece = self._pieces.get()
            if piece is None:
                open_streams -= 1
            else:
                yield piece
        yield Output(exit_code=self._process.wait())

    def _read(self, name: str, stream: IO[bytes]) -> None:
        with stream:
            while data := stream.read1(_PIECE_BYTES):  # type: ignore[attr-defined]  # a pipe is a BufferedReader
                self._pieces.put(Output(**{name: data}))
        self._pieces.put(None)

    def stop(self) -> None:
        """Ask the process to end, and end it if it does not within two seconds; returns when it is gone."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
