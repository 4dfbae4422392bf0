"""The report as GitHub-flavoured Markdown, for a pull request: a line that sums up, a row per model, details folded.

The same changes give the same bytes. Whatever stands in a model's files is shown as text: nothing of it becomes a link,
a heading, HTML or another cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from paddock.model_report import words
from paddock.model_report.deployment_settings import Setting
from paddock.model_report.facts import Fact, facts
from paddock.model_report.model_change import ModelChange

# All but what stands for itself anywhere in a line of Markdown: it becomes a character reference, never syntax.
_SYNTAX = re.compile(r"[^A-Za-z0-9 ,.;:()/%='\"→…-]")
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")
_COLUMNS = ("model", "what happens", "version", "schema", "metrics", "options")
# GitHub takes 65,536 characters in a comment: rows and details of models that break nobody are the first to go.
_MOST_ROW_CHARACTERS, _MOST_DETAIL_CHARACTERS = 30_000, 30_000


def markdown(changes: Sequence[ModelChange], stack: str) -> str:
    """The whole report, with a line's end at its end. Of very many models those that break callers stay in it."""
    rows = _fitting(changes, _row, _MOST_ROW_CHARACTERS)
    details = _fitting(changes, _folded, _MOST_DETAIL_CHARACTERS)
    parts = [*_head(changes, stack), *_table(rows, len(changes) - len(rows)), *details.values()]
    return "\n".join(parts) + "\n"


def _fitting(
    changes: Sequence[ModelChange], written: Callable[[ModelChange], str], most_characters: int
) -> dict[int, str]:
    """What is written of each model by its place, in order, as far as there is room; breaking ones have it first."""
    kept: dict[int, str] = {}
    for place in sorted(range(len(changes)), key=lambda place: not changes[place].is_breaking):
        text = written(changes[place])
        most_characters -= len(text)
        if most_characters < 0:
            break
        kept[place] = text
    return {place: kept[place] for place in sorted(kept) if kept[place]}


def escape(text: str) -> str:
    """`text` on one line, as itself, wherever it is put in a line of Markdown (a table's cell too)."""
    return _SYNTAX.sub(_reference, _BLANKS.sub(" ", text).strip())


def _reference(found: re.Match[str]) -> str:
    character, text, place = found[0], found.string, found.start()
    if not character.isprintable():  # such as a mark that turns the direction of what follows: seen, not obeyed
        return f"&#92;u{ord(character):04x}"
    is_inside_word = character == "_" and text[place - 1 : place].isalnum() and text[place + 1 : place + 2].isalnum()
    if is_inside_word or not character.isascii():
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


def _table(rows: Mapping[int, str], left_out: int) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield f"| {' | '.join(_COLUMNS)} |"
    yield f"|{' --- |' * len(_COLUMNS)}"
    yield from rows.values()
    if left_out:
        yield ""
        yield f"… and {left_out} more, for which there is no room here: `paddock preview --model-json FILE` has all."


def _row(change: ModelChange) -> str:
    told = {fact.name: fact for fact in facts(change)}
    cells = (
        f"**{escape(change.name)}**",
        escape(words.headline(change)),
        _version_cell(told),
        _schema_cell(change),
        "<br>".join(_metric_cells(change)) or "-",
        "<br>".join(f"{escape(one.name)} {_arrow(one.old or '-', one.new or '-')}" for one in _options(change)) or "-",
    )
    return f"| {' | '.join(cells)} |"


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


def _folded(change: ModelChange) -> str:
    """Empty where there is nothing more to say."""
    lines = [f"- {line}" for line in _lines(change)]
    summary = f"<details><summary>{escape(change.name)}</summary>"
    return "\n".join(["", summary, "", *lines, "", "</details>"]) if lines else ""


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
