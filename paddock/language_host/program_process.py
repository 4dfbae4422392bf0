"""The process that a program runs in: started before it is needed, given its order, never left behind."""

import json
import os
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from paddock.language_host.interpreter import Interpreter

_EXECUTOR = Path(__file__).with_name("program_executor.py")
_STOP_GRACE_S = 2.0
# The executor's exit codes; it is never imported here, since it imports the SDK.
EXIT_ALREADY_REPORTED = 32
EXIT_NO_SDK = 33
# While Python starts, its one answer to an interrupt is a traceback; the executor listens from its first line on.
_DEAF_TO_INTERRUPTS = ("/bin/sh", "-c", 'trap \'\' INT; exec "$0" "$@"')


@dataclass(frozen=True)
class RunOrder:
    """What the executor must know to run a program: Pulumi's `RunRequest` in plain values."""

    monitor_address: str
    engine_address: str
    project: str
    stack: str
    organization: str
    root_directory: str
    working_directory: str
    entry_point: str
    arguments: list[str]
    parallel: int
    dry_run: bool
    config: dict[str, str]
    config_secret_keys: list[str]


class ProgramProcess:
    """A process of the project's interpreter that has the SDK loaded and waits for `run`."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter
        self.was_stopped = False
        # -u: what the program prints is shown when it is printed, as with the official host.
        command = [str(interpreter.python), "-u", str(_EXECUTOR)]
        self._process = subprocess.Popen(
            [*_DEAF_TO_INTERRUPTS, *command], stdin=subprocess.PIPE, env=interpreter.environment(os.environ)
        )

    @property
    def pid(self) -> int:
        """The process's id, for whoever must see it end."""
        return self._process.pid

    def run(self, order: RunOrder) -> int:
        """Run the program and return its exit code (negative: the signal that ended it)."""
        pipe = self._process.stdin
        if pipe is None:
            message = "the program's process was started without a pipe"
            raise RuntimeError(message)
        try:
            pipe.write(json.dumps(asdict(order)).encode() + b"\n")
            pipe.flush()
        except BrokenPipeError:
            # It ended before it was asked: its exit code says why.
            pipe.close()
        return self._process.wait()

    def stop(self) -> None:
        """Ask the program to end, and end it if it does not within two seconds; returns when it is gone."""
        if self._process.poll() is not None:
            return
        self.was_stopped = True
        self._process.terminate()
        try:
            self._process.wait(_STOP_GRACE_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the process at once; returns when it is gone."""
        self._process.kill()
        self._process.wait()
