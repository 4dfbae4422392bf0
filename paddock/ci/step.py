"""One step: a `paddock` command in a process of its own, its output shown as it comes and kept."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from paddock.ci.cancellation import Cancellation
from paddock.ci.ci_log import CiLog

_REASON_LINES = 8


@dataclass(frozen=True)
class StepRun:
    """How a step ended. `output` is all it printed, in the order it came; `stdout` only that."""

    title: str
    exit_code: int
    stdout: str
    output: str
    wall_s: float

    @property
    def is_ok(self) -> bool:
        """It did what it should."""
        return self.exit_code == 0

    @property
    def reason(self) -> str:
        """Why it failed, in its own words: from the last line that begins with `error:` on, else its last line."""
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        errors = [number for number, line in enumerate(lines) if line.startswith("error:")]
        told = lines[errors[-1] :][:_REASON_LINES] if errors else lines[-1:] or ["it printed nothing"]
        return "\n".join(told).removeprefix("error: ")


@dataclass(frozen=True)
class Steps:
    """Runs steps in one environment. Nothing they start can ask: there is no standard input and no terminal."""

    log: CiLog
    cancellation: Cancellation
    environment: Mapping[str, str] = field(repr=False)

    def run(self, title: str, words: Sequence[str], folder: Path, *, shows_stdout: bool = True) -> StepRun:
        """Runs `paddock WORDS` in `folder` and waits; raises CancelledError where the pipeline is cancelled."""
        with self.log.group(title):
            run = self._run(title, words, folder, shows_stdout=shows_stdout)
        self.cancellation.check()
        return run

    def _run(self, title: str, words: Sequence[str], folder: Path, *, shows_stdout: bool) -> StepRun:
        self.cancellation.check()
        began_s = time.monotonic()
        with self.log.printed_by_others():
            process = subprocess.Popen(
                # The project's own Paddock, where the folder has one: the folder goes first with -m.
                [sys.executable, "-m", "paddock", *words],
                cwd=folder,
                env={**self.environment, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            self.cancellation.watch(process)
            try:
                stdout, output = self._read(process, shows_stdout=shows_stdout)
                exit_code = process.wait()
            finally:
                self.cancellation.watch(None)
        return StepRun(title, exit_code, stdout, output, time.monotonic() - began_s)

    def _read(self, process: subprocess.Popen[str], *, shows_stdout: bool) -> tuple[str, str]:
        """Both streams to their ends, line by line."""
        stdout: list[str] = []
        both: list[str] = []
        assert process.stdout is not None  # noqa: S101 - both are pipes
        assert process.stderr is not None  # noqa: S101

        def follow(stream: IO[str], *, is_stdout: bool) -> None:
            for line in stream:
                both.append(line)
                if is_stdout:
                    stdout.append(line)
                if shows_stdout or not is_stdout:
                    self.log.line(line.rstrip("\n"))

        readers = [
            threading.Thread(target=follow, args=(process.stdout,), kwargs={"is_stdout": True}, daemon=True),
            threading.Thread(target=follow, args=(process.stderr,), kwargs={"is_stdout": False}, daemon=True),
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        process.stdout.close()
        process.stderr.close()
        return "".join(stdout), "".join(both)
