"""Where a repository lives, its pull requests and issues: GitHub's and GitLab's REST, with Python's own library only.

The job that comments on a fork's pull request has a token and installs nothing: Python itself has what is imported.
"""

from __future__ import annotations

from collections.abc import Mapping

from paddock.ci.ci_system import CiSystem
from paddock.ci.forge.forge import Forge, ForgeError
from paddock.ci.forge.github import GitHub
from paddock.ci.forge.gitlab import GitLab

__all__ = ["Forge", "ForgeError", "forge_of"]


def forge_of(system: CiSystem, environment: Mapping[str, str]) -> Forge | None:
    """The forge that this pipeline may write to: `GITHUB_TOKEN`, `GITLAB_TOKEN`. None: it has no token, or no forge."""
    if system.repository is None or system.api_url is None:
        return None
    if system.name == "github" and (token := environment.get("GITHUB_TOKEN")):
        author = environment.get("PADDOCK_COMMENT_AUTHOR", "github-actions[bot]")
        return GitHub(system.api_url, system.repository, token, author)
    if system.name == "gitlab" and (token := environment.get("GITLAB_TOKEN")):
        return GitLab(system.api_url, system.repository, token)
    return None
