"""The local stack: its file, its passphrase, its state. Made on first use, never changed afterwards."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from paddock.errors import PaddockError
from paddock.lock_files import lock_files
from paddock.workspace import LOCAL_STACK, Workspace, write_atomically


def ensure_files(workspace: Workspace, compartment_ocid: str) -> None:
    """Stack file with the local compartment, passphrase, folder of the state; leaves what is there alone.

    The stack file is not in the repository: Pulumi writes the salt of this clone's passphrase into it.
    """
    stack_file = workspace.stack_file(LOCAL_STACK)
    if not stack_file.exists():
        config = {"config": {"paddock:compartmentId": compartment_ocid}}
        write_atomically(stack_file, yaml.safe_dump(config, sort_keys=False))
    passphrase = workspace.paddock_dir / "passphrase"
    if not passphrase.exists():
        write_atomically(passphrase, secrets.token_urlsafe(32) + "\n", mode=0o600)
    workspace.state_dir.mkdir(parents=True, exist_ok=True)


def ensure_stack(workspace: Workspace, pulumi: Path, environment: Mapping[str, str]) -> None:
    """`pulumi stack init local`, once. Raises PaddockError with Pulumi's own words."""
    project = workspace.project_name
    if (workspace.state_dir / ".pulumi" / "stacks" / project / f"{LOCAL_STACK}.json").exists():
        return
    # A salt left over from a removed `.paddock/` belongs to a passphrase that is gone.
    _forget_salt(workspace.stack_file(LOCAL_STACK))
    result = subprocess.run(
        [str(pulumi), "stack", "init", LOCAL_STACK, "--non-interactive"],
        cwd=workspace.project_dir,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise PaddockError(f"`pulumi stack init {LOCAL_STACK}` failed:\n{(result.stderr or result.stdout).strip()}")


def release_stale_locks(workspace: Workspace) -> None:
    """Drops the locks of Pulumi processes of this machine that are gone: a killed `up` must not keep the next one out.

    A lock whose process lives, or that another machine holds, stays; Pulumi then says who holds it.
    """
    for lock, is_gone in lock_files(workspace.state_dir / ".pulumi" / "locks"):
        if is_gone:
            lock.unlink(missing_ok=True)
            lock.with_name(f"{lock.name}.attrs").unlink(missing_ok=True)


def _forget_salt(stack_file: Path) -> None:
    document = yaml.safe_load(stack_file.read_text(encoding="utf-8")) or {}
    if "encryptionsalt" not in document:
        return
    secure = [
        key for key, value in (document.get("config") or {}).items() if isinstance(value, dict) and "secure" in value
    ]
    if secure:
        raise PaddockError(
            f"{stack_file.name} holds secrets ({', '.join(secure)}) of a passphrase that went with the old .paddock/. "
            "Remove them from the file, run the command again, then set them anew with `pulumi config set --secret`."
        )
    lines = stack_file.read_text(encoding="utf-8").splitlines(keepends=True)
    write_atomically(stack_file, "".join(line for line in lines if not line.startswith("encryptionsalt:")))
