"""Where the Pulumi CLI comes from: decided from plain values, in the order of DESIGN 3.8."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from paddock.toolchain.errors import SourceRefusedError

Source = Literal["path", "installer", "module"]
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?:[-+].*)?")


@dataclass(frozen=True)
class PulumiFound:
    """A CLI that is there: where, which version it says it is, and how it came there."""

    pulumi: Path
    version: str
    source: Source


@dataclass(frozen=True)
class Findings:
    """What the decision is made from."""

    on_path: PulumiFound | None
    in_paddock: PulumiFound | None
    go: Path | None
    forced: str | None = None


@dataclass(frozen=True)
class Use:
    """Take this CLI as it is."""

    found: PulumiFound


@dataclass(frozen=True)
class Fetch:
    """Run Pulumi's own installer, if its host answers at once; what comes after is tried where it does not."""

    version: str


@dataclass(frozen=True)
class Build:
    """Build the pinned Go module, with this Go or (None) with one that is brought first."""

    version: str
    go: Path | None


Step = Use | Fetch | Build


def plan(findings: Findings, pinned_version: str) -> tuple[Step, ...]:
    """Return what to try, in order; the first that succeeds is the CLI.

    From PATH any version of the pinned one's major and at least its minor will do; in `.paddock/` only the pinned one
    itself, since we put it there.
    """
    forced = _checked(findings.forced)
    on_path = findings.on_path
    if forced in (None, "path") and on_path is not None and _is_new_enough(on_path.version, pinned_version):
        return (Use(on_path),)
    if forced == "path":
        found = f"{on_path.version} at {on_path.pulumi}" if on_path else "none"
        raise SourceRefusedError(
            f"PADDOCK_PULUMI_SOURCE=path: expected a Pulumi CLI {_minor(pinned_version)} or newer on PATH, found "
            f"{found}. Install one, or unset the variable."
        )
    ours = findings.in_paddock
    if ours is not None and ours.version == pinned_version and forced in (None, ours.source):
        return (Use(ours),)
    fetch, build = Fetch(pinned_version), Build(pinned_version, findings.go)
    if forced == "installer":
        return (fetch,)
    return (build,) if forced == "module" else (fetch, build)


def _checked(forced: str | None) -> Source | None:
    match forced:
        case None | "":
            return None
        case "path" | "installer" | "module":
            return forced
        case _:
            raise SourceRefusedError(
                f"PADDOCK_PULUMI_SOURCE: expected path, installer or module, found {forced!r}. Unset it to have "
                "Paddock choose."
            )


def _is_new_enough(version: str, pinned_version: str) -> bool:
    found, pinned = _VERSION.fullmatch(version), _VERSION.fullmatch(pinned_version)
    if found is None or pinned is None:
        return False
    return found[1] == pinned[1] and int(found[2]) >= int(pinned[2])


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])
