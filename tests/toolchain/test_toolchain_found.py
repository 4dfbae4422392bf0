"""A CLI that is there already: seen as it is, at no cost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from toolchain_programs import plain_tools, write_program, write_pulumi

from paddock.toolchain import PINNED_VERSION, find_ready
from paddock.toolchain.discovery import write_stamp
from paddock.toolchain.pin import GO_MODULE_DIR


@pytest.fixture
def paddock_dir(tmp_path) -> Path:
    return tmp_path / "a clone" / ".paddock"


def environ(*folders: Path, **more: str) -> dict[str, str]:
    return {"PATH": os.pathsep.join([*map(str, folders), str(plain_tools())]), **more}


def asked(folder: Path) -> int:
    log = folder / "pulumi.log"
    return len(log.read_text(encoding="utf-8").splitlines()) if log.exists() else 0


def put_ours(paddock_dir: Path, version: str = PINNED_VERSION, source: str = "module") -> None:
    write_pulumi(paddock_dir / "bin", version)
    write_stamp(paddock_dir, version, source)


def test_where_there_is_nothing_nothing_is_ready(paddock_dir):
    assert find_ready(paddock_dir, environ=environ()) is None
    assert not paddock_dir.exists()


def test_ours_is_taken_without_starting_a_process(paddock_dir, monkeypatch):
    put_ours(paddock_dir)

    def refuse(*words: object, **_: object) -> None:
        raise AssertionError(f"a process was started: {words}")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    found = find_ready(paddock_dir, environ=environ())
    assert found is not None
    assert (found.pulumi, found.source, found.version) == (paddock_dir / "bin" / "pulumi", "module", PINNED_VERSION)


def test_ours_without_a_language_host_gets_one_beside_it(paddock_dir):
    put_ours(paddock_dir, source="module")
    found = find_ready(paddock_dir, environ=environ())
    assert found.language_host == paddock_dir / "bin" / "pulumi-language-python"
    assert os.access(found.language_host, os.X_OK)


def test_what_the_installer_brought_keeps_its_own_language_host(paddock_dir):
    put_ours(paddock_dir, source="installer")
    theirs = write_program(paddock_dir / "bin" / "pulumi-language-python", "theirs")
    found = find_ready(paddock_dir, environ=environ())
    assert found.language_host is None
    assert theirs.read_text(encoding="utf-8") == "theirs"


def test_a_program_that_is_not_the_one_we_put_there_is_not_ours(paddock_dir):
    put_ours(paddock_dir)
    write_program(paddock_dir / "bin" / "pulumi", "#!/bin/sh\necho cut off")
    assert find_ready(paddock_dir, environ=environ()) is None


@pytest.mark.parametrize("stamp", ["", "{", "[]", '{"version": "3.257.0"}', "\x00"])
def test_a_stamp_that_says_nothing_makes_nothing_ready(paddock_dir, stamp):
    put_ours(paddock_dir)
    (paddock_dir / "bin" / ".pulumi.json").write_text(stamp, encoding="utf-8")
    assert find_ready(paddock_dir, environ=environ()) is None


def test_a_cli_on_path_is_asked_for_its_version_once(paddock_dir, tmp_path):
    pulumi = write_pulumi(tmp_path / "theirs", "3.300.0")
    for _ in range(3):
        found = find_ready(paddock_dir, environ=environ(tmp_path / "theirs"))
        assert (found.pulumi, found.source, found.version) == (pulumi, "path", "3.300.0")
    assert asked(tmp_path / "theirs") == 1


def test_a_cli_on_path_that_was_replaced_is_asked_again(paddock_dir, tmp_path):
    pulumi = write_pulumi(tmp_path / "theirs", "3.300.0")
    find_ready(paddock_dir, environ=environ(tmp_path / "theirs"))
    write_pulumi(tmp_path / "theirs", "3.301.0")
    os.utime(pulumi, ns=(1, 1))
    assert find_ready(paddock_dir, environ=environ(tmp_path / "theirs")).version == "3.301.0"


def test_our_own_folder_on_path_does_not_make_ours_theirs(paddock_dir):
    put_ours(paddock_dir)
    found = find_ready(paddock_dir, environ=environ(paddock_dir / "bin"))
    assert found.source == "module"


@pytest.mark.parametrize("text", ["#!/bin/sh\nexit 1\n", "no program at all", "#!/nowhere\n"])
def test_a_cli_on_path_that_tells_no_version_is_passed_over(paddock_dir, tmp_path, text):
    write_program(tmp_path / "theirs" / "pulumi", text)
    assert find_ready(paddock_dir, environ=environ(tmp_path / "theirs")) is None


def test_a_cli_on_path_with_its_language_host_gets_none_of_ours(paddock_dir, tmp_path):
    write_pulumi(tmp_path / "theirs", "3.300.0")
    write_program(tmp_path / "theirs" / "pulumi-language-python", "#!/bin/sh\n")
    assert find_ready(paddock_dir, environ=environ(tmp_path / "theirs")).language_host is None
    assert list(paddock_dir.rglob("pulumi-language-python")) == []


def test_a_cli_that_is_a_link_is_asked_where_its_language_host_is(paddock_dir, tmp_path):
    pulumi = write_pulumi(tmp_path / "cellar", "3.300.0")
    write_program(tmp_path / "cellar" / "pulumi-language-python", "#!/bin/sh\n")
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "pulumi").symlink_to(pulumi)
    find_ready(paddock_dir, environ=environ(tmp_path / "theirs"))
    assert list(paddock_dir.rglob("pulumi-language-python")) == []


def test_a_cli_on_path_without_a_language_host_finds_ours_among_its_plugins(paddock_dir, tmp_path):
    write_pulumi(tmp_path / "theirs", "3.300.0")
    found = find_ready(paddock_dir, environ=environ(tmp_path / "theirs"))
    assert found.language_host is None  # nothing to put on PATH: the CLI would warn of it
    host = paddock_dir / "home" / "plugins" / f"language-python-v{PINNED_VERSION}" / "pulumi-language-python"
    assert os.access(host, os.X_OK)


def test_the_go_module_pins_the_same_version():
    go_mod = (GO_MODULE_DIR / "go.mod").read_text(encoding="utf-8")
    assert f"github.com/pulumi/pulumi/pkg/v3 v{PINNED_VERSION}" in go_mod
    assert f"github.com/pulumi/pulumi/sdk/v3 v{PINNED_VERSION}" in go_mod
    assert "tool github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" in go_mod
    assert f"github.com/pulumi/pulumi/pkg/v3 v{PINNED_VERSION} h1:" in (GO_MODULE_DIR / "go.sum").read_text(
        encoding="utf-8"
    )


def test_the_command_says_which_cli_there_is(paddock_dir):
    put_ours(paddock_dir)
    answer = subprocess.run(
        [sys.executable, "-m", "paddock.toolchain", paddock_dir],
        env=environ(),
        capture_output=True,
        text=True,
        check=True,
        cwd=GO_MODULE_DIR.parent,
    )
    assert answer.stdout == f"Pulumi CLI {PINNED_VERSION} (module): {paddock_dir}/bin/pulumi\n"
