"""A stack as its files and the caller's environment describe it: read once, without asking anybody."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from paddock.toolchain import find_ready
from paddock.workspace import Workspace


@dataclass(frozen=True)
class Patient:
    """``document``: the stack's file, empty where there is none or it is no YAML; ``config`` its configuration.

    ``pulumi``: None where no CLI is there yet. ``environment`` is what a run would have.
    """

    workspace: Workspace
    stack: str
    environment: Mapping[str, str]
    pulumi: Path | None
    document: Mapping[str, Any] = field(default_factory=dict)
    project: Mapping[str, Any] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        """`Pulumi.<stack>.yaml`; of `org/project/prod` the last word counts."""
        return f"Pulumi.{self.short_name}.yaml"

    @property
    def short_name(self) -> str:
        """Without organisation and project."""
        return self.stack.rpartition("/")[2]

    @property
    def file(self) -> Path:
        """The stack's file."""
        return self.workspace.project_dir / self.file_name

    @property
    def config(self) -> Mapping[str, Any]:
        """Keys as the file has them, `oci:region`."""
        found = self.document.get("config")
        return found if isinstance(found, Mapping) else {}

    def setting(self, key: str) -> str | None:
        """A value of the plugin's: from the stack's file, else from the variables that the plugin reads."""
        value = self.config.get(f"oci:{key}")
        if isinstance(value, Mapping):
            return "(a secret)" if "secure" in value else None
        if value is not None:
            return str(value)
        snake = "".join(f"_{one.lower()}" if one.isupper() else one for one in key)
        for name in (f"TF_VAR_{snake}", f"OCI_{snake}", f"OCI_{snake.upper()}"):
            if self.environment.get(name):
                return self.environment[name]
        return None


def patient_of(workspace: Workspace, stack: str, environment: Mapping[str, str] | None = None) -> Patient:
    """Reads the stack's file and the project's."""
    caller = dict(os.environ if environment is None else environment)
    toolchain = find_ready(workspace.paddock_dir)
    variables = {**caller, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    if toolchain is not None:
        tools = [one for one in (toolchain.pulumi, toolchain.language_host) if one is not None]
        folders = dict.fromkeys(str(one.parent) for one in tools)
        variables["PATH"] = os.pathsep.join([*folders, caller.get("PATH", "")])
    patient = Patient(workspace, stack, variables, toolchain.pulumi if toolchain else None)
    return Patient(
        workspace,
        stack,
        variables,
        patient.pulumi,
        document=_mapping(patient.file),
        project=_mapping(workspace.project_dir / "Pulumi.yaml"),
    )


def _mapping(file: Path) -> Mapping[str, Any]:
    """Empty where it is not there or no YAML, which the check of the file itself tells."""
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return {}
    return found if isinstance(found, Mapping) else {}
