"""Runs one Pulumi program; started by path, in the project's interpreter, so it imports nothing of ours.

It imports the SDK at once and then waits for its order, one line of JSON on standard input (see `RunOrder` in
`program_process.py`), so that the wait for the SDK passes while the host and the engine still get acquainted. The pipe
stays open for as long as the host lives: its end means that nobody waits for the program any more.

Exit codes: 0 done; 1 or the program's own `sys.exit`; 32 failed, and the user was told; 33 there is no Pulumi SDK;
130 interrupted.
"""

from __future__ import annotations

import signal

# Until a program runs there is nothing to clean up: an interrupt ends the process at once and without a word.
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.signal(signal.SIGTERM, signal.SIG_DFL)

import asyncio  # noqa: E402
import json  # noqa: E402
import logging  # noqa: E402
import os  # noqa: E402
import runpy  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
import traceback  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402
from pathlib import Path  # noqa: E402
from types import FrameType  # noqa: E402
from typing import Any, NoReturn  # noqa: E402

EXIT_ALREADY_REPORTED = 32
EXIT_NO_SDK = 33
EXIT_INTERRUPTED = 130

try:
    import pulumi
    import pulumi.runtime
except ImportError as no_sdk:
    print(f"{sys.executable}: {no_sdk}", file=sys.stderr)  # noqa: T201  # the engine shows standard error to the user
    sys.exit(EXIT_NO_SDK)


def main() -> None:
    """Read the order, run the program, end with one of the exit codes above."""
    control_fd = os.dup(0)
    order = _read_order(control_fd)
    _release_standard_input()
    threading.Thread(target=_exit_with_host, args=(control_fd,), daemon=True).start()
    _enter(order)
    _configure(order)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        code = _run(order)
    except KeyboardInterrupt:
        _end_interrupted()
    _flush()
    sys.exit(code)


def _read_order(control_fd: int) -> dict[str, Any]:
    line = bytearray()
    while not line.endswith(b"\n"):
        chunk = os.read(control_fd, 1 << 20)
        if not chunk:
            os._exit(0)
        line += chunk
    order: dict[str, Any] = json.loads(line)
    return order


def _release_standard_input() -> None:
    """Give the program an empty standard input: the pipe is ours."""
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)


def _exit_with_host(control_fd: int) -> None:
    """Wait for the host's end (even by SIGKILL) and leave no orphan behind."""
    while os.read(control_fd, 1024):
        pass
    os._exit(EXIT_INTERRUPTED)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # Once only: the engine signals the whole process group, and the host may ask again.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _enter(order: dict[str, Any]) -> None:
    os.chdir(order["working_directory"])
    # The folder of this file must not be where the program's imports are looked for.
    own_folder = Path(__file__).parent.resolve()
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != own_folder]
    sys.argv = [order["entry_point"], *order["arguments"]]


def _configure(order: dict[str, Any]) -> None:
    pulumi.runtime.set_all_config(order["config"], order["config_secret_keys"])
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            monitor=order["monitor_address"],
            engine=order["engine_address"],
            project=order["project"],
            stack=order["stack"],
            parallel=order["parallel"],
            dry_run=order["dry_run"],
            organization=order["organization"],
            root_directory=order["root_directory"],
        )
    )


def _run(order: dict[str, Any]) -> int:
    """Run the program to its end and every resource with it; return the exit code."""
    entry_point = Path(order["entry_point"])
    if entry_point.is_dir() and not (entry_point / "__main__.py").exists():
        pulumi.log.error(f"no Python program in {entry_point.resolve()}: it has no __main__.py")
        return EXIT_ALREADY_REPORTED
    # An abandoned part of the graph is how Pulumi programs end when one resource fails; asyncio would complain.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    executor = ThreadPoolExecutor(max_workers=max(order["parallel"], 1) * 4)
    loop.set_default_executor(executor)
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: _run_main(order["entry_point"])))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return EXIT_ALREADY_REPORTED
    except Exception as error:  # noqa: BLE001  # whatever the program raises is the user's to read
        pulumi.log.error("Program failed with an unhandled exception:\n" + _users_traceback(error))
        return EXIT_ALREADY_REPORTED
    executor.shutdown(wait=True)
    loop.close()
    return 0


def _run_main(entry_point: str) -> None:
    try:
        runpy.run_path(entry_point, run_name="__main__")
    except KeyboardInterrupt:
        # The program has unwound; the SDK around it would now wait for answers of an engine that is going away.
        _end_interrupted()


def _end_interrupted() -> NoReturn:
    """End at once: threads may wait for the engine, and joining them would hang."""
    _flush()
    os._exit(EXIT_INTERRUPTED)


def _users_traceback(error: Exception) -> str:
    """Return the traceback from the first frame on that is the user's: not ours, asyncio's or the SDK's."""
    not_the_users = ("<frozen ", *(str(Path(str(module.__file__)).parent) + os.sep for module in (pulumi, asyncio)))
    step = error.__traceback__
    while step is not None:
        path = step.tb_frame.f_code.co_filename
        if path not in (__file__, runpy.__file__) and not path.startswith(not_the_users):
            break
        step = step.tb_next
    if step is None and not isinstance(error, SyntaxError):
        step = error.__traceback__
    return "".join(traceback.format_exception(type(error), error, step))


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


if __name__ == "__main__":
    main()
