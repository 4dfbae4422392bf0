"""A second local OCI beside the workspace's own, and the environment in which Pulumi and OCI's clients meet it.

It stands for an OCI that is not the local stack's: a rehearsal's, or production's in a test. Everything about it lies
in its data folder; what Pulumi needs beside the OCI lies in `DIR/paddock/`:

    home/  state/  passphrase  intents/     as in `.paddock/` (ARCHITECTURE.md, "Contracts")
"""

from __future__ import annotations

import os
import secrets
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from local_oci import credentials
from local_oci.credentials import Credentials
from local_oci.daemon import Running
from paddock.environment import LocalTarget, local_environment
from paddock.session import ensure_toolchain, start_local_oci, tool_dirs
from paddock.toolchain import write_plugin
from paddock.workspace import Workspace, write_atomically


@dataclass(frozen=True)
class OtherLocalOci:
    """It runs; `variables` go on top of the caller's environment, and any stack but `local` then meets it."""

    running: Running
    known: Credentials
    variables: dict[str, str]


def start(workspace: Workspace, data_dir: Path, port: int | None = None) -> OtherLocalOci:
    """Starts it where it does not run; makes what Pulumi needs, once. Any free port unless `port` says which."""
    running = start_local_oci(workspace, port, data_dir)
    toolchain = ensure_toolchain(workspace)
    paddock_dir = running.data_dir / "paddock"
    write_plugin(paddock_dir, Path(sys.executable), version("pulumi-oci"))
    passphrase = paddock_dir / "passphrase"
    if not passphrase.exists():
        write_atomically(passphrase, secrets.token_urlsafe(32) + "\n", mode=0o600)
    (paddock_dir / "state").mkdir(exist_ok=True)
    known = credentials.load(running.data_dir)
    target = LocalTarget(paddock_dir, running.endpoint, known, tool_dirs(toolchain))
    return OtherLocalOci(running, known, local_environment(target, os.environ))
