"""`paddock diff`: words for two artifacts, and an exit code that a pipeline can rely on."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from paddock.__main__ import cli

OLD, NEW = "a1b2c3" + "0" * 58, "a1b2d4" + "1" * 58
COLUMN = {"name": "age", "dtype": "float64", "required": True}


def write_artifact(artifacts_dir: Path, name: str, digest: str, built_at: int, columns) -> None:
    folder = artifacts_dir / name / digest
    folder.mkdir(parents=True)
    signature = {"input_kind": "frame", "strict": False, "method": "predict", "inputs": columns, "outputs": []}
    manifest = {"name": name, "digest": digest, "metrics": {"r2": 1 / 3}, "members": [], "signature": signature}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    os.utime(folder / "manifest.json", (built_at, built_at))
    (artifacts_dir / f"{name}-{digest}.zip").write_bytes(b"")


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "Pulumi.yaml").write_text("")
    artifacts_dir = tmp_path / "artifacts"
    write_artifact(artifacts_dir, "wine", OLD, 1, [COLUMN])
    write_artifact(artifacts_dir, "wine", NEW, 2, [{**COLUMN, "dtype": "int64"}])
    write_artifact(artifacts_dir, "beer", "f" * 64, 1, [COLUMN])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(cli, ["diff", *arguments])


@pytest.mark.parametrize(
    ("words", "digest"),
    [
        ("wine", NEW),
        ("a1b2c3", OLD),
        ("wine@a1b2d4", NEW),
        (f"artifacts/wine/{OLD}", OLD),
        (f"artifacts/wine/{OLD}/manifest.json", OLD),
        (f"artifacts/wine-{OLD}.zip", OLD),
    ],
)
def test_an_artifact_is_found_by_any_words_for_it(project, words, digest):
    result = run(words, words, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["old"] == {"name": "wine", "digest": digest}


def test_a_model_is_meant_also_where_a_folder_of_its_name_lies(project, monkeypatch):
    monkeypatch.chdir(project / "artifacts")
    assert run("wine", "wine").exit_code == 0


def test_a_breaking_artifact_ends_with_1_and_says_whom_it_breaks(project):
    result = run("wine@a1b2c3", "wine")
    assert result.exit_code == 1
    assert f"Breaks callers of wine@{OLD[:12]}:" in result.stdout
    assert "- column 'age': numbers were taken, and whole numbers are expected now" in result.stdout


def test_a_compatible_artifact_ends_with_0(project):
    result = run("wine@a1b2d4", "wine@a1b2c3")
    assert result.exit_code == 0
    assert f"Breaks no callers of wine@{NEW[:12]}" in result.stdout


def test_an_artifact_and_itself_are_the_same(project):
    assert "are the same" in run("wine", "wine").stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("cider", "there are: beer, wine"),
        ("a1b2", "at least 6"),
        ("abcdef", "no artifact begins with abcdef"),
        ("wine@ffffff", "no artifact begins with ffffff"),
        ("cider@a1b2c3", "no artifact of a model named 'cider'"),
        ("nowhere/manifest.json", "is not there"),
        ("Pulumi.yaml", "is no artifact"),
        ("artifacts/", "no artifact folder"),
        ("notes.json", "can't be read as JSON"),
        ("list.json", "is no manifest"),
        ("unsigned.json", "has no signature"),
        (f"artifacts/beer-{'f' * 64}.zip", "its folder"),
    ],
)
def test_words_that_mean_no_artifact_end_with_2_and_say_what_there_is(project, words, told):
    (project / "notes.json").write_text("{")
    (project / "list.json").write_text("[]")
    (project / "unsigned.json").write_text('{"digest": "x"}')
    if words.endswith(".zip"):
        shutil.rmtree(project / "artifacts" / "beer")
    result = run(words, "wine")
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_digest_that_several_begin_with_is_refused(project):
    write_artifact(project / "artifacts", "wine", "a1b2c3" + "9" * 58, 3, [COLUMN])
    result = run("a1b2c3", "wine")
    assert result.exit_code == 2
    assert "2 artifacts begin with a1b2c3; there are: wine@a1b2c3000000, wine@a1b2c3999999" in result.stderr
