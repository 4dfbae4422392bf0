"""The text of a CSV or JSON lines file."""

from __future__ import annotations

from pathlib import Path

from artifact_builder.errors import SamplesError

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: Path) -> str:
    """UTF-8, with or without a byte order mark; line ends stay as they are. Raises SamplesError, OSError."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = "UTF-16" if content.startswith(_UTF16_MARKS) else f"the byte 0x{content[error.start]:02x}"
        raise SamplesError(
            f"{path.name}: line {line}: expected UTF-8, found {found}; save the file as UTF-8"
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise SamplesError(f"{path.name}: line {line}: expected text, found a NUL character")
    return text
