"""The report for a terminal: a table for each model, narrow enough for 80 columns. Colour only where a terminal is."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from paddock.model_report import words
from paddock.model_report.facts import Fact, facts
from paddock.model_report.model_change import ModelChange

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_WIDTH_WITHOUT_TERMINAL = 120
# With more models, each gets one line: hundreds of tables tell nothing at a glance.
_MOST_TABLES = 12
_STYLES = {"breaking": "bold red", "unknown": "yellow", "": ""}


def print_report(changes: Sequence[ModelChange], *, file: TextIO | None = None) -> None:
    """Prints a table for each model and the summary; above a dozen models, a line for each that breaks nobody."""
    from rich.console import Console

    target = file or sys.stdout
    console = Console(file=target, width=None if target.isatty() else _WIDTH_WITHOUT_TERMINAL, highlight=False)
    is_long = len(changes) > _MOST_TABLES
    whole = [change for change in changes if not is_long or change.is_breaking]
    if is_long:
        _print_lines(console, changes)
    for change in whole:
        _print_model(console, change)
    console.print()
    console.print(_plain(words.summary(changes), "bold red" if any(one.is_breaking for one in changes) else "bold"))


def _print_model(console: Console, change: ModelChange) -> None:
    from rich import box
    from rich.padding import Padding
    from rich.table import Table

    console.print()
    title = _plain(change.name, "bold")
    title.append(f": {words.headline(change)}", style="not bold")
    console.print(title)
    rows = facts(change)
    if rows:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for heading in ("", "now", "after"):
            table.add_column(heading, overflow="fold")
        for fact in rows:
            after = _plain("same", "dim") if fact.is_same else _plain(fact.new, _STYLES[fact.mood])
            table.add_row(_plain(fact.name), _plain(fact.old), after)
        console.print(table)
    for line, style in _lines(change):
        console.print(Padding(_plain(line, style), (0, 0, 0, 2), expand=False))


def _lines(change: ModelChange) -> Iterator[tuple[str, str]]:
    """What is no pair of values: sentences."""
    schema = change.schema
    if schema is not None:
        yield from ((f"breaks callers: {sentence}", "red") for sentence in schema.breaking)
        yield from ((f"breaks nobody: {sentence}", "dim") for sentence in schema.compatible)
        if schema.unknown_because:
            yield f"whether callers break is unknown: {schema.unknown_because}", "yellow"
    if change.downtime is not None and change.downtime.is_expected is not False:
        yield f"{change.downtime.in_words()}: {change.downtime.why}", "yellow"
    if change.stages:
        yield f"in {len(change.stages)} stages: {'; '.join(change.stages)}", ""
    around = [one.in_words() for one in change.resources if one.type != "Model" or one.operation == "update"]
    if around:
        yield f"around it: {', '.join(around)}", "dim"
    if change.pruned:
        yield f"catalog entries that go: {', '.join(digest[:12] for digest in change.pruned)}", "dim"


def _print_lines(console: Console, changes: Sequence[ModelChange]) -> None:
    from rich import box
    from rich.table import Table

    console.print()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("model", "what happens", "digest", "schema"):
        table.add_column(heading, overflow="fold")
    for change in changes:
        digest, schema = _first(change, "digest"), _first(change, "schema")
        cells = (change.name, words.headline(change), _arrow(digest), schema.new if schema else "-")
        table.add_row(*map(_plain, cells[:3]), _plain(cells[3], _STYLES[schema.mood] if schema else ""))
    console.print(table)


def _first(change: ModelChange, name: str) -> Fact | None:
    return next((fact for fact in facts(change) if fact.name == name), None)


def _arrow(fact: Fact | None) -> str:
    if fact is None:
        return "-"
    return fact.old if fact.old == fact.new else f"{fact.old} → {fact.new}"


def _plain(text: str, style: str = "") -> Text:
    """Text as it is: what looks like rich's own markup is no markup here."""
    from rich.text import Text

    return Text(text, style=style)
