"""What is decided without a process: interpreters, required packages, commands, messages."""

import base64
import json
import sys
from pathlib import Path

import pytest

from paddock.language_host import program_process
from paddock.language_host.commands import install_commands, plugin_command
from paddock.language_host.errors import InterpreterNotFoundError, RuntimeOptionRefusedError
from paddock.language_host.interpreter import OWN_INTERPRETER, Interpreter, interpreter_for
from paddock.language_host.packages import (
    Parameterization,
    RequiredPackage,
    installed_distributions,
    plugin_version,
    required_packages,
)


@pytest.mark.parametrize(
    ("distribution", "plugin"),
    [
        ("5.5.0", "5.5.0"),
        ("1.2", "1.2.0"),
        ("1.2.3a4", "1.2.3-alpha.4"),
        ("1.2.3b4", "1.2.3-beta.4"),
        ("1.2.3rc4", "1.2.3-rc.4"),
        ("1.2.3.post4", "1.2.3+post4"),
        ("1.2.3.dev5", "1.2.3+dev5"),
        ("1.2.3.post4.dev5", "1.2.3+post4dev5"),
        ("1!2.3", None),
        ("", None),
        ("latest", None),
    ],
)
def test_a_distributions_version_becomes_its_plugins(distribution, plugin):
    assert plugin_version(distribution) == plugin


def installed(folder: Path, name: str, version: str, plugin: dict[str, object] | None) -> None:
    (folder / f"{name}-{version}.dist-info").mkdir(parents=True)
    (folder / name).mkdir()
    if plugin is not None:
        (folder / name / "pulumi-plugin.json").write_text(json.dumps(plugin), encoding="utf-8")


def test_a_package_needs_the_plugin_that_its_file_names(tmp_path):
    installed(tmp_path, "pulumi_oci", "5.5.0", {"resource": True, "name": "oci", "version": "5.5.0"})
    installed(tmp_path, "their_cloud", "2.0", {"resource": True, "name": "theirs", "server": "https://theirs"})
    assert required_packages([tmp_path]) == [
        RequiredPackage("oci", "v5.5.0"),
        RequiredPackage("theirs", "v2.0.0", "https://theirs"),
    ]


def test_a_package_without_a_file_needs_the_plugin_of_its_name(tmp_path):
    installed(tmp_path, "pulumi_random_pet", "4.1.0a2", None)
    assert required_packages([tmp_path]) == [RequiredPackage("random-pet", "v4.1.0-alpha.2")]


def test_packages_without_a_plugin_need_none(tmp_path):
    installed(tmp_path, "pulumi", "3.257.0", None)
    installed(tmp_path, "pulumi_policy", "1.14.0", None)
    installed(tmp_path, "pulumi_components", "1.0.0", {"resource": False})
    installed(tmp_path, "requests", "2.32.0", None)
    assert required_packages([tmp_path]) == []


def test_a_parameterized_package_carries_its_parameter(tmp_path):
    parameter = {"name": "theirs", "version": "1.0.0", "value": base64.b64encode(b"\x00what").decode()}
    plugin = {"resource": True, "name": "any", "version": "0.9.0", "parameterization": parameter}
    installed(tmp_path, "pulumi_theirs", "1.0.0", plugin)
    (package,) = required_packages([tmp_path])
    assert package.parameterization == Parameterization("theirs", "1.0.0", b"\x00what")


def test_the_first_folder_that_has_a_package_counts(tmp_path):
    installed(tmp_path / "first", "pulumi_oci", "5.5.0", None)
    installed(tmp_path / "second", "pulumi_oci", "1.0.0", None)
    assert required_packages([tmp_path / "first", tmp_path / "second"]) == [RequiredPackage("oci", "v5.5.0")]


def test_installed_distributions_are_named_once_and_sorted(tmp_path):
    installed(tmp_path, "zebra", "1.0", None)
    installed(tmp_path, "a_horse", "2.0", None)
    assert installed_distributions([tmp_path]) == [("a-horse", "2.0"), ("zebra", "1.0")]


def test_without_options_the_hosts_own_interpreter_runs_the_program(tmp_path):
    assert interpreter_for({}, tmp_path) is OWN_INTERPRETER
    assert OWN_INTERPRETER.python == Path(sys.executable)


def test_the_hosts_own_virtual_environment_is_recognised_by_any_name(tmp_path):
    (tmp_path / "link").symlink_to(sys.prefix)
    assert interpreter_for({"virtualenv": "link"}, tmp_path) is OWN_INTERPRETER
    assert interpreter_for({"virtualenv": sys.prefix}, tmp_path) is OWN_INTERPRETER


def test_a_virtual_environment_is_found_from_the_projects_root(tmp_path):
    python = tmp_path / "envs" / "one" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    project = tmp_path / "project"
    project.mkdir()
    assert interpreter_for({"virtualenv": "../envs/one"}, project) == Interpreter(python, tmp_path / "envs" / "one")


def test_a_virtual_environment_without_an_interpreter_is_refused_with_its_path(tmp_path):
    (tmp_path / "venv").mkdir()
    with pytest.raises(InterpreterNotFoundError) as refused:
        interpreter_for({"virtualenv": "venv"}, tmp_path)
    assert refused.value.python == tmp_path / "venv" / "bin" / "python"


def test_a_virtual_environment_that_is_no_text_is_refused(tmp_path):
    with pytest.raises(RuntimeOptionRefusedError) as refused:
        interpreter_for({"virtualenv": 7.0}, tmp_path)
    assert "runtime.options.virtualenv: expected a folder, as text, found 7.0" in str(refused.value)


def test_an_activated_environment_puts_its_programs_first_and_forgets_pythonhome():
    interpreter = Interpreter(Path("/env/bin/python"), Path("/env"))
    activated = interpreter.environment({"PATH": "/usr/bin", "PYTHONHOME": "/usr", "KEPT": "yes"})
    assert activated == {"PATH": "/env/bin:/usr/bin", "VIRTUAL_ENV": "/env", "KEPT": "yes"}


def test_a_virtual_environment_that_is_due_is_made_before_the_requirements_are_installed(tmp_path):
    (tmp_path / "requirements.txt").touch()
    assert install_commands({"virtualenv": "venv"}, tmp_path, tmp_path) == [
        [sys.executable, "-m", "venv", f"{tmp_path}/venv"],
        [f"{tmp_path}/venv/bin/python", "-m", "pip", "install", "-r", f"{tmp_path}/requirements.txt"],
    ]


def test_without_requirements_nothing_is_installed(tmp_path):
    assert install_commands({}, tmp_path, tmp_path) == []


def test_a_policy_pack_is_run_by_the_sdks_own_module():
    command = plugin_command(Interpreter(Path("/env/bin/python")), "analyzer", Path("/policy"), ["127.0.0.1:1"])
    assert command == ["/env/bin/python", "-u", "-m", "pulumi.policy", "127.0.0.1:1", "/policy"]


def test_any_other_plugin_is_run_by_its_folder():
    command = plugin_command(Interpreter(Path("/env/bin/python")), "resource", Path("/component"), ["127.0.0.1:1"])
    assert command == ["/env/bin/python", "-u", "/component", "127.0.0.1:1"]


def test_host_and_executor_mean_the_same_by_their_exit_codes():
    # The executor cannot be imported here: it imports the SDK and answers to signals.
    source = Path(program_process.__file__).with_name("program_executor.py").read_text(encoding="utf-8")
    assert f"EXIT_ALREADY_REPORTED = {program_process.EXIT_ALREADY_REPORTED}\n" in source
    assert f"EXIT_NO_SDK = {program_process.EXIT_NO_SDK}\n" in source
