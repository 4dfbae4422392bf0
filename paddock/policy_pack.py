"""Python policy packs that are run with `--policy-pack`: each has an environment of its own, made once.

The engine starts a pack through the language host; what is not installed then is never fetched. So it is brought
before: by `make` for the pack in `policy/`, by `paddock` for any that a command of Pulumi's names.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import yaml

from paddock import console
from paddock.errors import LackError
from paddock.toolchain.lock import exclusive

_FLAG = "--policy-pack"
_LAST_LINES = 8


def packs_in(flags: Sequence[str], folder: Path) -> list[Path]:
    """The packs that Pulumi's flags name, found from `folder`, in which Pulumi will run."""
    named = [flag.removeprefix(f"{_FLAG}=") for flag in flags if flag.startswith(f"{_FLAG}=")]
    named += [after for flag, after in pairwise(flags) if flag == _FLAG]
    return [folder / pack for word in named for pack in word.split(",")]


def bring_named(flags: Sequence[str], folder: Path) -> None:
    """Bring every pack that the flags name. Raises LackError."""
    for pack in packs_in(flags, folder):
        bring(pack, console.note)


def bring(pack: Path, report: Callable[[str], None]) -> None:
    """Make the virtual environment that PulumiPolicy.yaml names, with requirements.txt in it, unless it is there.

    Leaves alone what is none of ours to make: a pack in another language, one without a virtual environment, no pack at
    all (Pulumi then says so). Raises LackError.
    """
    virtualenv = _virtualenv(pack)
    requirements = pack / "requirements.txt"
    if virtualenv is None or not requirements.is_file() or _is_ready(virtualenv, requirements):
        return
    virtualenv.mkdir(parents=True, exist_ok=True)
    # Not `.lock`, which is uv's own name for the same purpose.
    with exclusive(virtualenv / ".bringing.lock", report, "the policy pack's packages"):
        if not _is_ready(virtualenv, requirements):
            report(f"installing the packages of the policy pack {pack.name} into {virtualenv} (once)")
            _install(virtualenv, requirements)


def _install(virtualenv: Path, requirements: Path) -> None:
    """Whatever ends this half-way leaves a stamp that says so, and the next call does it again."""
    _stamp(virtualenv).write_bytes(b"")
    _run_first_that_works([[sys.executable, "-m", "venv", "--without-pip", str(virtualenv)]])
    _run_first_that_works(_install_commands(str(virtualenv / "bin" / "python"), str(requirements)))
    _stamp(virtualenv).write_bytes(requirements.read_bytes())


def _virtualenv(pack: Path) -> Path | None:
    try:
        project = yaml.safe_load((pack / "PulumiPolicy.yaml").read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return None  # the engine reads the same file next, and says what is wrong with it
    match project:
        case {"runtime": {"name": "python", "options": {"virtualenv": str(folder)}}}:
            return pack / folder
        case _:
            return None


def _is_ready(virtualenv: Path, requirements: Path) -> bool:
    """Whether what is there was made from these requirements; an environment that somebody else made is theirs."""
    stamp = _stamp(virtualenv)
    if stamp.exists():
        return stamp.read_bytes() == requirements.read_bytes()
    return any(virtualenv.glob("lib/python3*/site-packages/pulumi_policy"))


def _stamp(virtualenv: Path) -> Path:
    return virtualenv / ".installed-requirements.txt"


def _install_commands(python: str, requirements: str) -> list[list[str]]:
    """It takes uv a second and pip ten; where uv can't reach an index that pip is configured for, pip does it."""
    uv = Path(sys.executable).parent / "uv"
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", "install", "--quiet"]
    with_uv = [[str(uv), "pip", "install", "--quiet", "--python", python, "-r", requirements]] if uv.exists() else []
    return [*with_uv, [*pip, "-r", requirements]]


def _run_first_that_works(commands: Sequence[Sequence[str]]) -> None:
    for command in commands:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode == 0:
            return
    last_words = "\n".join((result.stderr or result.stdout).strip().splitlines()[-_LAST_LINES:])
    raise LackError(
        f"the policy pack's packages could not be installed; `{' '.join(command)}` failed:\n{last_words}\n"
        "Where no package index can be reached, run it once where one can, or leave --policy-pack out."
    )


def main() -> None:
    """`python -m paddock.policy_pack FOLDER`: for make."""
    try:
        bring(Path(sys.argv[1]), console.note)
    except LackError as error:
        console.note(str(error))
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
