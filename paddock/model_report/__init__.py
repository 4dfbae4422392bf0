"""What a preview means for each model: which version, which endpoint, who breaks, which measures, which options.

`from_event_log` and `from_preview` read Pulumi's two tellings of a plan and the artifacts of this machine; the rest is
pure. `terminal`, `markdown` and `as_json` show it; `gate` refuses what breaks callers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paddock.model_report.artifacts import manifests_in
from paddock.model_report.changes import model_changes
from paddock.model_report.model_change import ModelChange
from paddock.model_report.plan import plan_from_event_log, plan_from_preview

__all__ = ["ModelChange", "from_event_log", "from_preview", "model_changes"]


def from_event_log(event_log: Path, artifacts_dir: Path) -> tuple[ModelChange, ...]:
    """The models that change, by name, from the event log of a preview (or of an `up`: its preview part)."""
    return model_changes(plan_from_event_log(event_log), manifests_in(artifacts_dir))


def from_preview(
    preview: Mapping[str, Any], state_before: Mapping[str, Any] | None, artifacts_dir: Path
) -> tuple[ModelChange, ...]:
    """The same from `pulumi preview --json` and `pulumi stack export` (None where there is no stack yet)."""
    return model_changes(plan_from_preview(preview, state_before), manifests_in(artifacts_dir))
