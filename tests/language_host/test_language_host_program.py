"""Programs under the real CLI: what they see, and what the user sees of them."""

import json
import sys
import venv
from pathlib import Path

import pytest


def test_an_empty_program_makes_the_stack_and_nothing_else(project):
    answer = project.run("up", "--yes", "--skip-preview")
    assert answer.returncode == 0, answer.stdout
    assert "+ 1 created" in answer.stdout
    assert project.run("preview", "--expect-no-changes").returncode == 0


def test_a_program_reads_its_config_and_its_exports_are_the_stacks_outputs(project):
    project.run("config", "set", "colour", "green")
    project.run("config", "set", "--secret", "word", "geheim")
    project.write(
        "import pulumi\n"
        "config = pulumi.Config()\n"
        "pulumi.export('colour', config.require('colour'))\n"
        "pulumi.export('word', config.require_secret('word'))\n"
        "pulumi.export('where', [pulumi.get_project(), pulumi.get_stack(), pulumi.get_organization()])\n"
    )
    answer = project.run("up", "--yes", "--skip-preview")
    assert answer.returncode == 0, answer.stdout
    assert project.outputs() == {"colour": "green", "word": "geheim", "where": ["demo", "dev", "organization"]}


def test_a_secret_of_the_config_stands_nowhere_in_the_clear(project):
    project.run("config", "set", "--secret", "word", "geheim")
    # Read as if it were no secret: that it is one came with the run.
    project.write("import pulumi\npulumi.export('word', pulumi.Config().require_secret('word'))\n")
    answer = project.run("up", "--yes", "--skip-preview")
    assert answer.returncode == 0, answer.stdout
    assert "geheim" not in answer.stdout
    state = Path(project.environ["PULUMI_BACKEND_URL"].removeprefix("file://"))
    files = [path for path in state.rglob("*.json") if path.is_file()]
    assert files
    assert [path for path in files if "geheim" in path.read_text(encoding="utf-8")] == []


def test_a_preview_tells_the_program_that_it_is_one(project):
    project.write("import pulumi\nprint('dry run:', pulumi.runtime.is_dry_run())\n")
    assert "dry run: True" in project.run("preview").stdout
    assert "dry run: False" in project.run("up", "--yes", "--skip-preview").stdout


def test_what_a_program_writes_is_shown(project):
    project.write("import sys\nprint('to stdout')\nprint('to stderr', file=sys.stderr)\n")
    answer = project.run("preview")
    assert answer.returncode == 0, answer.stdout
    assert "to stdout" in answer.stdout
    assert "to stderr" in answer.stdout


def test_a_programs_own_modules_come_before_all_others_of_their_name(project):
    # These are names of modules beside the executor, and of one in the folder of the language host.
    project.write("IS = 'own'\n", "errors.py")
    project.write("IS = 'own'\n", "interpreter.py")
    project.write("import errors, interpreter\nprint('errors:', errors.IS, 'interpreter:', interpreter.IS)\n")
    assert "errors: own interpreter: own" in project.run("preview").stdout


def test_a_programs_folder_cannot_replace_the_hosts_modules(project):
    for name in ("grpc.py", "json.py", "subprocess.py", "paddock/__init__.py"):
        project.write("raise SystemExit('the language host imported this')\n", name)
    project.write("")
    answer = project.run("about")
    assert "This project is written in python: executable=" in answer.stdout
    assert "the language host imported this" not in answer.stdout


def test_a_programs_standard_input_is_empty(project):
    project.write("import sys\nprint('read:', repr(sys.stdin.read()))\n")
    assert "read: ''" in project.run("preview").stdout


def test_an_error_is_shown_once_from_the_users_first_line_on(project):
    project.write("def fail():\n    raise ValueError('no such grape')\n", "grapes.py")
    project.write("import grapes\ngrapes.fail()\n")
    answer = project.run("up", "--yes", "--skip-preview")
    assert answer.returncode != 0
    shown = answer.stdout[answer.stdout.index("Diagnostics:") :]
    assert shown.count("ValueError: no such grape") == 1
    assert "grapes.py" in shown
    assert "exit code" not in shown
    for ours in ("program_executor", "runpy", "asyncio", "site-packages/pulumi"):
        assert ours not in shown


