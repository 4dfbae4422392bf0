"""Where an artifact comes from, as OCI's model provenance tells it: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class ProvenancePlan:
    """Keywords of `datascience.ModelProvenance`; what is unknown is None."""

    git_commit: str | None = None
    git_branch: str | None = None
    repository_url: str | None = None
    script_dir: str | None = None
    training_script: str | None = None

    def arguments(self) -> dict[str, str | None]:
        """As keywords."""
        return asdict(self)


def provenance_of(
    manifest: Mapping[str, Any], *, script_dir: str | None = None, training_script: str | None = None
) -> ProvenancePlan:
    """From the manifest: the last commit of the model's folder. A folder with changes that no commit has names none."""
    git = manifest.get("git") or {}
    return ProvenancePlan(
        git_commit=None if git.get("dirty", True) else git["commit"],
        git_branch=git.get("branch"),
        repository_url=git.get("repository"),
        script_dir=script_dir,
        training_script=training_script,
    )
