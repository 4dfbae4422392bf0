"""Writing so that a reader never sees half: beside the final name, then renamed."""

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Have `path` hold `text` with `mode`; nothing is written where it does already."""
    if _holds(path, text, mode):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(beside).chmod(mode)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _holds(path: Path, text: str, mode: int) -> bool:
    try:
        return path.read_text(encoding="utf-8") == text and path.stat().st_mode & 0o777 == mode
    except (FileNotFoundError, UnicodeDecodeError):
        return False
