"""Finding, fetching or building the CLI: acts on the plan."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from paddock.toolchain.discovery import discover, path_outside, write_stamp
from paddock.toolchain.errors import InstallerFailedError
from paddock.toolchain.lock import exclusive
from paddock.toolchain.pin import PINNED_VERSION
from paddock.toolchain.plan import Build, Fetch, PulumiFound, Source, Step, Use, plan
from paddock.toolchain.scripts import write_language_host


@dataclass(frozen=True)
class Toolchain:
    """The CLI to use, and our language host where its folder must be on PATH for the CLI to find it."""

    pulumi: Path
    language_host: Path | None
    source: Source
    version: str


def find_ready(paddock_dir: Path, *, environ: Mapping[str, str] = os.environ) -> Toolchain | None:
    """Return the CLI if it is there, without fetching or building anything; a few milliseconds."""
    step = plan(discover(paddock_dir, environ), PINNED_VERSION)[0]
    return _toolchain(step.found, paddock_dir, environ) if isinstance(step, Use) else None


def ensure(paddock_dir: Path, *, report: Callable[[str], None], environ: Mapping[str, str] = os.environ) -> Toolchain:
    """Return the CLI; brings it first where it is not there, in minutes, under a lock.

    `report` gets the lines for people. Whatever ends this half-way leaves nothing that a later call would take for
    whole. Raises ToolchainError.
    """
    paddock_dir = paddock_dir.absolute()
    if ready := find_ready(paddock_dir, environ=environ):
        return ready
    with exclusive(paddock_dir / "toolchain" / "lock", report):
        _remove_left_overs(paddock_dir / "toolchain")
        steps = plan(discover(paddock_dir, environ), PINNED_VERSION)
        return _toolchain(_first_that_works(steps, paddock_dir, environ, report), paddock_dir, environ)


def _first_that_works(
    steps: tuple[Step, ...], paddock_dir: Path, environ: Mapping[str, str], report: Callable[[str], None]
) -> PulumiFound:
    *attempts, last = steps
    for step in attempts:
        try:
            return _take(step, paddock_dir, environ, report)
        except InstallerFailedError as error:
            report(str(error).splitlines()[0])
    return _take(last, paddock_dir, environ, report)


def _take(step: Step, paddock_dir: Path, environ: Mapping[str, str], report: Callable[[str], None]) -> PulumiFound:
    source: Source
    match step:
        case Use(found):
            return found
        case Fetch():
            from paddock.toolchain.installer import fetch

            fetch(step, paddock_dir, environ, report)
            source = "installer"
            write_stamp(paddock_dir, step.version, source)
        case Build():
            from paddock.toolchain.build import build, forget_caches

            build(step, paddock_dir, environ, report, sys.stderr)
            source = "module"
            write_stamp(paddock_dir, step.version, source)
            forget_caches(paddock_dir / "toolchain")
    return PulumiFound(paddock_dir / "bin" / "pulumi", step.version, source)


def _remove_left_overs(toolchain_dir: Path) -> None:
    """Remove what killed attempts had begun; what Go compiled and fetched stays."""
    for beside in (*toolchain_dir.glob("built-*"), *toolchain_dir.glob("installed-*")):
        shutil.rmtree(beside)


def _toolchain(found: PulumiFound, paddock_dir: Path, environ: Mapping[str, str]) -> Toolchain:
    """Put our language host where the CLI finds it, unless it has one of its own."""
    language_host = None
    if found.source == "module":
        language_host = write_language_host(paddock_dir / "bin", Path(sys.executable))
    elif found.source == "path" and not _has_language_host(found.pulumi, paddock_dir, environ):
        # Not through PATH: the CLI warns of a language host that it finds there but not beside itself.
        write_language_host(
            paddock_dir / "home" / "plugins" / f"language-python-v{PINNED_VERSION}", Path(sys.executable)
        )
    return Toolchain(found.pulumi, language_host, found.source, found.version)


def _has_language_host(pulumi: Path, paddock_dir: Path, environ: Mapping[str, str]) -> bool:
    name = "pulumi-language-python"
    if shutil.which(name, path=path_outside(paddock_dir, environ)):
        return True
    return (pulumi.resolve().parent / name).exists()
