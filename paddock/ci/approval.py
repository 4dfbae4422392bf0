"""What a preview was made of, so that `up` applies that and nothing else: stack, commit, each model's digest.

Artifacts are named by their content, so the digests say which bytes are meant. They are passed from the job that
previews to the job that applies; there they are hashed again before anything is changed.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artifact_builder import Artifact
from artifact_builder.digest import Member, artifact_digest
from paddock.errors import PaddockError, WordsError
from paddock.workspace import write_atomically


@dataclass(frozen=True)
class Approval:
    """`models`: digest by name, 64 hex digits each. `commit` is None where the project is in no git repository."""

    stack: str
    commit: str | None
    models: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """As `approval.json` has it."""
        return {"stack": self.stack, "commit": self.commit, "models": dict(sorted(self.models.items()))}


def of_artifacts(stack: str, commit: str | None, artifacts: Iterable[Artifact]) -> Approval:
    """What a preview of these artifacts shows."""
    return Approval(stack, commit, {artifact.name: artifact.digest for artifact in artifacts})


def write(path: Path, approval: Approval) -> None:
    """Writes `approval.json`, whole or not at all."""
    write_atomically(path, json.dumps(approval.to_json(), indent=2) + "\n")


def read(path: Path) -> Approval:
    """Reads it; raises WordsError where it is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        models = {str(name): str(digest) for name, digest in found["models"].items()}
        return Approval(str(found["stack"]), found["commit"], models)
    except FileNotFoundError:
        raise WordsError(f"{path}: there is no such approval; `paddock ci preview` writes it") from None
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise WordsError(f"{path}: is no approval as `paddock ci preview` writes it ({error!r})") from error


def require_same(approved: Approval, present: Approval) -> None:
    """Raises PaddockError with everything in which what is here differs from what was approved."""
    problems = []
    if approved.stack != present.stack:
        problems.append(f"stack: approved {approved.stack}, here {present.stack}")
    if approved.commit and present.commit and approved.commit != present.commit:
        problems.append(f"commit: approved {approved.commit[:12]}, here {present.commit[:12]}")
    for name in sorted(approved.models.keys() | present.models.keys()):
        was, now = approved.models.get(name), present.models.get(name)
        if was != now:
            problems.append(f"{name}: approved {_short(was)}, here {_short(now)}")
    if problems:
        listed = "\n  ".join(problems)
        raise PaddockError(
            f"what would be deployed is not what was approved; nothing was changed.\n  {listed}\n"
            "Preview this commit and have it approved, or pass on the artifacts of the preview that was."
        )


def require_whole(artifacts: Iterable[Artifact]) -> None:
    """Hashes what is in each zip again; raises PaddockError where one does not hold what its name says."""
    for artifact in artifacts:
        found = artifact_digest(_members_of_zip(artifact.zip_path))
        if found != artifact.digest:
            raise PaddockError(
                f"{artifact.zip_path.name} holds {found[:12]}, not {artifact.digest[:12]}: it was changed after the "
                "build. Nothing was deployed; delete artifacts/ and build again."
            )


def _members_of_zip(zip_path: Path) -> tuple[Member, ...]:
    with zipfile.ZipFile(zip_path) as archive:
        return tuple(Member(info.filename, info.file_size, _sha256_hex(archive, info)) for info in archive.infolist())


def _sha256_hex(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    sha256 = hashlib.sha256()
    with archive.open(info) as file:
        while piece := file.read(1 << 20):
            sha256.update(piece)
    return sha256.hexdigest()


def _short(digest: str | None) -> str:
    return digest[:12] if digest else "none"
