"""A clone of HEAD to measure in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True)
class BenchClone:
    """`folder`: the project; `empty`: a Pulumi project with an empty program beside it."""

    folder: Path
    empty: Path

    def run(self, *words: str, in_folder: Path | None = None) -> str:
        """Runs a command to its end; its stdout."""
        result = subprocess.run(
            words,
            cwd=in_folder or self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise RuntimeError(f"{' '.join(words)} ended with {result.returncode}\n{result.stdout}\n{result.stderr}")
        return result.stdout

    def shell(self, script: str, in_folder: Path | None = None) -> str:
        """The same for a script in the environment of `paddock env`."""
        here = f'cd "{self.folder}" && eval "$(.venv/bin/paddock env)" && cd "{in_folder or self.folder}" && '
        return self.run("sh", "-ec", here + script)

    def end(self) -> None:
        """Nothing goes on running."""
        self.run(".venv/bin/paddock", "local", "stop")


def make(parent: Path) -> BenchClone:
    """Clones, shares what a warm machine has (packages, the CLI), makes the empty project."""
    folder, empty = parent / "clone", parent / "empty"
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(folder)], check=True)
    (folder / ".venv").symlink_to(Path(sys.prefix))
    tools = PROJECT / ".paddock" / "bin"
    if tools.is_dir():
        shutil.copytree(tools, folder / ".paddock" / "bin", copy_function=os.link)
    empty.mkdir()
    (empty / "__main__.py").write_text("")
    runtime = f"runtime:\n  name: python\n  options:\n    virtualenv: {folder / '.venv'}\n"
    (empty / "Pulumi.yaml").write_text(f"name: empty\n{runtime}")
    return BenchClone(folder, empty)
