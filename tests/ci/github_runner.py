"""Runs the jobs of a GitHub workflow file as a hosted runner would: a fresh checkout, its `run:` steps word for word.

`uses:` steps are stood in for by what they do: a checkout clones, uploads and downloads copy, the Pulumi action puts
a CLI on PATH. A step, an expression or a condition that is not known here fails the test.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[2]
TOOLS = REPOSITORY / ".paddock" / "bin"
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_SECRETS = re.compile(r"secrets\.\w+")
# What a hosted runner has of its own; the rest of this process's environment is nobody's business there.
_KEPT = ("PATH", "LANG", "TERM", "PIP_", "UV_", "SSL_", "REQUESTS_CA", "HTTP", "http", "NO_PROXY", "no_proxy", "GO")


@dataclass
class Step:
    """A step that was run; `run` None for one that is an action."""

    name: str
    exit_code: int
    output: str
    run: str | None = None


@dataclass
class Job:
    """A job's steps up to the first that failed, and what it uploaded."""

    steps: list[Step] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def is_green(self) -> bool:
        return all(step.exit_code == 0 for step in self.steps)

    @property
    def output(self) -> str:
        return "\n".join(f"--- {step.name}\n{step.output}" for step in self.steps)


@dataclass
class Runner:
    """A machine with a working copy that is cleaned between jobs; packages and the built CLI stay, as from a cache."""

    remote: Path
    folder: Path
    home: Path
    uploads: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def job(
        self,
        workflow: str,
        job: str,
        *,
        commit: str,
        context: Mapping[str, str] | None = None,
        conditions: Mapping[str, bool] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Job:
        """Runs a job to its end, or to its first failed step (those with `if: always()` follow)."""
        document, done = self._document(workflow), Job()
        told = document["jobs"][job]
        done.environment = self._environment(commit, {**document.get("env", {}), **told.get("env", {})}, context or {})
        done.environment |= environment or {}
        for step in told["steps"]:
            wanted = _is_wanted(step.get("if"), conditions or {}, is_green=done.is_green)
            if wanted:
                done.steps.append(self._step(step, done.environment, commit, context or {}))
        return done

    def process(self, workflow: str, job: str, step_name: str, *, commit: str, environment: Mapping[str, str]) -> Any:
        """Starts one `run:` step and does not wait: for a runner that is to be cancelled or lost."""
        document = self._document(workflow)
        told = document["jobs"][job]
        step = next(step for step in told["steps"] if step.get("name") == step_name)
        variables = self._environment(commit, {**document.get("env", {}), **told.get("env", {})}, {}) | environment
        return subprocess.Popen(
            ["bash", "-e", self._script(step["run"])],
            cwd=self.folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def environment(self, commit: str, **variables: str) -> dict[str, str]:
        """What any CI system's machine has, for those that are not GitHub's; Python and the CLI are on PATH."""
        told = self._environment(commit, {}, {})
        path = f"{TOOLS}:{Path(sys.base_prefix) / 'bin'}:{told['PATH']}"
        return {**{name: value for name, value in told.items() if "GITHUB" not in name}, "PATH": path, **variables}

    def _document(self, workflow: str) -> Any:
        path = REPOSITORY / ".github" / "workflows" / workflow
        return yaml.load(path.read_text(), Loader=yaml.BaseLoader)  # noqa: S506 - texts only, `on` stays `on`

    def _environment(self, commit: str, env: Mapping[str, str], context: Mapping[str, str]) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name.startswith(_KEPT)}
        inherited["PATH"] = ":".join(part for part in inherited["PATH"].split(":") if part != str(TOOLS))
        runner = {
            "HOME": str(self.home),
            "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv")),
            "GOPATH": os.environ.get("GOPATH", str(Path.home() / "go")),
            "GOCACHE": os.environ.get("GOCACHE", str(Path.home() / ".cache" / "go-build")),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_SHA": commit,
            "GITHUB_REPOSITORY": "wine/models",
            "GITHUB_STEP_SUMMARY": str(self.uploads / "step-summary.md"),
            "RUNNER_TEMP": str(self.uploads.parent / "runner-temp"),
        }
        told = {name: self._filled(value, context) for name, value in env.items()}
        return {**inherited, **runner, **{name: value for name, value in told.items() if value}, **self.variables}

    def _step(
        self, step: Mapping[str, Any], environment: dict[str, str], commit: str, context: Mapping[str, str]
    ) -> Step:
        if "uses" in step:
            inputs = {name: self._filled(value, context) for name, value in step.get("with", {}).items()}
            self._use(step["uses"].partition("@")[0], inputs, environment, commit)
            return Step(step["uses"], 0, "")
        own = {name: self._filled(value, context) for name, value in step.get("env", {}).items()}
        result = subprocess.run(
            ["bash", "-e", self._script(step["run"])],
            cwd=self.folder,
            env={**environment, **own},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
            check=False,
        )
        return Step(step["name"], result.returncode, result.stdout, step["run"])

    def _use(self, action: str, inputs: Mapping[str, str], environment: dict[str, str], commit: str) -> None:
        match action:
            case "actions/checkout":
                self.check_out(commit)
            case "actions/setup-python":
                assert inputs["python-version"] == f"{sys.version_info.major}.{sys.version_info.minor}"
                environment["PATH"] = f"{Path(sys.base_prefix) / 'bin'}:{environment['PATH']}"
            case "pulumi/actions":
                assert TOOLS.is_dir(), "make toolchain brings the Pulumi CLI"
                environment["PATH"] = f"{TOOLS}:{environment['PATH']}"
            case "actions/upload-artifact":
                source, kept = self.folder / inputs["path"], self.uploads / inputs["name"]
                shutil.rmtree(kept, ignore_errors=True)
                if source.exists():
                    shutil.copytree(source, kept)
                else:
                    assert inputs["if-no-files-found"] == "warn", f"nothing to upload at {inputs['path']}"
            case "actions/download-artifact":
                shutil.copytree(self.uploads / inputs["name"], self.folder / inputs["path"], dirs_exist_ok=True)
            case _:
                raise AssertionError(f"no stand-in for {action}")

    def check_out(self, commit: str) -> None:
        """A push is on its branch, a pull request on no branch, as with actions/checkout."""
        if not self.folder.exists():
            git(self.folder.parent, "clone", "--quiet", str(self.remote), str(self.folder))
        git(self.folder, "fetch", "--quiet", "origin")
        is_main = git(self.folder, "rev-parse", "origin/main") == commit
        git(self.folder, "checkout", "--quiet", "--force", *(("-B", "main") if is_main else ("--detach",)), commit)
        git(self.folder, "clean", "-ffdxq", "-e", ".venv", "-e", ".paddock/toolchain", "-e", ".paddock/lint")

    def _script(self, run: str) -> str:
        """As GitHub does it: the step's text in a file, run by `bash -e`."""
        assert not _EXPRESSION.search(run), "an expression in a script could be a stranger's text"
        script = self.uploads.parent / "step.sh"
        script.write_text(run)
        return str(script)

    def _filled(self, value: str, context: Mapping[str, str]) -> str:
        """Secrets and variables that are not set are empty, as on GitHub; every other expression must be told."""

        def one(found: re.Match[str]) -> str:
            expression = found[1]
            if expression in context:
                return context[expression]
            assert expression.startswith(("secrets.", "vars.")), f"nothing was told of {expression}"
            return ""

        return _EXPRESSION.sub(one, value)


def secrets_of(workflow: str) -> set[str]:
    """Names of the secrets that a workflow file asks for."""
    return set(_SECRETS.findall((REPOSITORY / ".github" / "workflows" / workflow).read_text()))


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=CI", "-c", "user.email=ci@example.com", "-c", "init.defaultBranch=main")
    result = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"git {' '.join(words)}: {result.stderr}"
    return result.stdout.strip()


def kill_group(process: subprocess.Popen[str]) -> None:
    """As a machine that is lost: everything that the step started is gone at once, our children's sessions too."""
    import psutil

    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for member in family:
        try:
            member.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    process.communicate(timeout=30)


def _is_wanted(condition: str | None, conditions: Mapping[str, bool], *, is_green: bool) -> bool:
    if condition is None:
        return is_green
    if condition == "always()":
        return True
    return is_green and conditions[condition]
