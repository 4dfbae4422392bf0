"""The scripts that the CLI starts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from toolchain_programs import write_program

from paddock.toolchain import PINNED_VERSION, ensure, find_ready, write_plugin
from paddock.toolchain.scripts import write_language_host

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def python(tmp_path) -> Path:
    """An interpreter in a folder with a space and a quote in its name, that tells how it was called."""
    tell = f"#!/bin/sh\nexec {sys.executable} -c 'import json, sys; print(json.dumps(sys.argv[1:]))' \"$@\"\n"
    return write_program(tmp_path / "a user's folder" / "python", tell)


def called(script: Path, *words: str) -> list[str]:
    return list(json.loads(subprocess.check_output([script, *words], text=True)))


def test_the_plugin_is_where_the_cli_looks_for_its_version(tmp_path, python):
    script = write_plugin(tmp_path, python, "5.5.0")
    assert script == tmp_path / "home" / "plugins" / "resource-oci-v5.5.0" / "pulumi-resource-oci"
    assert os.access(script, os.X_OK)


def test_the_plugin_starts_our_module_apart_from_the_users_folder(tmp_path, python):
    words = called(write_plugin(tmp_path, python, "5.5.0"), "127.0.0.1:1", "two words")
    assert words[0] == "-I"
    assert words[-4:] == [str(REPOSITORY), "oci_provider", "127.0.0.1:1", "two words"]


def test_the_language_host_starts_our_module_apart_from_the_users_folder(tmp_path, python):
    words = called(write_language_host(tmp_path / "bin", python), "127.0.0.1:1")
    assert words[0] == "-I"
    assert words[-3:] == [str(REPOSITORY), "paddock.language_host", "127.0.0.1:1"]


def test_a_script_that_is_there_already_is_left_alone(tmp_path, python):
    script = write_plugin(tmp_path, python, "5.5.0")
    before = script.stat()
    assert write_plugin(tmp_path, python, "5.5.0") == script
    assert script.stat().st_mtime_ns == before.st_mtime_ns
    assert script.stat().st_ino == before.st_ino


def test_a_script_for_another_interpreter_is_replaced(tmp_path, python):
    script = write_plugin(tmp_path, python, "5.5.0")
    write_plugin(tmp_path, Path(sys.executable), "5.5.0")
    assert str(python.parent.name) not in script.read_text(encoding="utf-8")


def test_the_real_cli_tells_the_version_and_the_automation_api_accepts_it(monkeypatch):
    from pulumi.automation import PulumiCommand

    paddock_dir = REPOSITORY / ".paddock"
    environ = {**os.environ, "PADDOCK_PULUMI_SOURCE": "module"}
    found = find_ready(paddock_dir) or ensure(paddock_dir, report=print, environ=environ)
    monkeypatch.setenv("PATH", os.pathsep.join([str(found.pulumi.parent), os.environ["PATH"]]))
    monkeypatch.delenv("PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK", raising=False)
    command = PulumiCommand()
    assert str(command.version) == found.version
    if found.source != "path":
        assert found.version == PINNED_VERSION
