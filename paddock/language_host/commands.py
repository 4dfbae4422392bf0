"""The commands that install a project's requirements and start its plugins, as argument lists."""

import sys
from collections.abc import Mapping
from pathlib import Path

from paddock.language_host.errors import RuntimeOptionRefusedError
from paddock.language_host.interpreter import Interpreter


def install_commands(options: Mapping[str, object], root_directory: Path, folder: Path) -> list[list[str]]:
    """Return what must run so that the interpreter of `folder`'s program has its requirements; [] without any."""
    commands = []
    python = sys.executable
    virtualenv = options.get("virtualenv")
    if virtualenv:
        if not isinstance(virtualenv, str):
            raise RuntimeOptionRefusedError("virtualenv", virtualenv, "a folder, as text")
        environment = root_directory / virtualenv
        python = str(environment / "bin" / "python")
        if not Path(python).exists():
            commands.append([sys.executable, "-m", "venv", str(environment)])
    if (folder / "requirements.txt").is_file():
        commands.append([python, "-m", "pip", "install", "-r", str(folder / "requirements.txt")])
    return commands


def plugin_command(interpreter: Interpreter, kind: str, folder: Path, arguments: list[str]) -> list[str]:
    """Return the command that starts the plugin in `folder`.

    A policy pack (kind `analyzer`) is run by the SDK's `pulumi.policy`, which is given the engine's address and the
    folder; anything else is the folder's own `__main__.py`.
    """
    python = str(interpreter.python)
    if kind == "analyzer":
        return [python, "-u", "-m", "pulumi.policy", *arguments, str(folder)]
    return [python, "-u", str(folder), *arguments]
