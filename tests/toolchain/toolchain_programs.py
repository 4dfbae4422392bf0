"""Stand-ins for the programs that the toolchain starts, as small shell scripts; and a way to wait."""

import atexit
import functools
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PULUMI = "#!/bin/sh\necho asked >> '{log}'\necho v{version}\n"

# `go env -json …` answers as Go does; `go build … -o OUT …` does what the test says, then writes a CLI to OUT.
GO = """#!/bin/sh
if [ "$1" = env ]; then
    echo '{{"GOVERSION": "go{version}", "GOROOT": "{root}", "GOPROXY": "https://modules.invalid"}}'
    exit
fi
echo "$$" >> '{log}'
env > '{log}.environment'
echo "$PWD" > '{log}.folder'
while [ "$1" != -o ]; do shift; done
{work}
printf '#!/bin/sh\\necho v3.257.0\\n' > "$2"
chmod +x "$2"
"""


def write_program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def write_pulumi(folder: Path, version: str) -> Path:
    return write_program(folder / "pulumi", PULUMI.format(version=version, log=folder / "pulumi.log"))


def write_go(root: Path, *, work: str = "", version: str = "1.99.0") -> Path:
    """A Go whose builds are counted, a line each, in `root/go.log`."""
    text = GO.format(version=version, root=root, log=root / "go.log", work=work)
    return write_program(root / "bin" / "go", text)


def builds(root: Path, name: str = "go.log") -> int:
    log = root / name
    return len(log.read_text(encoding="utf-8").splitlines()) if log.exists() else 0


def wait_until(condition: Callable[[], object], *, timeout_s: float, what: str) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            raise AssertionError(f"waited {timeout_s} s in vain until {what}")
        time.sleep(0.02)


@functools.cache
def plain_tools() -> Path:
    """A folder for PATH with what the stand-ins use; no machine's own `pulumi` or `go` is in it."""
    folder = Path(tempfile.mkdtemp(prefix="plain-tools-"))
    atexit.register(shutil.rmtree, folder)
    for name in ("cat", "chmod", "env", "mkdir", "seq", "sh", "sleep"):
        (folder / name).symlink_to(str(shutil.which(name)))
    return folder
