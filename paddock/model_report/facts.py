"""The pairs of values, now and after, that a report shows of a model, in one order for all its forms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from paddock.model_report import words
from paddock.model_report.model_change import UNKNOWN_WORD, ModelChange

_NONE = "-"
# Shown also where they do not change: what a reviewer looks for.
_ALWAYS = {"bandwidth", "shape", "instances"}
_QUIET_KINDS = {"labels", "resources"}
_MOST_HYPERPARAMETERS = 10
_LONGEST_VALUE = 60

Mood = Literal["", "breaking", "unknown"]


@dataclass(frozen=True)
class Fact:
    """One line: a name, what is now, what is after."""

    name: str
    old: str
    new: str
    mood: Mood = ""

    @property
    def is_same(self) -> bool:
        """Whether both sides are known and equal."""
        return self.old == self.new != UNKNOWN_WORD


def facts(change: ModelChange) -> tuple[Fact, ...]:
    """All lines about the model; empty where only texts, tags or things around it change."""
    if change.kind in _QUIET_KINDS:
        return ()
    return (*_version_facts(change), *_schema_facts(change), *_metric_facts(change), *_setting_facts(change))


def _version_facts(change: ModelChange) -> Iterator[Fact]:
    old, new = change.old, change.new
    if old is None and new is None:
        return
    yield Fact("digest", *_sides(change, lambda one: one.short_digest))
    yield Fact("scikit-learn", *_sides(change, lambda one: one.scikit_learn))
    for name, of in (("algorithm", lambda one: one.algorithm), ("conda environment", lambda one: one.conda_env)):
        fact = Fact(name, *_sides(change, of))
        if fact.old != fact.new:
            yield fact
    if old is not None and new is not None:
        yield from _hyperparameter_facts(old.hyperparameters or {}, new.hyperparameters or {})


def _sides(change: ModelChange, of: Any) -> tuple[str, str]:
    """A value of both versions: `-` where there is no version, `unknown` where nothing tells."""
    return tuple(_NONE if one is None else of(one) or UNKNOWN_WORD for one in (change.old, change.new))  # type: ignore[return-value]  # two of two


def _hyperparameter_facts(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Fact]:
    if not old or not new:  # one side does not tell
        return
    differing = [name for name in sorted({*old, *new}) if old.get(name, ...) != new.get(name, ...)]
    for name in differing[:_MOST_HYPERPARAMETERS]:
        yield Fact(name, _value(old, name), _value(new, name))
    more = len(differing) - _MOST_HYPERPARAMETERS
    if more > 0:
        yield Fact("hyperparameters", f"and {more} more", f"and {more} more")


def _value(parameters: dict[str, Any], name: str) -> str:
    text = str(parameters[name]) if name in parameters else _NONE
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def _schema_facts(change: ModelChange) -> Iterator[Fact]:
    schema = change.schema
    if schema is None:
        return
    mood: Mood = "unknown" if schema.is_breaking is None else "breaking" if schema.is_breaking else ""
    yield Fact("schema", "", schema.in_words(), mood)


def _metric_facts(change: ModelChange) -> Iterator[Fact]:
    told = list(change.metrics())
    for name, old, new in told:
        shift = words.difference_of(old, new)
        yield Fact(name, words.number(old), f"{words.number(new)} {shift}".strip())
    if not told and change.old is not None and change.new is not None:
        yield Fact("metrics", UNKNOWN_WORD, UNKNOWN_WORD)


def _setting_facts(change: ModelChange) -> Iterator[Fact]:
    for setting in change.settings:
        if setting.is_changed or setting.name in _ALWAYS:
            yield Fact(setting.name, setting.old or _NONE, setting.new or _NONE)
