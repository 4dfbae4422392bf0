"""What a command needs to have running before Pulumi starts, for the local stack and for others.

The local stack brings its own Pulumi home, state, credentials and local OCI. Any other stack runs in the caller's own
environment (backend, credentials, official plugin); only the toolchain is ours.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from local_oci import credentials, daemon
from local_oci.daemon import Running
from local_oci.errors import LocalOciError
from paddock import console, local_stack, torn_checkpoint
from paddock.environment import LocalTarget, local_environment
from paddock.errors import LackError, PaddockError
from paddock.toolchain import Toolchain, ToolchainError, ensure, write_plugin
from paddock.workspace import Workspace, is_local


@dataclass(frozen=True)
class Session:
    """A stack that Pulumi can be run on: `environment` is whole, to be handed to the process as it is."""

    workspace: Workspace
    stack: str
    pulumi: Path
    environment: dict[str, str]
    local_oci: Running | None

    @property
    def is_local(self) -> bool:
        """Whether the stack lives on the local OCI."""
        return self.local_oci is not None


def open_session(workspace: Workspace, stack: str, *, official: bool = False) -> Session:
    """Finds or builds the toolchain and, for the local stack, starts the local OCI and makes the stack."""
    toolchain = ensure_toolchain(workspace)
    if not is_local(stack):
        environment = {**os.environ, "PATH": _path_with(toolchain), "PULUMI_SKIP_UPDATE_CHECK": "true"}
        _mend_checkpoint(workspace, stack, environment)
        return Session(workspace, stack, toolchain.pulumi, environment, None)
    write_plugin(workspace.paddock_dir, Path(sys.executable), version("pulumi-oci"))
    running = start_local_oci(workspace)
    variables = local_variables(workspace, running, toolchain, official=official)
    environment = {**os.environ, **variables}
    environment.pop("PULUMI_CONFIG_PASSPHRASE", None)
    local_stack.ensure_files(workspace, credentials.load(workspace.local_oci_dir).compartment_ocid)
    local_stack.ensure_stack(workspace, toolchain.pulumi, environment)
    local_stack.release_stale_locks(workspace)
    _mend_checkpoint(workspace, stack, environment)
    return Session(workspace, stack, toolchain.pulumi, environment, running)


def _mend_checkpoint(workspace: Workspace, stack: str, environment: Mapping[str, str]) -> None:
    """Only while no one else works on the stack: a lock is somebody's who may be writing."""
    project = workspace.project_name
    if torn_checkpoint.mend(environment.get("PULUMI_BACKEND_URL", ""), project, stack):
        console.note(f"stack {stack}: a run that was killed left its checkpoint torn; the copy before it stands again")


def ensure_toolchain(workspace: Workspace) -> Toolchain:
    """The Pulumi CLI and, where it came without one, our language host."""
    try:
        return ensure(workspace.paddock_dir, report=console.note)
    except ToolchainError as error:
        raise LackError(str(error)) from error


def start_local_oci(
    workspace: Workspace,
    port: int | None = None,
    data_dir: Path | None = None,
    *,
    has_admin: bool = False,
    enforces_bandwidth: bool = False,
) -> Running:
    """The running local OCI of this workspace, started if need be."""
    try:
        return daemon.start(
            data_dir or workspace.local_oci_dir, port, has_admin=has_admin, enforces_bandwidth=enforces_bandwidth
        )
    except LocalOciError as error:
        raise PaddockError(str(error)) from error


def local_variables(
    workspace: Workspace, running: Running, toolchain: Toolchain, *, official: bool = False
) -> dict[str, str]:
    """What `paddock env` prints."""
    target = LocalTarget(
        paddock_dir=workspace.paddock_dir,
        endpoint=running.endpoint,
        credentials=credentials.load(workspace.local_oci_dir),
        tool_dirs=tool_dirs(toolchain),
    )
    return local_environment(target, os.environ, official=official)


def tool_dirs(toolchain: Toolchain) -> tuple[Path, ...]:
    """Folders to put first on PATH, so that the plain `pulumi` is the one that we use."""
    tools = [toolchain.pulumi, toolchain.language_host]
    return tuple(dict.fromkeys(tool.parent for tool in tools if tool is not None))


def _path_with(toolchain: Toolchain) -> str:
    return os.pathsep.join([*map(str, tool_dirs(toolchain)), os.environ.get("PATH", "")])
