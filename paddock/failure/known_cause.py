"""The table of known causes, `known_causes.yaml`, read once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from paddock.failure.statement import Speaker

STAGES = ("service", "code", "last")
_REPRODUCE = "paddock verify $name"
_NOTE = "runs the same score.py here, in a clean process without network"
_CODE = {Speaker.EXCEPTION, Speaker.UNPICKLING}


@dataclass(frozen=True)
class KnownCause:
    """One entry, as the table's head describes it; texts are those of `string.Template`."""

    kind: str
    said_by: frozenset[Speaker]
    pattern: re.Pattern[str]
    title: str
    mend: tuple[str, ...]
    reproduce: str | None
    note: str


@cache
def known_causes() -> dict[str, tuple[KnownCause, ...]]:
    """Stage → entries in their order."""
    text = resources.files("paddock.failure").joinpath("known_causes.yaml").read_text(encoding="utf-8")
    table = yaml.safe_load(text)
    return {stage: tuple(_known_cause(entry) for entry in table[stage]) for stage in STAGES}


def _known_cause(entry: Mapping[str, Any]) -> KnownCause:
    said_by = frozenset(Speaker(one) for one in entry["said_by"])
    return KnownCause(
        kind=entry["kind"],
        said_by=said_by,
        pattern=_pattern(entry, ignores_case=not said_by & _CODE),
        title=entry["title"],
        mend=tuple(entry["mend"]),
        reproduce=entry.get("reproduce", _REPRODUCE),
        note=entry.get("note", _NOTE),
    )


def _pattern(entry: Mapping[str, Any], *, ignores_case: bool) -> re.Pattern[str]:
    flags = re.DOTALL | (re.IGNORECASE if ignores_case else 0)
    if "all" in entry:
        return re.compile("".join(f"(?=.*(?:{one}))" for one in entry["all"]), flags)
    return re.compile("|".join(entry["any"]), flags)
