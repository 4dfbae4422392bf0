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
    click.echo(json.dumps(value, indent=2, allow_nan=False))


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


@contextmanager
def working(text: str) -> Iterator[None]:
    """Shows that something goes on, once it has for half a second: a spinner on a terminal, one line elsewhere."""
    if sys.stderr.isatty():
        from rich.console import Console

        status = Console(stderr=True).status(text)
        timer, end = Timer(_QUIET_S, status.start), status.stop
    else:
        timer, end = Timer(_QUIET_S, note, (f"{text} …",)), None
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        if end is not None:
            end()
