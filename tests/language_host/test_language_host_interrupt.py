"""However a run is cut off, no process of it is left, and nobody gets a traceback for it."""

import os
import signal
from pathlib import Path

import psutil
import pytest
from language_host_project import wait_until

WAITING = """
import os, pathlib, time
here = pathlib.Path(__file__).parent
(here / "pid.new").write_text(str(os.getpid()))
(here / "pid.new").rename(here / "pid")
try:
    time.sleep(600)
finally:
    (here / "cleaned").touch()
"""
STUBBORN = WAITING.replace(
    "    time.sleep(600)\n", "    while True:\n        try: time.sleep(600)\n        except KeyboardInterrupt: pass\n"
)


@pytest.fixture
def start_waiting(project):
    """Start `pulumi up` of a program that waits; yields (CLI, program, host) once the program does."""
    started = []

    def start(program):
        project.write(program)
        cli = project.start("up", "--yes", "--skip-preview")
        started.append(cli)
        pid_file = project.folder / "pid"
        wait_until(pid_file.exists, timeout_s=30, what="the program waits")
        running = psutil.Process(int(pid_file.read_text(encoding="utf-8")))
        return cli, running, running.parent()

    yield start
    for cli in started:
        if cli.poll() is None:
            cli.kill()
        cli.communicate()


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def assert_gone(*processes: psutil.Process) -> None:
    for process in processes:
        wait_until(lambda process=process: is_gone(process), timeout_s=15, what=f"process {process.pid} is gone")


def test_an_interrupt_lets_the_program_clean_up_and_leaves_no_process_and_no_traceback(project, start_waiting):
    cli, program, host = start_waiting(WAITING)
    cli.send_signal(signal.SIGINT)
    output, _ = cli.communicate(timeout=60)
    assert cli.returncode != 0
    assert "Traceback" not in output
    assert "KeyboardInterrupt" not in output
    assert (project.folder / "cleaned").exists()
    assert_gone(program, host)


def test_a_program_that_ignores_the_interrupt_is_ended(project, start_waiting):
    cli, program, host = start_waiting(STUBBORN)
    cli.send_signal(signal.SIGINT)
    output, _ = cli.communicate(timeout=60)
    assert cli.returncode != 0
    assert "Traceback" not in output
    assert_gone(program, host)


def test_host_and_program_end_with_a_cli_that_is_killed(project, start_waiting):
    cli, program, host = start_waiting(WAITING)
    cli.kill()
    cli.wait()
    assert_gone(program, host)


def test_the_program_ends_with_a_host_that_is_killed(project, start_waiting):
    cli, program, host = start_waiting(WAITING)
    host.kill()
    assert_gone(program, host)
    cli.communicate(timeout=60)
    assert cli.returncode != 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_host_alone_ends_both(project, start_waiting, number):
    cli, program, host = start_waiting(WAITING)
    os.kill(host.pid, number)
    assert_gone(program, host)
    output, _ = cli.communicate(timeout=60)
    assert "Traceback" not in output


def test_the_locked_stack_can_be_used_again_after_an_interrupt(project, start_waiting):
    cli, _, _ = start_waiting(WAITING)
    cli.send_signal(signal.SIGINT)
    cli.communicate(timeout=60)
    Path(project.folder / "__main__.py").write_text("", encoding="utf-8")
    answer = project.run("up", "--yes", "--skip-preview")
    assert answer.returncode == 0, answer.stdout
