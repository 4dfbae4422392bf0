"""What is there already: a CLI on PATH, one in `.paddock/bin`. Asks a CLI for its version once, then remembers."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from paddock.toolchain.files import write_whole
from paddock.toolchain.plan import Findings, PulumiFound, Source

_ASKING_TIMEOUT_S = 30.0


def discover(paddock_dir: Path, environ: Mapping[str, str]) -> Findings:
    """Return the findings that the plan is made from; starts a process only for a CLI on PATH that is new to us."""
    go = shutil.which("go", path=environ.get("PATH", os.defpath))
    return Findings(
        on_path=_pulumi_on_path(paddock_dir, environ),
        in_paddock=_pulumi_in_paddock(paddock_dir),
        go=Path(go) if go else None,
        forced=environ.get("PADDOCK_PULUMI_SOURCE"),
    )


def stamp_path(paddock_dir: Path) -> Path:
    """Where it is noted which CLI `.paddock/bin/pulumi` is."""
    return paddock_dir / "bin" / ".pulumi.json"


def write_stamp(paddock_dir: Path, version: str, source: Source) -> None:
    """Note that `.paddock/bin/pulumi`, as it lies there now, is `version` from `source`."""
    identity = _identity(paddock_dir / "bin" / "pulumi")
    write_whole(stamp_path(paddock_dir), json.dumps({"version": version, "source": source, **identity}) + "\n")


def path_outside(paddock_dir: Path, environ: Mapping[str, str]) -> str:
    """Return PATH without our own folder, which `paddock env` puts there."""
    own = paddock_dir / "bin"
    entries = environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(entry for entry in entries if entry and Path(entry) != own)


def _pulumi_in_paddock(paddock_dir: Path) -> PulumiFound | None:
    pulumi = paddock_dir / "bin" / "pulumi"
    stamp = _read_json(stamp_path(paddock_dir))
    if stamp is None or not pulumi.exists() or not stamp.items() >= _identity(pulumi).items():
        return None
    match stamp:
        case {"version": str(version), "source": "installer" | "module" as source}:
            return PulumiFound(pulumi, version, source)
        case _:
            return None


def _pulumi_on_path(paddock_dir: Path, environ: Mapping[str, str]) -> PulumiFound | None:
    where = shutil.which("pulumi", path=path_outside(paddock_dir, environ))
    if where is None:
        return None
    pulumi = Path(where).absolute()
    remembered_in = paddock_dir / "toolchain" / "pulumi-on-path.json"
    identity = {"pulumi": str(pulumi), **_identity(pulumi)}
    remembered = _read_json(remembered_in)
    if remembered is not None and remembered.items() >= identity.items() and "version" in remembered:
        return PulumiFound(pulumi, str(remembered["version"]), "path")
    version = _ask_version(pulumi, paddock_dir, environ)
    if version is None:
        return None
    write_whole(remembered_in, json.dumps({**identity, "version": version}) + "\n")
    return PulumiFound(pulumi, version, "path")


def _ask_version(pulumi: Path, paddock_dir: Path, environ: Mapping[str, str]) -> str | None:
    """Return what `pulumi version` says, without its `v`; None for a program that does not answer."""
    quiet = {**environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_HOME": str(paddock_dir / "home")}
    try:
        answer = subprocess.run(
            [pulumi, "version"], env=quiet, capture_output=True, text=True, check=True, timeout=_ASKING_TIMEOUT_S
        )
    except (OSError, subprocess.SubprocessError):
        # What does not tell its version is no CLI that we could use: the next source is tried.
        return None
    return answer.stdout.strip().removeprefix("v")


def _identity(program: Path) -> dict[str, object]:
    status = program.stat()
    return {"size_bytes": status.st_size, "mtime_ns": status.st_mtime_ns}


def _read_json(path: Path) -> dict[str, object] | None:
    try:
        content = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        # A note that is missing or was cut short is made anew from what is there.
        return None
    return content if isinstance(content, dict) else None
