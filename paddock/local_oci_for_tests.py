"""A local OCI for tests: what a test needs to speak to it, to break it, and to run Pulumi programs against it.

@pytest.fixture(scope="module")
def cloud(tmp_path_factory, pytestconfig):
    with started(tmp_path_factory.mktemp("cloud"), pytestconfig.rootpath) as cloud:
        yield cloud
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import oci

from local_oci import credentials, daemon
from local_oci.data_folder import FAULTS_PATH, DataFolder
from paddock.environment import LocalTarget, local_environment
from paddock.errors import PaddockError
from paddock.session import tool_dirs
from paddock.toolchain import ensure, write_plugin
from paddock.workspace import write_atomically

Client = TypeVar("Client")
_TIMEOUT_S = 30.0
_PASSPHRASE = "of a test"  # noqa: S105 - guards nothing: state and stack go with the test


@contextlib.contextmanager
def started(folder: Path, project_dir: Path) -> Iterator[LocalOci]:
    """A local OCI in `folder`; its processes are gone afterwards. `project_dir`: its `.paddock/` has the Pulumi CLI."""
    running = daemon.start(folder / "local", 0, has_admin=True)
    cloud = LocalOci(folder, running.endpoint, project_dir / ".paddock")
    try:
        yield cloud
    finally:
        cloud.close()
        daemon.stop(running.data_dir)


class LocalOci:
    """`config` is what Oracle's clients take; `compartment_id` is where resources go."""

    def __init__(self, folder: Path, endpoint: str, toolchain_dir: Path) -> None:
        self.endpoint = endpoint
        self.data_dir = folder / "local"
        self._folder = folder
        self._toolchain_dir = toolchain_dir
        self._credentials = credentials.load(self.data_dir)
        self._clients: dict[type, Any] = {}
        self._stack_files: list[Path] = []
        self.compartment_id = self._credentials.compartment_ocid
        self.config: dict[str, str] = oci.config.from_file(str(self._credentials.config_file))
        self.signer = oci.signer.Signer.from_config(self.config)

    def client(self, kind: type[Client]) -> Client:
        """One of Oracle's clients, such as `oci.data_science.DataScienceClient`, that speaks to this cloud."""
        if kind not in self._clients:
            self._clients[kind] = kind(self.config, service_endpoint=self.endpoint)  # type: ignore[call-arg]
            self._clients[kind].base_client.session.trust_env = False
        found: Client = self._clients[kind]
        return found

    @property
    def data_science(self) -> Any:
        """`oci.data_science.DataScienceClient`."""
        return self.client(oci.data_science.DataScienceClient)

    @property
    def logging(self) -> Any:
        """`oci.logging.LoggingManagementClient`."""
        return self.client(oci.logging.LoggingManagementClient)

    @property
    def identity(self) -> Any:
        """`oci.identity.IdentityClient`."""
        return self.client(oci.identity.IdentityClient)

    @property
    def object_storage(self) -> Any:
        """`oci.object_storage.ObjectStorageClient`."""
        return self.client(oci.object_storage.ObjectStorageClient)

    def set_faults(self, *faults: Mapping[str, Any]) -> None:
        """Have calls and work meet these faults and no others (`local_oci.faults` says what there is)."""
        token = DataFolder(self.data_dir).admin_token.read_text()
        connection = http.client.HTTPConnection(self.endpoint.removeprefix("http://"), timeout=_TIMEOUT_S)
        try:
            headers = {"authorization": f"Bearer {token}"}
            connection.request("PUT", FAULTS_PATH, json.dumps({"faults": list(faults)}), headers)
            answer = connection.getresponse()
            told = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != http.HTTPStatus.OK:
            raise PaddockError(f"the faults are not set: {told['message']}")

    @cached_property
    def environment(self) -> dict[str, str]:
        """What a process needs to meet this cloud: Pulumi with its `oci` plugin, Terraform, the `oci` CLI, the SDK.

        The Pulumi CLI is found as `paddock up` finds it; where there is none it is brought, once for the project.
        """
        toolchain = ensure(self._toolchain_dir, report=lambda _: None)
        write_plugin(self._folder, Path(sys.executable), version("pulumi-oci"))
        write_atomically(self._folder / "passphrase", _PASSPHRASE, mode=0o600)
        (self._folder / "state").mkdir(exist_ok=True)
        folders = (*tool_dirs(toolchain), Path(sys.executable).parent)
        target = LocalTarget(self._folder, self.endpoint, self._credentials, folders)
        return local_environment(target, os.environ) | {"PULUMI_CONFIG_PASSPHRASE": _PASSPHRASE}

    def stack(self, program_dir: Path, config: Mapping[str, str] | None = None, name: str = "test") -> Any:
        """A `pulumi.automation.Stack` of the program in a folder, in a state of its own; its stack file goes with us.

        `config`: the stack's configuration, `project:key` or `key`.
        """
        from pulumi import automation

        stack_file = program_dir / f"Pulumi.{name}.yaml"
        if not stack_file.exists():
            self._stack_files.append(stack_file)
        pulumi = ensure(self._toolchain_dir, report=lambda _: None).pulumi
        command = automation.PulumiCommand(root=str(pulumi.parents[1])) if pulumi.parent.name == "bin" else None
        options = automation.LocalWorkspaceOptions(env_vars=self.environment, pulumi_command=command)
        stack = automation.create_or_select_stack(name, work_dir=str(program_dir), opts=options)
        stack.set_all_config({key: automation.ConfigValue(value) for key, value in (config or {}).items()})
        return stack

    def close(self) -> None:
        """Let go of connections and stack files."""
        for client in self._clients.values():
            client.base_client.session.close()
        for stack_file in self._stack_files:
            stack_file.unlink(missing_ok=True)
