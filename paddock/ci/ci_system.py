"""Which CI system runs us, and what it says about the change: read once from its environment, pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Name = Literal["github", "gitlab", "oci-devops", "plain"]
_PULL_REQUEST_REF = re.compile(r"refs/pull/(\d+)/")


@dataclass(frozen=True)
class CiSystem:
    """Facts of one pipeline run; None where the system does not tell.

    `base`: what the change is made against, as git understands it. `change`: number of the pull or merge request.
    """

    name: Name
    commit: str | None = None
    base: str | None = None
    change: int | None = None
    repository: str | None = None
    run_url: str | None = None
    api_url: str | None = None
    step_summary: Path | None = None


def read(environment: Mapping[str, str]) -> CiSystem:
    """The system whose variables are set; `plain` where none of those we know is."""
    if environment.get("GITHUB_ACTIONS") == "true":
        return _github(environment)
    if environment.get("GITLAB_CI") == "true":
        return _gitlab(environment)
    if environment.get("OCI_BUILD_RUN_ID"):
        return CiSystem("oci-devops", commit=environment.get("OCI_PRIMARY_SOURCE_COMMIT_HASH"))
    return CiSystem("plain")


def _github(environment: Mapping[str, str]) -> CiSystem:
    """Variables: docs.github.com, "Default environment variables"."""
    base, repository = environment.get("GITHUB_BASE_REF"), environment.get("GITHUB_REPOSITORY")
    reference = _PULL_REQUEST_REF.match(environment.get("GITHUB_REF", ""))
    summary = environment.get("GITHUB_STEP_SUMMARY")
    run = environment.get("GITHUB_RUN_ID")
    server = environment.get("GITHUB_SERVER_URL", "https://github.com")
    return CiSystem(
        "github",
        commit=environment.get("GITHUB_SHA"),
        base=f"origin/{base}" if base else None,
        change=int(reference[1]) if reference else None,
        repository=repository,
        run_url=f"{server}/{repository}/actions/runs/{run}" if repository and run else None,
        api_url=environment.get("GITHUB_API_URL", "https://api.github.com"),
        step_summary=Path(summary) if summary else None,
    )


def _gitlab(environment: Mapping[str, str]) -> CiSystem:
    """Variables: docs.gitlab.com, "Predefined CI/CD variables reference"."""
    change = environment.get("CI_MERGE_REQUEST_IID")
    target = environment.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
    return CiSystem(
        "gitlab",
        commit=environment.get("CI_COMMIT_SHA"),
        base=environment.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") or (f"origin/{target}" if target else None),
        change=int(change) if change else None,
        repository=environment.get("CI_PROJECT_ID"),
        run_url=environment.get("CI_JOB_URL"),
        api_url=environment.get("CI_API_V4_URL"),
    )
