"""Sentences about a change, the same in every form of the report."""

from __future__ import annotations

import math
from collections.abc import Sequence

from paddock.model_report.model_change import ModelChange

_HEADLINES = {
    "created": "new model, new endpoint",
    "deleted": "deleted, endpoint goes",
    "replaced": "deployment made anew, endpoint changes",
    "new version": "new version, endpoint kept",
    "kept version": "version from the catalog, endpoint kept",
    "imported": "taken into the stack, endpoint kept",
    "deactivated": "deactivated, endpoint kept for later",
    "activated": "activated, endpoint kept",
    "settings": "other options, endpoint kept",
    "catalog": "only the catalog changes, endpoint as it is",
    "labels": "only texts, tags and metadata",
    "resources": "only what is around it",
}
_DIGITS = 6


def headline(change: ModelChange) -> str:
    """What happens to the model: `new version, endpoint kept, no downtime, in 2 stages`."""
    parts = [_HEADLINES[change.kind]]
    if change.kind in ("deactivated", "activated", "replaced") and _has_other_version(change):
        parts.append("new version")
    if change.downtime is not None:
        parts.append(change.downtime.in_words())
    if change.stages:
        parts.append(f"in {len(change.stages)} stages")
    return ", ".join(parts)


def summary(changes: Sequence[ModelChange]) -> str:
    """`3 models change: 1 new version, 2 other options; 1 breaks its callers`."""
    if not changes:
        return "no model changes"
    counts = dict.fromkeys((change.kind for change in changes), 0)
    for change in changes:
        counts[change.kind] += 1
    told = ", ".join(f"{count} {_SHORT.get(kind, kind)}" for kind, count in counts.items())
    breaking = sum(change.is_breaking for change in changes)
    ending = "" if not breaking else f"; {breaking} break{'s its' if breaking == 1 else ' their'} callers"
    return f"{'1 model changes' if len(changes) == 1 else f'{len(changes)} models change'}: {told}{ending}"


_SHORT = {
    "settings": "other options",
    "resources": "around it",
    "catalog": "only in the catalog",
    "labels": "re-tagged",
}


def number(value: float | None) -> str:
    """A measure as the report has it."""
    return "-" if value is None else f"{value:.{_DIGITS}g}"


def difference_of(old: float | None, new: float | None) -> str:
    """`(+0.012)`; empty where one is missing or they are equal as shown."""
    if old is None or new is None or number(old) == number(new) or not math.isfinite(new - old):
        return ""
    return f"({new - old:+.3g})"


def is_same_number(old: float | None, new: float | None) -> bool:
    """Whether two measures are the same as shown: last digits differ between processors."""
    return number(old) == number(new)


def _has_other_version(change: ModelChange) -> bool:
    digests = [side.digest if side else None for side in (change.old, change.new)]
    return None not in digests and digests[0] != digests[1]
