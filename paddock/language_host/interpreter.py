"""Which Python runs a program: decided from the project's runtime options, without starting anything."""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paddock.language_host.errors import InterpreterNotFoundError, RuntimeOptionRefusedError


@dataclass(frozen=True)
class Interpreter:
    """A Python executable, and the virtual environment that it is entered through (None: as the process's own)."""

    python: Path
    virtualenv: Path | None = None

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return `environ` as it is after `activate`: the virtual environment's programs come first."""
        activated = dict(environ)
        if self.virtualenv is None:
            return activated
        activated["VIRTUAL_ENV"] = str(self.virtualenv)
        activated["PATH"] = os.pathsep.join([str(self.python.parent), environ.get("PATH", os.defpath)])
        activated.pop("PYTHONHOME", None)
        return activated

    def version(self) -> str:
        """Return Python's version, as `3.11.9`."""
        if self.virtualenv is None:
            return platform.python_version()
        answer = subprocess.run(
            [self.python, "-c", "import platform; print(platform.python_version())"],
            check=True,
            capture_output=True,
            text=True,
        )
        return answer.stdout.strip()

    def site_packages(self) -> list[Path]:
        """Return the folders that hold the interpreter's installed packages."""
        if self.virtualenv is None:
            return [Path(entry) for entry in sys.path if entry and Path(entry).is_dir()]
        return sorted(self.virtualenv.glob("lib/python3*/site-packages"))


OWN_INTERPRETER = Interpreter(Path(sys.executable))


def interpreter_for(options: Mapping[str, object], root_directory: Path) -> Interpreter:
    """Return the interpreter that `runtime.options` asks for; this process's own where nothing is said.

    The official host takes `python3` from PATH then. Ours takes the one that Paddock is installed in, since that one
    has the SDK; a `virtualenv` is found from the project's root, as there.
    """
    _refuse_other_tools(options)
    virtualenv = options.get("virtualenv")
    if not virtualenv:
        return OWN_INTERPRETER
    if not isinstance(virtualenv, str):
        raise RuntimeOptionRefusedError("virtualenv", virtualenv, "a folder, as text")
    folder = Path(os.path.normpath(root_directory / virtualenv))
    python = folder / "bin" / "python"
    if not python.exists():
        raise InterpreterNotFoundError(virtualenv, python)
    if folder.samefile(sys.prefix):
        return OWN_INTERPRETER
    return Interpreter(python, folder)


def _refuse_other_tools(options: Mapping[str, object]) -> None:
    if options.get("toolchain", "pip") != "pip":
        raise RuntimeOptionRefusedError("toolchain", options["toolchain"], "'pip'")
    if options.get("typechecker", "none") not in ("none", ""):
        raise RuntimeOptionRefusedError("typechecker", options["typechecker"], "'none' (run the type checker before)")
