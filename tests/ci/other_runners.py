"""Jobs of `.gitlab-ci.yml` and steps of OCI DevOps's build specification, as their runners put them together."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from github_runner import REPOSITORY, Job, Step

_TIMEOUT_S = 900


@dataclass(frozen=True)
class _Reference:
    """`!reference [job, key]`: GitLab puts the other job's value in its place."""

    job: str
    key: str


class _GitLabLoader(yaml.SafeLoader):
    """YAML with GitLab's own tag."""


_GitLabLoader.add_constructor("!reference", lambda loader, node: _Reference(*loader.construct_sequence(node)))


def gitlab_job(name: str, folder: Path, environment: Mapping[str, str]) -> Job:
    """`before_script` and `script` of a job in one shell, with the file's variables; ends at the first that fails."""
    text = (REPOSITORY / ".gitlab-ci.yml").read_text()
    document = yaml.load(text, Loader=_GitLabLoader)  # noqa: S506 - a loader of ours on top of the safe one
    job = _extended(document, name)
    lines = [*_lines(document, job.get("before_script", [])), *_lines(document, job["script"])]
    variables = {key: str(value) for key, value in document["variables"].items()}
    result = _run("\n".join(lines), folder, {**environment, **variables})
    return Job([Step(name, result.returncode, result.stdout, "\n".join(lines))])


def devops_steps(names: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Job:
    """Steps of the build specification by name, a shell each, with the specification's variables."""
    told = yaml.safe_load((REPOSITORY / "gitops" / "oci_devops" / "build_spec.yaml").read_text())
    source = {"OCI_PRIMARY_SOURCE_DIR": str(folder), "OCI_BUILD_RUN_ID": "ocid1.devopsbuildrun.oc1.iad.run1"}
    job = Job()
    for step in told["steps"]:
        if step["name"] in names and job.is_green:
            result = _run(step["command"], folder, {**environment, **told["env"]["variables"], **source})
            job.steps.append(Step(step["name"], result.returncode, result.stdout, step["command"]))
    return job


def _extended(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A job with what it extends; a key of its own takes the place of an inherited one."""
    job = dict(document[name])
    base = job.pop("extends", None)
    return {**_extended(document, base), **job} if base else job


def _lines(document: Mapping[str, Any], script: Sequence[Any]) -> list[str]:
    told: list[str] = []
    for line in script:
        told += _lines(document, document[line.job][line.key]) if isinstance(line, _Reference) else [line]
    return told


def _run(script: str, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
