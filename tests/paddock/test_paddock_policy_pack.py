"""A policy pack's own environment: made once, from its requirements, and only where it is ours to make."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from paddock.errors import LackError
from paddock.policy_pack import bring, packs_in

PULUMI_POLICY = "runtime:\n  name: python\n  options:\n    virtualenv: .venv\n"


def make_pack(folder, project=PULUMI_POLICY, requirements="# nothing\n"):
    folder.mkdir(exist_ok=True)
    (folder / "PulumiPolicy.yaml").write_text(project)
    (folder / "requirements.txt").write_text(requirements)
    return folder


def said_by(pack):
    lines: list[str] = []
    bring(pack, lines.append)
    return lines


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        ([], []),
        (["--policy-pack", "policy", "--diff"], ["policy"]),
        (["--policy-pack=policy", "--policy-pack", "/other"], ["policy", "/other"]),
        (["--policy-pack", "one,two"], ["one", "two"]),
        (["--policy-pack-config", "policy/config.json"], []),
        (["--policy-pack"], []),
    ],
)
def test_the_packs_are_those_that_the_flags_name(flags, named):
    assert sorted(packs_in(flags, Path("/project"))) == sorted(Path("/project") / name for name in named)


def test_an_environment_is_made_once_and_again_when_its_requirements_change(tmp_path):
    pack = make_pack(tmp_path / "pack")

    assert len(said_by(pack)) == 1
    subprocess.run([pack / ".venv/bin/python", "-c", "import sys; assert sys.prefix != sys.base_prefix"], check=True)
    assert said_by(pack) == []
    (pack / "requirements.txt").write_text("# still nothing\n")
    assert len(said_by(pack)) == 1


def test_an_installation_that_failed_is_told_and_done_again(tmp_path):
    pack = make_pack(tmp_path / "pack", requirements="./no-such-package\n")

    with pytest.raises(LackError) as refused:
        bring(pack, print)

    assert "no-such-package" in str(refused.value)
    assert refused.value.exit_code == 3
    (pack / "requirements.txt").write_text("# nothing\n")
    assert len(said_by(pack)) == 1


def test_an_environment_that_somebody_else_made_is_theirs(tmp_path):
    pack = make_pack(tmp_path / "pack", requirements="./no-such-package\n")
    (pack / ".venv/lib/python3.11/site-packages/pulumi_policy").mkdir(parents=True)

    assert said_by(pack) == []


@pytest.mark.parametrize(
    "project",
    ["runtime: python\n", "runtime: nodejs\n", "runtime:\n  name: python\n", "{", "- no mapping\n"],
)
def test_what_names_no_environment_is_left_to_pulumi(tmp_path, project):
    pack = make_pack(tmp_path / "pack", project)

    assert said_by(pack) == []
    assert sorted(path.name for path in pack.iterdir()) == ["PulumiPolicy.yaml", "requirements.txt"]


def test_a_folder_that_is_no_pack_is_left_to_pulumi(tmp_path):
    assert said_by(tmp_path) == []
