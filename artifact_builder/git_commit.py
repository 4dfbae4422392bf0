"""Which commit a model folder was built from: for people who ask, no part of an artifact's identity.

A repository's configuration can name programs (a file system monitor, hooks, filters, pagers): git is run so that none
of them is, for a model folder may come from anywhere.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

_TIMEOUT_S = 3.0
_NO_PROGRAMS = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "core.pager=cat",
    "core.untrackedCache=false",
    "diff.external=",
    "log.showSignature=false",
    "protocol.allow=never",
)
_URL = re.compile(r"^((?:https?|ssh|git)://)(?:[^/]*@)?([^?#]+)", re.IGNORECASE)
_SCP_FORM = re.compile(r"^[\w.-]+@[\w.-]+:[^?#\s]+$")  # git@host:path, which has no password


def git_commit(folder: Path) -> dict[str, object] | None:
    """``{"commit", "dirty", "branch", "repository"}`` of the last commit that touched ``folder``.

    ``dirty``: something in the folder is not as committed. ``branch`` is None on a detached HEAD, ``repository`` (the
    URL of ``origin``, without user and password) where there is no such remote. None: no git, no repository, no commit
    of the folder, a repository of somebody else's, or no answer within seconds.
    """
    settings = (*_NO_PROGRAMS, *_without_filters(folder))
    commit = _git(folder, ("log", "-1", "--format=%H", "--", "."), settings)
    arguments = ("status", "--porcelain", "--untracked-files=normal", "--ignore-submodules=all", "--", ".")
    status = _git(folder, arguments, settings)
    if not commit or status is None:
        return None
    return {
        "commit": commit,
        "dirty": bool(status),
        "branch": _git(folder, ("symbolic-ref", "--quiet", "--short", "HEAD")) or None,
        "repository": _public_url(_git(folder, ("config", "--local", "--get", "remote.origin.url")) or ""),
    }


def _public_url(url: str) -> str | None:
    """Without user, password and query; None for a path of this machine."""
    found = _URL.match(url)
    if found:
        return found[1] + found[2]
    return url if _SCP_FORM.match(url) else None


def _without_filters(folder: Path) -> list[str]:
    """Settings that take away the repository's own filter programs; the user's (such as Git LFS) stay."""
    lines = _git(folder, ("config", "--show-scope", "--name-only", "--get-regexp", r"^filter\.")) or ""
    scoped = [line.partition("\t") for line in lines.splitlines()]
    return [f"{name}=" for scope, _, name in scoped if scope not in {"global", "system"}]


def _git(folder: Path, arguments: Sequence[str], settings: Sequence[str] = _NO_PROGRAMS) -> str | None:
    """What git prints; None where it fails. It asks nobody, fetches nothing and takes no lock."""
    options = [word for setting in settings for word in ("-c", setting)]
    try:
        run = subprocess.run(
            ["git", "--no-pager", "--no-optional-locks", *options, "-C", str(folder), *arguments],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return run.stdout.decode("utf-8", "replace").strip()


def _environment() -> dict[str, str]:
    inherited = {key: os.environ[key] for key in ("PATH", "HOME", "SYSTEMROOT") if key in os.environ}
    return {
        **inherited,
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
    }
