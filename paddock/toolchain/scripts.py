"""The small programs that the Pulumi CLI starts: our language host and our `oci` plugin."""

import shlex
from pathlib import Path

from paddock.toolchain.files import write_whole

_ROOT = Path(__file__).parents[2]
# -I: neither the user's folder (the engine starts plugins in it) nor PYTHON* variables can put other modules in the
# place of ours; our own root is then the first place that is looked in, whether Paddock is installed or a checkout.
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); import runpy; "
    'runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)'
)
_EXECUTABLE = 0o755


def write_plugin(paddock_dir: Path, python: Path, version: str) -> Path:
    """Have `home/plugins` hold the `oci` resource plugin of this version, which is ours; return its script.

    The folder's name and the script in it are all that the CLI looks for. Cheap where it is there already.
    """
    script = paddock_dir / "home" / "plugins" / f"resource-oci-v{version}" / "pulumi-resource-oci"
    write_whole(script, _script(python, "oci_provider"), mode=_EXECUTABLE)
    return script


def write_language_host(folder: Path, python: Path) -> Path:
    """Have `folder` hold `pulumi-language-python`, which is ours; return the script."""
    script = folder / "pulumi-language-python"
    # An interrupt must not meet Python while it starts and cannot answer but with a traceback.
    write_whole(script, _script(python, "paddock.language_host", before="trap '' INT\n"), mode=_EXECUTABLE)
    return script


def _script(python: Path, module: str, before: str = "") -> str:
    command = shlex.join([str(python), "-I", "-c", _START, str(_ROOT), module])
    return f'#!/bin/sh\n{before}exec {command} "$@"\n'
