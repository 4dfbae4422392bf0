"""A Pulumi project to run the real CLI on, and how to see that nothing of it is left."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil


def wait_until(condition: Callable[[], object], *, timeout_s: float, what: str) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            raise AssertionError(f"waited {timeout_s} s in vain until {what}")
        time.sleep(0.02)


@dataclass
class Project:
    """A Pulumi project in `folder` whose stack `dev` is there."""

    folder: Path
    pulumi: Path
    environ: dict[str, str]

    def write(self, program: str, name: str = "__main__.py") -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(program, encoding="utf-8")

    def options(self, **options: str) -> None:
        runtime = {"name": "python", "options": options}
        (self.folder / "Pulumi.yaml").write_text(json.dumps({"name": "demo", "runtime": runtime}), encoding="utf-8")

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [self.pulumi, *words, "--non-interactive"],
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )

    def start(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [self.pulumi, *words, "--non-interactive"],
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def outputs(self) -> dict[str, object]:
        answer = subprocess.run(
            [self.pulumi, "stack", "output", "--json", "--show-secrets"],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            check=True,
        )
        return dict(json.loads(answer.stdout))


def processes_in(folder: Path) -> list[int]:
    """The processes that were given `folder` in an argument or work in it."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        words = [*(process.info["cmdline"] or []), process.info["cwd"] or ""]
        if process.info["pid"] != os.getpid() and any(str(folder) in word for word in words):
            found.append(process.info["pid"])
    return found
