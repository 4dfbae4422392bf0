"""Others' tools, each in a virtual environment of its own: `requirements-<name>.txt` beside this file says of what.

An environment is made when it is missing or its requirements have changed. Two processes that ask at once wait for one
another.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PEERS = Path(__file__).parents[1] / ".paddock" / "peers"


def python(name: str) -> Path:
    """The interpreter of the environment in `.paddock/peers/<name>`. Raises RuntimeError with the installer's words."""
    requirements = Path(__file__).with_name(f"requirements-{name}.txt")
    wanted = requirements.read_text(encoding="utf-8")
    folder = _PEERS / name
    interpreter, installed = folder / "bin" / "python", folder / requirements.name
    with _locked(_PEERS / f"{name}.lock"):
        if not installed.is_file() or installed.read_text(encoding="utf-8") != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            _install(folder, interpreter, requirements)
            installed.write_text(wanted, encoding="utf-8")  # last: an environment without it is made again
    return interpreter


def _install(folder: Path, interpreter: Path, requirements: Path) -> None:
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is not None:
        _run(uv, "venv", "--quiet", "--python", sys.executable, str(folder))
        _run(uv, "pip", "install", "--quiet", "--python", str(interpreter), "--requirement", str(requirements))
    else:
        _run(sys.executable, "-m", "venv", str(folder))
        _run(str(interpreter), "-m", "pip", "install", "--quiet", "--requirement", str(requirements))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(*words: str) -> None:
    result = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(words)} ended with {result.returncode}\n{result.stdout}\n{result.stderr}")
