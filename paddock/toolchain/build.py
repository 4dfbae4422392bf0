"""Building the CLI from its Go module, with the module proxy as the only thing that is asked."""

import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

from paddock.toolchain.errors import BuildFailedError
from paddock.toolchain.go import build_environment, find_go
from paddock.toolchain.pin import GO_MODULE_DIR, GO_WHEEL, GO_WHEEL_VERSION, PULUMI_MODULE, PULUMI_PACKAGES
from paddock.toolchain.plan import Build
from paddock.toolchain.progress import Progress

_LAST_LINES = 20
_STOP_GRACE_S = 5.0


def build(
    step: Build, paddock_dir: Path, environ: Mapping[str, str], report: Callable[[str], None], stream: TextIO
) -> None:
    """Have `.paddock/bin/pulumi` be the pinned CLI, built here. A build that was cut off goes on where it was."""
    toolchain_dir = paddock_dir / "toolchain"
    toolchain_dir.mkdir(parents=True, exist_ok=True)
    go = find_go(step.go, toolchain_dir, report)
    report(f"building the Pulumi CLI {step.version} from its Go module: once, 3 to 8 minutes on two cores")
    with tempfile.TemporaryDirectory(prefix="built-", dir=toolchain_dir) as beside:
        built = Path(beside) / "pulumi"
        command = _command(go.program, step.version, built)
        count = BuildCount(step.version)
        with Progress(count.line, report, stream):
            _run(command, build_environment(go, toolchain_dir, environ), count)
        final = paddock_dir / "bin" / "pulumi"
        final.parent.mkdir(parents=True, exist_ok=True)
        built.replace(final)


def _command(go: Path, version: str, output: Path) -> list[str]:
    # The version is what `pulumi version` prints, and what the Automation API and `requiredPulumiVersion` go by.
    stamp = f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{version}"
    return [str(go), "build", "-v", "-trimpath", "-ldflags", stamp, "-o", str(output), PULUMI_MODULE]


def _run(command: list[str], environ: Mapping[str, str], count: "BuildCount") -> None:
    last_lines: deque[str] = deque(maxlen=_LAST_LINES)
    with subprocess.Popen(
        command,
        cwd=GO_MODULE_DIR,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        try:
            for line in process.stderr or ():
                last_lines.append(line.rstrip())
                count.add(line)
        except BaseException:
            _stop(process)
            raise
    if process.returncode != 0:
        raise BuildFailedError(process.returncode, last_lines)


def _stop(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(_STOP_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()


def forget_caches(toolchain_dir: Path) -> None:
    """Remove what only a build needs, 3 GB of it: the next one is for another version and could use little."""
    for cache in ("tmp", "config", "gocache", "gopath", f"{GO_WHEEL}-{GO_WHEEL_VERSION}"):
        # What cannot be removed takes space and does no other harm: the CLI is there.
        shutil.rmtree(toolchain_dir / cache, ignore_errors=True)


class BuildCount:
    """What `go build -v` has told so far: modules it downloads, then each package that it compiles."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._modules = 0
        self._packages = 0

    def add(self, line: str) -> None:
        """Count one line of its standard error."""
        if line.startswith("go: downloading "):
            self._modules += 1
        elif not line.startswith(("go: ", "#", "\t")):
            self._packages += 1

    def line(self, elapsed_s: float) -> str:
        """Return the progress line. No time of the end: packages differ too much for an honest one."""
        done = f"{self._packages} of about {PULUMI_PACKAGES} packages done"
        if not self._packages:
            done = f"{self._modules} modules fetched"
        return f"building the Pulumi CLI {self._version} from its Go module: {elapsed_s:.0f} s, {done}"
