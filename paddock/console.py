"""How Paddock speaks: results on stdout, all else on stderr, colour and progress on a terminal only."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Timer
from typing import Any

import click

_QUIET_S = 0.5


def say(text: str) -> None:
    """A result, on stdout."""
    click.echo(text)


def note(text: str) -> None:
    """What is going on, on stderr."""
    click.echo(click.style(text, dim=True), err=True)


def print_json(value: Any) -> None:
    """For programs: one JSON value on stdout."""
    click.echo(json_text(value), nl=False)


def json_text(value: Any) -> str:
    """The same for a file, with a line's end at its end."""
    return json.dumps(value, indent=2, allow_nan=False) + "\n"


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str | None = None) -> None:
    """A table as wide as the terminal, or as wide as it needs to be where there is none."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    is_terminal = sys.stdout.isatty()
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(file=sys.stdout, width=None if is_terminal else 200, highlight=False).print(table)


class Counting:
    """How far some work is: a bar on a terminal once it has gone on for half a second, only lines elsewhere."""

    def __init__(self, text: str, total: int) -> None:
        self._text = text
        self._bar: _Bar | None = _Bar(text, total) if sys.stderr.isatty() else None
        self._timer = Timer(_QUIET_S, self._show)

    def step(self, line: str | None = None) -> None:
        """One more is done; ``line``: what there is to say about it."""
        if line is not None and self._bar is not None:
            self._bar.print(line)
        elif line is not None:
            note(line)
        if self._bar is not None:
            self._bar.advance()

    def begin(self) -> None:
        """Shows nothing yet."""
        self._timer.start()

    def end(self) -> None:
        """Takes the bar away."""
        self._timer.cancel()
        self._timer.join()
        if self._bar is not None:
            self._bar.stop()

    def _show(self) -> None:
        if self._bar is not None:
            self._bar.start()
        else:
            note(f"{self._text} …")


class _Bar:
    def __init__(self, text: str, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._progress = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
        self._task = self._progress.add_task(text, total=total)
        self.start, self.stop = self._progress.start, self._progress.stop

    def advance(self) -> None:
        self._progress.advance(self._task)

    def print(self, line: str) -> None:
        self._progress.console.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)


@contextmanager
def counting(text: str, total: int) -> Iterator[Counting]:
    """Shows how many of ``total`` are done while it lasts."""
    count = Counting(text, total)
    count.begin()
    try:
        yield count
    finally:
        count.end()


def size_in_words(size_bytes: int) -> str:
    """In KiB, or the unit that leaves a number of at most four digits."""
    size = size_bytes / 1024
    for unit in ("KiB", "MiB"):
        if size < 1000:  # noqa: PLR2004  # four digits
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.2f} GiB"
