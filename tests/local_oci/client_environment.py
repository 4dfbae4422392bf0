"""Python environments of clients that no one here wrote, made once from pinned requirements below `.paddock/peers/`."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
CLIENTS = REPOSITORY / "tests" / "clients"
PEERS = REPOSITORY / ".paddock" / "peers"


def python_of(name: str) -> Path:
    """The interpreter of the environment for `requirements-<name>.txt`; of two who want it at once, one makes it."""
    requirements = CLIENTS / f"requirements-{name}.txt"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    folder = PEERS / f"client-{name}"  # benchmarks have environments of their own
    PEERS.mkdir(parents=True, exist_ok=True)
    with (PEERS / f"client-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / ".installed"
        if not (done.exists() and done.read_text() == wanted):
            shutil.rmtree(folder, ignore_errors=True)
            _uv("venv", "--quiet", "--python", sys.executable, str(folder))
            _uv("pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), "-r", str(requirements))
            done.write_text(wanted)
    return folder / "bin" / "python"


def environment_of() -> dict[str, str]:
    """What a client's process sees of this one's environment: nothing of Python's or OCI's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "OCI_", "TF_VAR"))}
    return {**kept, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "PYTHONWARNINGS": "ignore"}


def _uv(*words: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([str(uv) if uv.exists() else "uv", *words], check=True, capture_output=True, timeout=280)
