"""The commit that a change is made against, and checkouts of commits beside the user's own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from paddock.errors import PaddockError, WordsError

_CANDIDATES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


def head(folder: Path) -> str | None:
    """The commit that is checked out; None outside of any git repository."""
    return _git(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")


def merge_base(folder: Path, base: str | None) -> str:
    """Where the change left its base: the last commit that both have.

    Not the tip of the base: what others merged meanwhile is no part of this change. `base`: a branch, tag or commit;
    None: the default branch. Raises WordsError that says what git lacks.
    """
    names = (base,) if base else _CANDIDATES
    known = next(
        (name for name in names if _git(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")), None
    )
    if known is None:
        raise WordsError(
            f"git knows no commit named {' or '.join(names)} here; name what the change is made against with --base. "
            "In a pipeline, check out the whole history (GitHub: `fetch-depth: 0`, GitLab: `GIT_DEPTH: 0`)."
        )
    commit = _git(folder, "merge-base", known, "HEAD")
    if commit is None:
        raise WordsError(
            f"{known} and HEAD have no commit in common here. In a pipeline, check out the whole history "
            "(GitHub: `fetch-depth: 0`, GitLab: `GIT_DEPTH: 0`)."
        )
    return commit


@contextmanager
def checked_out(folder: Path, commit: str, where: Path) -> Iterator[Path]:
    """A git worktree of `commit` at `where`; gives the folder in it that `folder` is in its own. Gone afterwards."""
    prefix = _git(folder, "rev-parse", "--show-prefix") or ""
    result = subprocess.run(
        ["git", "-C", str(folder), "worktree", "add", "--detach", "--force", str(where), commit],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise PaddockError(f"git could not check out {commit[:12]}:\n{result.stderr.strip()}")
    try:
        yield where / prefix
    finally:
        subprocess.run(
            ["git", "-C", str(folder), "worktree", "remove", "--force", str(where)], capture_output=True, check=False
        )


def changed_paths(folder: Path) -> list[str]:
    """Files that differ from the commit that is checked out, new ones among them."""
    lines = _git(folder, "status", "--porcelain", "--untracked-files=normal", "--", ".") or ""
    return [line[3:] for line in lines.splitlines()]


def changes_of(folder: Path, file: Path) -> str:
    """What a file has that the commit has not, as a patch; empty where they are the same."""
    return _git(folder, "diff", "--no-color", "--no-ext-diff", "--", str(file)) or ""


def _is_commit(folder: Path, name: str) -> bool:
    return _git(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}") is not None


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints, or None where it fails; git's advice on ownership and the like is raised as it is."""
    result = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    if "dubious ownership" in result.stderr:
        raise WordsError(result.stderr.strip())
    return result.stdout.rstrip("\n") if result.returncode == 0 else None
