"""The report as GitHub-flavoured Markdown, for a pull request: a line that sums up, a row per model, details folded.

The same changes give the same bytes. Whatever stands in a model's files is shown as text: nothing of it becomes a link,
a heading, HTML or another cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from paddock.model_report import words
from paddock.model_report.deployment_settings import Setting
from paddock.model_report.facts import Fact, facts
from paddock.model_report.model_change import ModelChange

# What stands for itself anywhere in a line of Markdown. All else becomes a character reference, which is never syntax.
_PLAIN = re.compile(r"[A-Za-z0-9 ,.;:()/%='\"→…-]")
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")
_COLUMNS = ("model", "what happens", "version", "schema", "metrics", "options")


def markdown(changes: Sequence[ModelChange], stack: str) -> str:
    """The whole report, with a line's end at its end."""
    return "\n".join([*_head(changes, stack), *_table(changes), *_details(changes)]) + "\n"


def escape(text: str) -> str:
    """`text` on one line, as itself, wherever it is put in a line of Markdown (a table's cell too)."""
    one_line = _BLANKS.sub(" ", text).strip()
    return "".join(_escaped(one_line, place) for place in range(len(one_line)))


def _escaped(text: str, place: int) -> str:
    character = text[place]
    if not character.isprintable():  # such as a mark that turns the direction of what follows: seen, not obeyed
        return f"&#92;u{ord(character):04x}"
    if _PLAIN.match(character) or not character.isascii():
        return character
    is_inside_word = character == "_" and text[place - 1 : place].isalnum() and text[place + 1 : place + 2].isalnum()
    if is_inside_word:
        return character
    # A name after @ would be notified: GitHub looks for it in the text that comes out, where a reference is no help.
    return f"&#{ord(character)};{'&#8203;' if character == '@' else ''}"


def _head(changes: Sequence[ModelChange], stack: str) -> Iterator[str]:
    yield f"### Models on stack {escape(stack)}"
    yield ""
    summed_up = words.summary(changes)
    yield f"**{escape(summed_up[0].upper() + summed_up[1:])}.**"
    breaking = [change.name for change in changes if change.is_breaking]
    if breaking:
        yield ""
        yield "> [!CAUTION]"
        yield (
            f"> {', '.join(f'**{escape(name)}**' for name in breaking)}: callers of what is served now break. "
            "`paddock up` stops here unless that is allowed."
        )


def _table(changes: Sequence[ModelChange]) -> Iterator[str]:
    if not changes:
        return
    yield ""
    yield f"| {' | '.join(_COLUMNS)} |"
    yield f"|{' --- |' * len(_COLUMNS)}"
    for change in changes:
        told = {fact.name: fact for fact in facts(change)}
        cells = (
            f"**{escape(change.name)}**",
            escape(words.headline(change)),
            _version_cell(told),
            _schema_cell(change),
            "<br>".join(_metric_cells(change)) or "-",
            "<br>".join(f"{escape(one.name)} {_arrow(one.old or '-', one.new or '-')}" for one in _options(change))
            or "-",
        )
        yield f"| {' | '.join(cells)} |"


def _version_cell(told: dict[str, Fact]) -> str:
    if "digest" not in told:
        return "-"
    digest, library = told["digest"], told["scikit-learn"]
    return f"{_arrow(digest.old, digest.new)}<br>scikit-learn {_arrow(library.old, library.new)}"


def _schema_cell(change: ModelChange) -> str:
    if change.schema is None:
        return "-"
    if not facts(change):
        return "-"
    text = escape(change.schema.in_words())
    return f"**{text}**" if change.schema.is_breaking is not False else text


def _metric_cells(change: ModelChange) -> Iterator[str]:
    for name, old, new in change.metrics() if facts(change) else ():
        yield f"{escape(name)} {_arrow(words.number(old), words.number(new))}"


def _options(change: ModelChange) -> tuple[Setting, ...]:
    return () if change.kind in ("created", "deleted") else change.changed_settings


def _arrow(old: str, new: str) -> str:
    return escape(new) if old == new else f"{escape(old)} → {escape(new)}"


def _details(changes: Sequence[ModelChange]) -> Iterator[str]:
    for change in changes:
        lines = list(_lines(change))
        if lines:
            yield ""
            yield f"<details><summary>{escape(change.name)}</summary>"
            yield ""
            yield from (f"- {line}" for line in lines)
            yield ""
            yield "</details>"


def _lines(change: ModelChange) -> Iterator[str]:
    schema = change.schema
    if schema is not None:
        yield from (f"**breaks callers**: {escape(sentence)}" for sentence in schema.breaking)
        yield from (f"breaks nobody: {escape(sentence)}" for sentence in schema.compatible)
        if schema.unknown_because:
            yield f"**unknown whether callers break**: {escape(schema.unknown_because)}"
    if change.downtime is not None:
        yield f"{change.downtime.in_words()}: {escape(change.downtime.why)}"
    if change.stages:
        yield f"in {len(change.stages)} stages: {escape('; '.join(change.stages))}"
    if change.endpoint:
        yield f"endpoint: {escape(change.endpoint)}"
    for fact in facts(change):
        if fact.name != "schema":
            yield f"{escape(fact.name)}: {_arrow(fact.old, fact.new)}"
    if change.pruned:
        yield f"catalog entries that go: {escape(', '.join(digest[:12] for digest in change.pruned))}"
    for resource in change.resources:
        yield escape(resource.in_words())
