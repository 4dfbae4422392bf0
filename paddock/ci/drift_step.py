"""`paddock ci drift`: what was changed by hand, in one issue that is opened, edited and closed by itself."""

from __future__ import annotations

import json
import os
from typing import Any

from paddock.ci import results
from paddock.ci.forge import ForgeError, forge_of
from paddock.ci.pipeline import Pipeline
from paddock.errors import PaddockError

LABEL = "paddock-drift"


def drift(pipeline: Pipeline, *, has_issue: bool) -> dict[str, Any]:
    """What `paddock drift --json` tells (`hasDrift`); raises PaddockError where that can't be told, or not written."""
    pipeline.out_dir.mkdir(parents=True, exist_ok=True)
    table = pipeline.out_dir / "drift.md"
    words = ("drift", "--stack", pipeline.stack, "--json", "--markdown", str(table))
    run = pipeline.paddock("look for drift", *words, shows_stdout=False)
    found = _found(run.stdout)
    if found is None:
        raise PaddockError(f"drift could not be looked for: {run.reason}")
    text = table.read_text(encoding="utf-8")
    pipeline.log.line(text)
    title = f"Stack {pipeline.stack} is not as declared" if found["hasDrift"] else f"Stack {pipeline.stack}: no drift"
    results.write(pipeline.out_dir, f"### {title}\n\n{text}", found, pipeline.system)
    if has_issue:
        pipeline.log.line(_keep_issue(pipeline, title, text, has_drift=bool(found["hasDrift"])))
    return found


def _found(stdout: str) -> dict[str, Any] | None:
    """What `paddock drift --json` told; None where it ended before it could."""
    try:
        found = json.loads(stdout)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "hasDrift" in found else None


def _keep_issue(pipeline: Pipeline, title: str, text: str, *, has_drift: bool) -> str:
    forge = forge_of(pipeline.system, os.environ)
    if forge is None:
        return "no token to write an issue with: the run's summary shows what there is"
    marker = f"<!-- paddock-drift {pipeline.stack} -->"
    body = f"{marker}\n{text.rstrip()}\n"
    try:
        if has_drift:
            return forge.upsert_issue(marker, LABEL, title, body)
        return forge.close_issue(marker, LABEL, "All is as declared again.")
    except ForgeError as error:
        raise PaddockError(f"the issue could not be written: {error}") from error
