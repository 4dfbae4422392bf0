"""What an endpoint that serves an artifact must answer to the golden rows."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artifact_builder.child import ChildError, run_in_child
from artifact_builder.errors import VerifyError
from artifact_builder.worker.promise import Promise, promise

_TIMEOUT_S = 600.0
_HOOKS = "hooks.py"


@dataclass(frozen=True)
class GoldenAnswers:
    """``rows`` as a request's body has them, and the answers to them with what they may differ by."""

    rows: list[Any]
    promise: Promise


def golden_answers(
    manifest: Mapping[str, Any], zip_path: Path, environment: Mapping[str, str] | None = None
) -> GoldenAnswers:
    """The manifest's golden rows with the answers of the artifact in ``zip_path``.

    They are the manifest's own predictions. Hooks may change body and answer as they like: where the artifact has them,
    its score.py is asked in a clean process, with these variables and without network. Raises VerifyError where it
    can't answer there. A ready artifact has no rows.
    """
    rows = manifest["golden"]["rows"]
    if rows and any(member["name"] == _HOOKS for member in manifest["members"]):
        return answers_of_zip(manifest, zip_path, rows, environment)
    return GoldenAnswers(rows, promise(dict(manifest), manifest["golden"]["predictions"]))


def answers_of_zip(
    manifest: Mapping[str, Any], zip_path: Path, rows: list[Any], environment: Mapping[str, str] | None = None
) -> GoldenAnswers:
    """What the score.py in ``zip_path`` answers to ``rows``, in a clean process; ``manifest`` says the tolerance."""
    with tempfile.TemporaryDirectory(prefix="paddock-answers-") as temporary:
        artifact_dir, work_dir = Path(temporary) / "artifact", Path(temporary) / "work"
        work_dir.mkdir()
        with zipfile.ZipFile(zip_path) as archive:
            archive.extractall(artifact_dir)  # zipfile itself lets no name lead out of the folder
        request = {"artifact_dir": str(artifact_dir), "rows": rows, "environment": dict(environment or {})}
        try:
            answer = run_in_child("answer_rows", request, work_dir=work_dir, timeout_s=_TIMEOUT_S)
        except ChildError as error:
            raise VerifyError(f"{zip_path.name}: {error}") from error
    predictions = answer.get("prediction")
    if not isinstance(predictions, list):
        why = answer.get("traceback", f"predict() gave {str(predictions)[:80]}, expected a list")
        raise VerifyError(f"{zip_path.name}: its score.py does not answer here, in a process without network:\n{why}")
    return GoldenAnswers(rows, promise(dict(manifest), predictions))
