"""How a step speaks in a CI system's log: groups that fold, and annotations that stand beside the code.

GitHub: `::group::`, `::error file=…,line=…::`. GitLab: `section_start`, `section_end`. Elsewhere plain lines. What a
child process prints is data: on GitHub it is printed with commands stopped, so that no model's text can give one.
"""

from __future__ import annotations

import re
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from paddock.ci.ci_system import Name

# `(models/wine/model.yaml:14)`, `models/wine/model.yaml:14: …`: how our messages name a place.
_PLACE = re.compile(r"(?<![\w/.-])([\w.-]+(?:/[\w.-]+)*\.(?:yaml|yml|py|toml|csv)):(\d+)")
_SECTION = re.compile(r"[^a-z0-9_]+")


@dataclass(frozen=True)
class Place:
    """A line of a file of the repository."""

    file: str
    line: int


def place_in(message: str) -> Place | None:
    """The first place that a message names."""
    found = _PLACE.search(message)
    return Place(found[1], int(found[2])) if found else None


class CiLog:
    """Writes to `stream` in one system's form; `stream` is the log, never the result."""

    def __init__(self, system: Name, stream: TextIO | None = None) -> None:
        self._system = system
        self._stream = stream or sys.stderr

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """What is written meanwhile folds under `title`, where the system can fold."""
        name = _SECTION.sub("_", title.lower()).strip("_")
        self._begin(title, name)
        try:
            yield
        finally:
            self._end(name)

    @contextmanager
    def printed_by_others(self) -> Iterator[None]:
        """What is written meanwhile is text, whatever it looks like."""
        token = secrets.token_hex(16)
        if self._system == "github":
            self.line(f"::stop-commands::{token}")
        try:
            yield
        finally:
            if self._system == "github":
                self.line(f"::{token}::")

    def line(self, text: str) -> None:
        """A plain line, at once."""
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def error(self, message: str) -> None:
        """A failure; stands beside the line of the file that the message names, where the system can do that."""
        self._annotate("error", message)

    def warning(self, message: str) -> None:
        """Something to know that is no failure."""
        self._annotate("warning", message)

    def _annotate(self, level: str, message: str) -> None:
        if self._system != "github":
            self.line(f"{level}: {message}")
            return
        place = place_in(message)
        where = f" file={_property(place.file)},line={place.line}" if place else ""
        self.line(f"::{level}{where}::{_data(message)}")

    def _begin(self, title: str, name: str) -> None:
        if self._system == "github":
            self.line(f"::group::{_data(title)}")
        elif self._system == "gitlab":
            self.line(f"\x1b[0Ksection_start:{int(time.time())}:{name}\r\x1b[0K{title}")
        else:
            self.line(f"== {title}")

    def _end(self, name: str) -> None:
        if self._system == "github":
            self.line("::endgroup::")
        elif self._system == "gitlab":
            self.line(f"\x1b[0Ksection_end:{int(time.time())}:{name}\r\x1b[0K")


def _data(text: str) -> str:
    """As GitHub's own toolkit escapes a command's message."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """As GitHub's own toolkit escapes a command's property."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
