"""Checking an artifact folder as it is now, edited or not."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artifact_builder.child import ChildError, run_in_child
from artifact_builder.digest import Member, members_of
from artifact_builder.errors import VerifyError

_TIMEOUT_S = 600.0


@dataclass(frozen=True)
class Verification:
    """What came of it. ``is_ok``: no ``problems``.

    ``forms`` are the forms of body that were sent, ``rows`` how many golden rows; ``edited_members`` are files that
    are not as they were built (score.py may be edited, the model may not); ``traceback`` is score.py's, if it raised.
    """

    name: str
    digest: str
    forms: tuple[str, ...]
    rows: int
    edited_members: tuple[str, ...]
    problems: tuple[str, ...]
    traceback: str | None

    @property
    def is_ok(self) -> bool:
        """Whether the artifact keeps its promise."""
        return not self.problems

    def __str__(self) -> str:
        edited = [f"edited since the build: {', '.join(self.edited_members)}"] if self.edited_members else []
        if self.is_ok:
            kept = f"{self.rows} golden rows predicted as promised, in {len(self.forms)} forms of body"
            return "; ".join([kept, *edited])
        return "\n".join([*self.problems, *edited, *([self.traceback.rstrip()] if self.traceback else [])])


def verify(artifact_folder: Path) -> Verification:
    """Import the artifact's own score.py in a clean process and compare its predictions with the golden rows.

    Each form of body is tried; classes must be equal, numbers within 1e-9 of each other. A broken promise is in the
    result; VerifyError is raised where nothing can be compared.
    """
    manifest = _manifest(artifact_folder)
    if not manifest["golden"]["rows"]:
        raise VerifyError(
            f"{manifest['name']} is a ready artifact: it was taken as it is, no golden rows say what is right"
        )
    edited = _edited(artifact_folder, manifest["members"])
    try:
        with tempfile.TemporaryDirectory(prefix="paddock-verify-") as work:
            request = {"artifact_dir": str(artifact_folder.absolute())}
            answer = run_in_child("verify", request, work_dir=Path(work), timeout_s=_TIMEOUT_S)
    except ChildError as error:
        raise VerifyError(f"{artifact_folder.name}: {error}") from error
    return Verification(
        name=manifest["name"],
        digest=manifest["digest"],
        forms=tuple(answer["forms"]),  # type: ignore[arg-type]  # the worker's own protocol
        rows=int(answer["rows"]),  # type: ignore[call-overload]
        edited_members=edited,
        problems=(*_replaced_model(manifest, edited), *answer["problems"]),  # type: ignore[misc]
        traceback=answer["traceback"],  # type: ignore[arg-type]
    )


def _manifest(artifact_folder: Path) -> dict[str, Any]:
    path = artifact_folder / "manifest.json"
    try:
        manifest: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise VerifyError(
            f"{artifact_folder} is no artifact folder, it has no manifest.json: build the model"
        ) from error
    except ValueError as error:
        raise VerifyError(f"{path} is no JSON ({error}): build the model again") from error
    return manifest


def _replaced_model(manifest: dict[str, Any], edited: tuple[str, ...]) -> list[str]:
    name = manifest["model_file_name"]
    return [f"{name} is not the file that was built: build the model again"] if name in edited else []


def _edited(artifact_folder: Path, built: list[dict[str, Any]]) -> tuple[str, ...]:
    """Names of the members that were changed, added or taken away since the build."""
    before = {Member(one["name"], one["size"], one["sha256"]) for one in built}
    return tuple(sorted({member.name for member in before.symmetric_difference(members_of(artifact_folder))}))
