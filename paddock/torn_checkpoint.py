"""A checkpoint that a killed Pulumi left half-written in a state of files: mended before Pulumi looks at it.

Pulumi writes a stack's checkpoint, beside it a small `.attrs`, and before both a copy, `.bak`. Killed between, it
leaves an empty `.attrs`, or a torn checkpoint, and then says `failed to load checkpoint: EOF` for good. What the copy
does not know yet, the plugin finds again by its intents, and a refresh by asking OCI. Services and buckets replace an
object at once.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

from paddock.lock_files import lock_files


def mend(backend_url: str, project: str, stack: str) -> bool:
    """Whether something was torn and is whole now; a state that is no folder of this machine is left alone."""
    if not backend_url.startswith("file://"):
        return False
    parts = urlsplit(backend_url)
    state = Path(unquote(parts.netloc + parts.path)).expanduser() / ".pulumi"
    locks = state / "locks" / "organization" / project / stack
    if not all(is_gone for _, is_gone in lock_files(locks)):  # somebody may be writing
        return False
    folder = state / "stacks" / project
    checkpoint, copy = folder / f"{stack}.json", folder / f"{stack}.json.bak"
    torn = [path for path in (_attributes(checkpoint), _attributes(copy)) if path.is_file() and not _is_whole(path)]
    for path in torn:
        path.unlink()
    if not checkpoint.is_file() or _is_whole(checkpoint) or not _is_whole(copy):
        return bool(torn)
    beside = checkpoint.with_name(f"{checkpoint.name}.mended")
    shutil.copyfile(copy, beside)
    beside.replace(checkpoint)
    return True


def _attributes(path: Path) -> Path:
    return path.with_name(f"{path.name}.attrs")


def _is_whole(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_bytes()), dict)
    except (FileNotFoundError, ValueError):
        return False
