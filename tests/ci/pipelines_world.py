"""The world that the pipelines are run in: a team's clone with a remote, a runner, a local OCI that is production."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from github_runner import REPOSITORY, Job, Runner, git

from local_oci import daemon
from paddock import other_local_oci
from paddock.other_local_oci import OtherLocalOci
from paddock.workspace import Workspace

PASSPHRASE = "of production"


@dataclass
class World:
    """The team's clone, the runner of their CI system, and production."""

    team: Path
    runner: Runner
    production: OtherLocalOci
    passphrase_variables: dict[str, str]

    def commit(self, message: str) -> str:
        git(self.team, "add", "--all")
        git(self.team, "commit", "--quiet", "--message", message)
        git(self.team, "push", "--quiet", "--force", "origin", "HEAD")
        return git(self.team, "rev-parse", "HEAD")

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.team / file
        assert old in path.read_text(), f"{file} does not say {old!r}"
        path.write_text(path.read_text().replace(old, new))

    def retrain(self, name: str, seed: int) -> None:
        script = [sys.executable, f"models/{name}/train.py", "--seed", str(seed)]
        subprocess.run(script, cwd=self.team, check=True, capture_output=True, timeout=120)

    def production_job(self, job: str, commit: str, **told: Any) -> Job:
        return self.runner.job("production.yml", job, commit=commit, environment=self.passphrase_variables, **told)

    def paddock(self, *words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """As the platform engineer, in the team's clone (or `folder`), with production's environment."""
        return subprocess.run(
            [sys.executable, "-m", "paddock", *words],
            cwd=folder or self.team,
            env=self.runner.environment("") | self.passphrase_variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def served(self) -> dict[str, Any]:
        answer = self.paddock("status", "--stack", "prod", "--json")
        assert answer.returncode == 0, answer.stderr
        return {fact["name"]: fact for fact in json.loads(answer.stdout)}


@contextmanager
def built_up(root: Path) -> Iterator[World]:
    """The stack is made, nothing is deployed yet; nothing runs any more afterwards."""
    remote, team = root / "remote.git", root / "team"
    git(root, "init", "--quiet", "--bare", str(remote))
    _repository(team)
    git(team, "remote", "add", "origin", str(remote))
    production = other_local_oci.start(Workspace(REPOSITORY), root / "production", 0)
    variables = {name: value for name, value in production.variables.items() if name != "PATH"}
    variables["PULUMI_CONFIG_PASSPHRASE"] = PASSPHRASE
    del variables["PULUMI_CONFIG_PASSPHRASE_FILE"]
    for folder in ("home", "uploads", "runner-temp"):
        (root / folder).mkdir()
    runner = Runner(remote, root / "work", root / "home", root / "uploads", {"PADDOCK_LOAD_SECONDS": "4"})
    made = World(team, runner, production, variables)
    config = {"config": {"paddock:compartmentId": production.known.compartment_ocid}}
    (team / "Pulumi.prod.yaml").write_text(yaml.safe_dump(config))
    created = made.paddock("pulumi", "stack", "init", "--stack", "prod", "--non-interactive")
    assert created.returncode == 0, created.stderr
    made.commit("Models, and production's configuration")
    try:
        yield made
    finally:
        daemon.stop(root / "production")
        for name in ("team", "work"):
            daemon.stop(root / name / ".paddock" / "local")


def _repository(folder: Path) -> None:
    """What git has of this project, as a team would have it."""
    listed = git(REPOSITORY, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    for name in listed:
        if not name.startswith(("tests/", "benchmarks/")) and (REPOSITORY / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, folder / name)
    (folder / "gitops" / "prices.yaml").write_text(
        "as_of: 2026-11-01\nsource: made up for this test\ncurrency: EUR\nhours_per_month: 730\n"
        "shapes: {VM.Standard.E4.Flex: {ocpu_hour: 0.03, memory_gb_hour: 0.002}}\n"
        "load_balancer: {hour: 0.01, mbps_hour: 0.001}\n"
    )
    git(folder.parent, "init", "--quiet", str(folder))


def green(job: Job) -> Job:
    assert job.is_green, job.output
    return job
