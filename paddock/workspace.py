"""Where things are: the project's folder and its `.paddock/`."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from paddock.errors import WordsError

LOCAL_STACK = "local"


def is_local(stack: str) -> bool:
    """Whether a stack lives on the project's local OCI: `local`, and a fleet's stacks on it (`local-<shard>`)."""
    return stack == LOCAL_STACK or stack.startswith(f"{LOCAL_STACK}-")


@dataclass(frozen=True)
class Workspace:
    """A Pulumi project (the folder that holds Pulumi.yaml). All paths are absolute."""

    project_dir: Path

    @property
    def project_name(self) -> str:
        """The project's name in Pulumi: part of each stack's full name and of its place in a state of files."""
        document = yaml.safe_load((self.project_dir / "Pulumi.yaml").read_text(encoding="utf-8"))
        return str(document["name"])

    @property
    def paddock_dir(self) -> Path:
        """Everything that is not the user's: removed, all is as after a clone."""
        return self.project_dir / ".paddock"

    @property
    def local_oci_dir(self) -> Path:
        """The data folder of the local OCI."""
        return self.paddock_dir / "local"

    @property
    def state_dir(self) -> Path:
        """Pulumi's file backend of the local stack."""
        return self.paddock_dir / "state"

    @property
    def artifacts_dir(self) -> Path:
        """What the builder makes; its name keeps oracle-ads from ignoring the files in it (OCI.md §1.1)."""
        return self.project_dir / "artifacts"

    def stack_file(self, stack: str) -> Path:
        """`Pulumi.<stack>.yaml`."""
        return self.project_dir / f"Pulumi.{stack}.yaml"


def find_workspace(start: Path | None = None) -> Workspace:
    """The workspace that `start` (default: the current folder) lies in; raises WordsError outside of any project."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").is_file():
            return Workspace(folder)
    raise WordsError(
        f"{here} is in no Paddock project: neither it nor a folder above has a Pulumi.yaml. Go to one first."
    )


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """Writes beside `path` and renames: a reader, or a kill, never meets half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(temporary).chmod(mode)
    Path(temporary).replace(path)