def test_an_error_in_an_apply_is_shown_from_the_users_first_line_on(project):
    project.write("import pulumi\npulumi.Output.from_input(1).apply(lambda one: one / 0)\n")
    answer = project.run("preview")
    assert answer.returncode != 0
    shown = answer.stdout[answer.stdout.index("Diagnostics:") :]
    assert "in <lambda>" in shown
    assert "ZeroDivisionError: division by zero" in shown
    assert "site-packages/pulumi" not in shown


def test_a_syntax_error_is_shown_with_its_place(project):
    project.write("x = (\n")
    answer = project.run("preview")
    assert answer.returncode != 0
    assert '__main__.py", line 1' in answer.stdout
    assert "'(' was never closed" in answer.stdout


def test_a_run_error_is_its_message_alone(project):
    project.write("import pulumi\nraise pulumi.RunError('the cellar is full')\n")
    answer = project.run("preview")
    assert answer.returncode != 0
    shown = answer.stdout[answer.stdout.index("Diagnostics:") :]
    assert "error: the cellar is full" in shown
    assert "Traceback" not in shown
    assert "exit code" not in shown


def test_a_program_that_exits_by_itself_is_reported_with_its_code(project):
    project.write("raise SystemExit(3)\n")
    answer = project.run("preview")
    assert answer.returncode != 0
    assert "program exited with non-zero exit code: 3" in answer.stdout


def test_a_program_that_is_killed_is_reported_with_the_signal(project):
    project.write("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    answer = project.run("preview")
    assert answer.returncode != 0
    assert "program was ended by signal 9" in answer.stdout


def test_a_folder_without_a_program_is_named(project):
    (project.folder / "__main__.py").unlink()
    answer = project.run("preview")
    assert answer.returncode != 0
    assert f"no Python program in {project.folder}: it has no __main__.py" in answer.stdout


@pytest.fixture
def environment_with_sdk(project) -> Path:
    """A virtual environment that sees this one's packages through a .pth file."""
    folder = project.folder / "an environment"
    venv.create(folder, with_pip=False, symlinks=True)
    packages = next(folder.glob("lib/python3*/site-packages"))
    here = [entry for entry in sys.path if entry.endswith("site-packages")]
    (packages / "borrowed.pth").write_text("\n".join(here), encoding="utf-8")
    return folder


def test_a_program_runs_in_the_virtual_environment_that_its_options_name(project, environment_with_sdk):
    project.options(virtualenv="an environment")
    project.write(
        "import os, sys, json\nprint(json.dumps([sys.prefix, os.environ['VIRTUAL_ENV'], os.environ['PATH']]))"
    )
    answer = project.run("preview")
    assert answer.returncode == 0, answer.stdout
    line = next(line for line in answer.stdout.splitlines() if "[" in line and "]" in line)
    prefix, virtual_env, path = json.loads(line[line.index("[") :])
    assert prefix == virtual_env == str(environment_with_sdk)
    assert path.startswith(str(environment_with_sdk / "bin"))


def test_a_virtual_environment_without_the_sdk_is_named_with_the_command_that_mends_it(project):
    venv.create(project.folder / "bare", with_pip=False, symlinks=True)
    project.options(virtualenv="bare")
    answer = project.run("preview")
    assert answer.returncode != 0
    assert f"{project.folder}/bare/bin/python has no Pulumi SDK" in answer.stdout
    assert "-m pip install -r requirements.txt" in answer.stdout


def test_a_virtual_environment_that_is_not_there_is_named_with_the_command_that_makes_it(project):
    project.options(virtualenv="nowhere")
    answer = project.run("preview")
    assert answer.returncode != 0
    assert "runtime.options.virtualenv: expected a virtual environment at 'nowhere'" in answer.stdout
    assert "Make it: `pulumi install`, run in the folder" in answer.stdout


@pytest.mark.parametrize(("option", "value"), [("toolchain", "poetry"), ("typechecker", "mypy")])
def test_an_option_that_the_host_does_not_serve_is_refused_by_name(project, option, value):
    project.options(**{option: value})
    answer = project.run("preview")
    assert answer.returncode != 0
    assert f"runtime.options.{option}: expected" in answer.stdout
    assert f"found '{value}'" in answer.stdout
