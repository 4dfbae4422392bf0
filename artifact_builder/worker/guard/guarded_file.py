"""Reading a model file whose lengths may lie: packed or not, cut off, or far larger than it looks.

No length that a file states is given memory before that many bytes are known to be there, and what a packed file
unpacks to is counted against a limit.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from joblib.compressor import _COMPRESSORS

from artifact_builder.worker.errors import WorkerError

_CHUNK_BYTES = 1 << 20
_OLD_JOBLIB_PREFIX = b"ZF"
_PREFIX_BYTES = 16

# What people give in place of a pickle, by its first bytes: (prefix, what it is, what next).
_OTHER_FILES = (
    (b"version https://git-lfs", "a git-lfs pointer and not the model", "run `git lfs pull`"),
    (b"PK\x03\x04", "a zip archive", "a skops file must be called .skops; unpack any other"),
    (b"\x93NUMPY", "a NumPy array", "estimator must be the fitted model; rows belong under samples"),
    (b"PAR1", "a Parquet file", "estimator must be the fitted model; rows belong under samples"),
    (b"\x89HDF", "an HDF5 file", "Keras models and the like are not scikit-learn's"),
    (b"<", "HTML or XML", "a download that ended at a login or error page looks like this"),
)


class BytesLimitExceeded(Exception):  # noqa: N818  # said at the catch, not here
    """The file unpacks to more than the limit."""


class _Counted(io.RawIOBase):
    """A packed or plain file, read in bounded steps, its unpacked bytes counted."""

    def __init__(self, file: Any, packed: Any, limit_bytes: int) -> None:
        self._file, self._packed, self._left = file, packed, limit_bytes

    def close(self) -> None:
        if not self.closed:
            self._packed.close()  # an unpacker does not close what it reads from
        super().close()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)[:_CHUNK_BYTES]
        count: int = self._file.readinto(view)
        self._left -= count
        if self._left < 0:
            raise BytesLimitExceeded
        return count


class GuardedFile(io.BufferedReader):
    """The unpacked bytes of a model file.

    ``size_bytes`` is how many there are, where that is known: of a plain file always, of a packed one after a first
    reader came to its end and said so.
    """

    def __init__(self, raw: io.RawIOBase, size_bytes: int | None) -> None:
        super().__init__(raw, _CHUNK_BYTES)
        self.size_bytes = size_bytes
        self.position = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to ``size`` bytes; EOFError at once where a large ``size`` is more than there is."""
        if size is None or size <= _CHUNK_BYTES:
            data = super().read(size)
        elif self.size_bytes is None:
            data = self._read_in_chunks(size)
        elif size > self.size_bytes - self.position:
            raise EOFError(f"{size} bytes are announced, {self.size_bytes - self.position} follow")
        else:
            data = super().read(size)
        self.position += len(data)
        return data

    def readline(self, size: int | None = -1, /) -> bytes:
        """A line, as a pickle of text opcodes is read."""
        line = super().readline(size)
        self.position += len(line)
        return line

    def readinto(self, buffer: Any, /) -> int:
        """Fill ``buffer``."""
        count = super().readinto(buffer)
        self.position += count
        return count

    def skip(self, size: int) -> None:
        """Go on by ``size`` bytes; EOFError where there are fewer."""
        while size > 0:
            count = len(self.read(min(size, _CHUNK_BYTES)))
            if not count:
                raise EOFError(f"{size} bytes are missing")
            size -= count

    def _read_in_chunks(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size and (chunk := super().read(min(size - len(data), _CHUNK_BYTES))):
            data += chunk
        return bytes(data)


def open_guarded(path: Path, *, limit_bytes: int, size_bytes: int | None = None) -> GuardedFile:
    """The file, unpacked as joblib would; ``size_bytes`` is what a first reader of a packed file found."""
    file = path.open("rb")
    prefix = file.read(_PREFIX_BYTES)
    file.seek(0)
    if prefix.startswith(_OLD_JOBLIB_PREFIX):
        file.close()
        message = f"{path.name} was written by a joblib older than 0.10: load it there, and save it with a newer one"
        raise WorkerError("estimator", message)
    for name, compressor in _COMPRESSORS.items():
        if prefix.startswith(compressor.prefix):
            return GuardedFile(_Counted(_unpacked(path, name, compressor, file), file, limit_bytes), size_bytes)
    return GuardedFile(_Counted(file, file, limit_bytes), path.stat().st_size)


def other_file(path: Path) -> str | None:
    """What the file is when it is no pickle, and what to do; None where its bytes do not tell."""
    with path.open("rb") as file:
        start = file.read(512)
    for prefix, what, next_step in _OTHER_FILES:
        if start.lstrip().startswith(prefix):
            return f"is {what}: {next_step}"
    try:
        text = start.decode("utf-8", errors="strict" if len(start) < 500 else "ignore")  # noqa: PLR2004  # a cut letter
    except UnicodeDecodeError:
        return None
    if text.isprintable() or all(letter.isprintable() or letter in "\r\n\t" for letter in text):
        return f"is text and no pickle, it begins with {text[:40]!r}"
    return None


def _unpacked(path: Path, name: str, compressor: Any, file: Any) -> Any:
    try:
        return compressor.decompressor_file(file)
    except ValueError as error:  # joblib's word for lz4 that is not installed
        file.close()
        message = f"{path.name} is compressed by {name}, which is not installed here: save it with compress=3"
        raise WorkerError("estimator", message) from error
