"""Which digest each endpoint should serve: pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from paddock.errors import WordsError

# As short as a pin of the stack's configuration may be.
_DIGEST = re.compile(r"[0-9a-f]{12,64}")


def approved_digests(
    built: Mapping[str, str], pins: Mapping[str, str], given: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Model → digest, or at least 12 digits of one: what is given goes before a pin, a pin before what is built."""
    return {**built, **{name: pin for name, pin in pins.items() if name in built}, **(given or {})}


def given_digests(words: Iterable[str], names: tuple[str, ...]) -> dict[str, str]:
    """`--digest NAME=DIGEST`, or DIGEST alone where one model is named; raises WordsError."""
    given: dict[str, str] = {}
    for word in words:
        name, has_name, digest = word.partition("=")
        if not has_name:
            if len(names) != 1:
                raise WordsError(
                    f"--digest {word}: of which model? Name one, or write NAME=DIGEST; {len(names)} are named"
                )
            name, digest = names[0], word
        if not _DIGEST.fullmatch(digest):
            raise WordsError(f"--digest {word}: expected 12 to 64 of 0-9 and a-f, found {digest!r}")
        if names and name not in names:
            raise WordsError(f"--digest {word}: {name} is not among the models that are named: {', '.join(names)}")
        given[name] = digest
    return given


def artifact_here(artifacts_dir: Path, name: str, digest: str) -> Path | None:
    """The folder of the built artifact whose digest begins so, if it and its zip are on this machine."""
    for manifest in sorted((artifacts_dir / name).glob(f"{digest}*/manifest.json")):
        if zip_of(manifest.parent).is_file():
            return manifest.parent
    return None


def newest_artifact(artifacts_dir: Path, name: str) -> Path | None:
    """The folder of the model's artifact that was built last on this machine."""
    manifests = list((artifacts_dir / name).glob("*/manifest.json"))
    return max(manifests, key=lambda path: path.stat().st_mtime_ns).parent if manifests else None


def zip_of(folder: Path) -> Path:
    """The zip that belongs to a folder: artifacts/NAME/DIGEST → artifacts/NAME-DIGEST.zip."""
    return folder.parent.parent / f"{folder.parent.name}-{folder.name}.zip"
