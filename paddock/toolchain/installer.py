"""Pulumi's own installer, through the Automation API, where its host can be reached."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from paddock.toolchain.errors import InstallerFailedError
from paddock.toolchain.plan import Fetch

INSTALLER_URL = "https://get.pulumi.com"
_PROBE_TIMEOUT_S = 3.0
_INSTALL_TIMEOUT_S = 600.0
_LAST_LINES = 12


def fetch(step: Fetch, paddock_dir: Path, environ: Mapping[str, str], report: Callable[[str], None]) -> None:
    """Have `.paddock/bin` hold the release of the CLI with its language hosts; raises InstallerFailedError.

    PADDOCK_PULUMI_INSTALLER_URL names another place that serves `/install.sh` (a mirror, a test's server).
    """
    base_url = (environ.get("PADDOCK_PULUMI_INSTALLER_URL") or INSTALLER_URL).rstrip("/")
    if not is_reachable(base_url, _PROBE_TIMEOUT_S):
        raise InstallerFailedError(
            f"Pulumi's installer: {base_url} did not answer within {_PROBE_TIMEOUT_S:.0f} s. Check the network, or "
            "unset PADDOCK_PULUMI_SOURCE to have the CLI built from its Go module."
        )
    report(f"fetching the Pulumi CLI {step.version} with Pulumi's installer")
    toolchain_dir = paddock_dir / "toolchain"
    toolchain_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="installed-", dir=toolchain_dir) as beside:
        _install(base_url, Path(beside), step.version, environ)
        _move(Path(beside) / "bin", paddock_dir / "bin")


def is_reachable(base_url: str, timeout_s: float) -> bool:
    """Tell whether the host answers in time. Looking up its name may hang without limit: hence the thread."""
    answered = threading.Event()

    def ask() -> None:
        request = urllib.request.Request(f"{base_url}/install.sh", method="HEAD")  # noqa: S310  # the user names it
        try:
            with urllib.request.urlopen(request, timeout=timeout_s):  # noqa: S310  # as above
                answered.set()
        except (OSError, ValueError):
            # Unreachable, refused or no URL at all: the answer is no, and the caller says what that means.
            return

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(timeout_s + 1)
    return answered.is_set()


def _install(base_url: str, root: Path, version: str, environ: Mapping[str, str]) -> None:
    """Run `PulumiCommand.install` in a process of its own: it runs a script, which may hang or leave children."""
    command = [sys.executable, "-P", str(Path(__file__).with_name("installer_process.py"))]
    process = subprocess.Popen(
        [*command, base_url, str(root), version],
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=_INSTALL_TIMEOUT_S)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise InstallerFailedError(
                f"Pulumi's installer from {base_url} did not end within {_INSTALL_TIMEOUT_S:.0f} s. Run the same "
                "command again, or set PADDOCK_PULUMI_SOURCE=module to build the CLI instead."
            ) from error
        raise
    if process.returncode != 0:
        lines = "\n".join(f"    {line}" for line in output.splitlines()[-_LAST_LINES:])
        raise InstallerFailedError(
            f"Pulumi's installer from {base_url} failed:\n{lines}\n"
            "Set PADDOCK_PULUMI_SOURCE=module to build the CLI from its Go module instead."
        )


def _move(fetched: Path, final: Path) -> None:
    """Move each program to its final name, the CLI last: it is not there before what it needs is."""
    final.mkdir(parents=True, exist_ok=True)
    for program in sorted(fetched.iterdir(), key=lambda path: path.name == "pulumi"):
        target = final / program.name
        if program.is_dir():
            shutil.rmtree(target, ignore_errors=True)
        program.replace(target)
