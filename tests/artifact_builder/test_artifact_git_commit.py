"""The commit of a model folder, read without running anything that the repository names."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from artifact_builder.git_commit import git_commit


def git(folder: Path, *arguments: str) -> str:
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com"}
    who |= {key.replace("AUTHOR", "COMMITTER"): value for key, value in who.items()}
    environment = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull}
    run = subprocess.run(["git", "-C", folder, *arguments], env=environment, capture_output=True, text=True, check=True)
    return run.stdout.strip()


@pytest.fixture
def folder(tmp_path):
    """A committed model folder in a repository with another commit after it."""
    git(tmp_path, "init", "-q", "-b", "main")
    folder = tmp_path / "models" / "wine"
    folder.mkdir(parents=True)
    (folder / "model.yaml").write_text("estimator: model.pkl\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "wine")
    (tmp_path / "other").write_text("")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "other")
    return folder


def test_the_last_commit_that_touched_the_folder_is_told(folder):
    assert git_commit(folder) == {
        "commit": git(folder, "rev-parse", "HEAD~1"),
        "dirty": False,
        "branch": "main",
        "repository": None,
    }


@pytest.mark.parametrize("change", ["edited", "added"])
def test_a_folder_that_is_not_as_committed_is_dirty(folder, change):
    (folder / ("model.yaml" if change == "edited" else "new.csv")).write_text("x")
    assert git_commit(folder)["dirty"]


def test_what_is_not_as_committed_elsewhere_makes_no_folder_dirty(folder):
    (folder.parents[1] / "other").write_text("x")
    assert not git_commit(folder)["dirty"]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://user:secret@git.example.com/team/models.git", "https://git.example.com/team/models.git"),
        ("https://user:se@cret@git.example.com/m.git?token=secret", "https://git.example.com/m.git"),
        ("git@git.example.com:team/models.git", "git@git.example.com:team/models.git"),
        ("/home/somebody/models.git", None),
        ("file:///home/somebody/models.git", None),
    ],
)
def test_the_repository_is_told_without_secrets_and_without_paths(folder, url, told):
    git(folder, "remote", "add", "origin", url)
    assert git_commit(folder)["repository"] == told


def test_a_detached_head_has_no_branch(folder):
    git(folder, "checkout", "-q", "--detach")
    assert git_commit(folder)["branch"] is None


@pytest.mark.parametrize("where", ["no repository", "never committed", "no git"])
def test_where_there_is_no_commit_there_is_none(tmp_path, monkeypatch, where):
    if where == "never committed":
        git(tmp_path, "init", "-q")
    if where == "no git":
        monkeypatch.setenv("PATH", str(tmp_path))
    assert git_commit(tmp_path) is None


def test_no_program_that_the_repository_names_is_run(folder):
    root = folder.parents[1]
    trap = root / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {root}/sprung\ncat\n")
    trap.chmod(0o755)
    (root / ".gitattributes").write_text("* filter=trap\n")
    (root / ".git" / "hooks").mkdir(exist_ok=True)
    (root / ".git" / "hooks" / "post-index-change").symlink_to(trap)
    for key in ("core.fsmonitor", "filter.trap.clean", "filter.trap.process", "core.sshCommand", "gpg.program"):
        git(root, "config", key, str(trap))
    git(root, "config", "filter.trap.required", "true")
    os.utime(folder / "model.yaml", (1, 1))  # git must read the file to tell that it is unchanged

    assert git_commit(folder)["dirty"] is False
    assert not (root / "sprung").exists()
