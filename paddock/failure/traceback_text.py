"""Python tracebacks as they stand in logs: whole, cut at the top, line by line, one caused by another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

_FRAME = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?\s*$')
_EXCEPTION = re.compile(
    r"^\s*(?P<type>(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Warning|Exit|Interrupt|Fail|Refused|Iteration|Graph)"
    r"|(?:[a-z_]\w*\.)+[A-Z]\w*)(?::\s?(?P<message>.*))?$"
)
# Below its frames, at the beginning of a line, an exception may have any name: socket.gaierror, acme.Trouble.
_ANY_EXCEPTION = re.compile(r"^(?P<type>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?::\s?(?P<message>.*))?$")
# Words of a service that look like the name of an exception.
_CODES = re.compile(r"^(?:Internal|InternalServer|Service|Client|Server)Error$")
_INLINE = re.compile(
    r"\b(?P<type>(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Warning)): (?P<message>.+)$", re.MULTILINE
)
_MESSAGE_LINES = 4
_MODEL_FILES = frozenset({"score.py", "hooks.py"})
_LOADS = re.compile(r"\b(?:joblib|pickle|cloudpickle|dill|skops\.io)\.loads?\(")
_UNPICKLING = re.compile(r"(?:^|/)(?:joblib/|pickle\.py|_?pickle|cloudpickle/|skops/io/|dill/)")


@dataclass(frozen=True)
class Frame:
    """One step of a traceback; ``source`` is the line of code, where it was printed."""

    file: str
    line: int
    function: str
    source: str

    @property
    def file_name(self) -> str:
        """Without its folders."""
        return PurePosixPath(self.file).name

    def __str__(self) -> str:
        where = f"{self.file_name}:{self.line}" + (f" in {self.function}" if self.function else "")
        return f"{where}: {self.source}" if self.source else where


@dataclass(frozen=True)
class RaisedException:
    """An exception with the frames that were printed above it, outermost first."""

    type_name: str
    message: str
    frames: tuple[Frame, ...] = ()

    @property
    def words(self) -> str:
        """As a traceback ends: `Type: message`."""
        return f"{self.type_name}: {self.message}" if self.message else self.type_name

    @property
    def model_frames(self) -> tuple[Frame, ...]:
        """Frames in score.py, hooks.py and the files beside them."""
        folders = {PurePosixPath(one.file).parent for one in self.frames if one.file_name in _MODEL_FILES}
        return tuple(one for one in self.frames if PurePosixPath(one.file).parent in folders)

    @property
    def is_from_model_code(self) -> bool:
        """Raised by a line of the model's own files, not by a library that they call."""
        return bool(self.frames) and self.frames[-1] in self.model_frames

    @property
    def is_from_unpickling(self) -> bool:
        """While a model file was read back."""
        return any(
            _UNPICKLING.search(one.file) or _LOADS.search(one.source) or "__setstate__" in one.function
            for one in self.frames
        )


def exceptions_in(text: str) -> list[RaisedException]:
    """Every exception that a text shows with its frames, in the text's order: a cause stands before its effect."""
    found = []
    frames: list[Frame] = []
    all_lines = text.splitlines()
    for at, line in enumerate(all_lines):
        frame = _FRAME.match(line)
        if frame:
            frames.append(_frame(frame, all_lines[at + 1] if at + 1 < len(all_lines) else ""))
        elif frames and (raised := _raised(all_lines, at)):
            message = "\n".join([raised["message"] or "", *_continued(all_lines, at)]).strip()
            found.append(RaisedException(raised["type"], message, tuple(frames)))
            frames = []
        elif line.lstrip().startswith("Traceback (most recent call last)"):
            frames = []
    return found


def exceptions_named_in(text: str) -> list[RaisedException]:
    """`SomeError: message` in a sentence that has no frames, such as a service's."""
    return [
        RaisedException(one["type"], one["message"].strip())
        for one in _INLINE.finditer(text)
        if not _CODES.match(one["type"])
    ]


def without_exceptions(text: str) -> str:
    """What else the text says: the service's own words."""
    return "\n".join(_own_lines(text)).strip()


def _own_lines(text: str) -> Iterator[str]:
    is_inside = False
    lines = text.splitlines()
    for at, line in enumerate(lines):
        if line.lstrip().startswith("Traceback (most recent call last)") or _FRAME.match(line):
            is_inside = True
        elif is_inside:
            is_inside = _raised(lines, at) is None
        else:
            named = next((one for one in _INLINE.finditer(line) if not _CODES.match(one["type"])), None)
            yield line[: named.start()] if named else line


def _frame(match: re.Match[str], following: str) -> Frame:
    is_source = following.startswith(" ") and not _FRAME.match(following)
    return Frame(match["file"], int(match["line"]), match["function"] or "", following.strip() if is_source else "")


def _raised(lines: list[str], at: int) -> re.Match[str] | None:
    """The line as an exception. A line of code, which stands below its frame, may look like the name of one."""
    is_below_frame = at > 0 and _FRAME.match(lines[at - 1]) is not None
    if is_below_frame:
        return None if lines[at].startswith(" ") else _EXCEPTION.match(lines[at])
    return _EXCEPTION.match(lines[at]) or _ANY_EXCEPTION.match(lines[at])


def _continued(lines: list[str], at: int) -> Iterator[str]:
    """More lines of the message, up to an empty one or the next traceback."""
    for line in lines[at + 1 : at + 1 + _MESSAGE_LINES]:
        if not line.strip() or line.lstrip().startswith("Traceback (") or _FRAME.match(line):
            return
        yield line
