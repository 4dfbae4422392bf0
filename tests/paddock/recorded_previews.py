"""Previews that `record_previews.py` recorded, and what the report makes of them."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from paddock.model_report.changes import ManifestOf, model_changes
from paddock.model_report.model_change import ModelChange
from paddock.model_report.plan import plan_from_events, plan_from_preview

RECORDINGS = Path(__file__).parent / "recordings"
NAMES = tuple(sorted(path.name.removesuffix(".json.gz") for path in RECORDINGS.iterdir()))


def recording(name: str) -> dict[str, Any]:
    return json.loads(gzip.decompress((RECORDINGS / f"{name}.json.gz").read_bytes()))


def on_disk(recorded: dict[str, Any]) -> ManifestOf:
    """The machine that built the artifacts."""
    return lambda _name, digest: recorded["manifests"].get(digest)


def fresh_clone(_name: str, _digest: str) -> None:
    """A pipeline's: no artifact that was built elsewhere."""


def told(name: str) -> dict[str, ModelChange]:
    """By model, from the event log."""
    recorded = recording(name)
    return {one.name: one for one in model_changes(plan_from_events(recorded["events"]), on_disk(recorded))}


def told_by_preview(recorded: dict[str, Any], manifest_of: ManifestOf = fresh_clone) -> tuple[ModelChange, ...]:
    return model_changes(plan_from_preview(recorded["preview"], recorded["state"]), manifest_of)


def edited(name: str) -> dict[str, Any]:
    return copy.deepcopy(recording(name))


def resources(recorded: dict[str, Any], type_end: str, name: str) -> Iterator[dict[str, Any]]:
    """Every side, in every telling, of a resource."""
    metadata = [event["resourcePreEvent"]["metadata"] for event in recorded["events"]]
    sides = [one[side] for one in metadata for side in ("old", "new")]
    sides += [step.get(side) for step in recorded["preview"]["steps"] for side in ("oldState", "newState")]
    sides += recorded["state"]["deployment"]["resources"]
    for side in sides:
        if side and side["type"].endswith(type_end) and side["urn"].endswith(f"::{name}"):
            yield side
