"""Where Pulumi keeps the stack's state, and whether it can be reached from here."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from paddock.finding import Finding
from paddock.stack_doctor.patient import Patient

_PULUMI_CLOUD = "https://api.pulumi.com"
_ASK_TIMEOUT_S = 60.0
_WORDS = 300


@dataclass(frozen=True)
class Backend:
    """``said_by``: where the address was found. ``has_token``: whether Pulumi Cloud would know the caller."""

    url: str
    said_by: str
    has_token: bool = False

    @property
    def is_cloud(self) -> bool:
        """Pulumi Cloud, or a server of that kind; the others are kept by the CLI itself."""
        return urlsplit(self.url).scheme in {"http", "https"}


def backend_of(environment: Mapping[str, str], project: Mapping[str, Any]) -> Backend:
    """The order is Pulumi's own: variable, project file, the last `pulumi login`, Pulumi Cloud."""
    credentials = _credentials(environment)
    project_backend = project.get("backend")
    declared = project_backend.get("url") if isinstance(project_backend, Mapping) else None
    for url, said_by in (
        (environment.get("PULUMI_BACKEND_URL"), "PULUMI_BACKEND_URL"),
        (declared, "Pulumi.yaml"),
        (credentials.get("current"), "pulumi login"),
        (_PULUMI_CLOUD, "Pulumi's default"),
    ):
        if url:
            tokens = credentials.get("accessTokens") or {}
            return Backend(str(url), said_by, bool(environment.get("PULUMI_ACCESS_TOKEN") or tokens.get(url)))
    raise AssertionError("Pulumi's default is always there")


def backend_findings(patient: Patient) -> tuple[Finding, ...]:
    """Whether the backend answers, and whether the stack is in it."""
    backend = backend_of(patient.environment, patient.project)
    title = f"{_without_secrets(backend.url)} ({backend.said_by})"
    lack = _lack_before_asking(backend, patient.environment)
    if lack:
        return (Finding("state backend", f"{title}: {lack[0]}", lack[1]),)
    if patient.pulumi is None:
        return (Finding("state backend", f"{title}: not asked, there is no Pulumi CLI yet", "paddock env >/dev/null"),)
    stacks = _stacks(patient)
    if isinstance(stacks, str):
        return (Finding("state backend", f"{title}: {stacks}", _mend(backend)),)
    return Finding("state backend", title), _stack_finding(patient, stacks)


def _stack_finding(patient: Patient, stacks: frozenset[str]) -> Finding:
    if patient.short_name in stacks:
        return Finding(f"stack {patient.stack}", "there")
    there = ", ".join(sorted(stacks)) or "none"
    return Finding(
        f"stack {patient.stack}", f"not made yet; the backend has: {there}", f"pulumi stack init {patient.stack}"
    )


def _lack_before_asking(backend: Backend, environment: Mapping[str, str]) -> tuple[str, str] | None:
    """What can be told without a network: (what is wrong, what mends it)."""
    address = urlsplit(backend.url)
    if backend.is_cloud:
        login = "pulumi login   (in a pipeline: set PULUMI_ACCESS_TOKEN)"
        return None if backend.has_token else ("nobody is signed in", login)
    if address.scheme == "file":
        folder = Path(f"{address.netloc}{address.path}").expanduser()
        return None if folder.is_dir() else ("there is no such folder", f"mkdir -p '{folder}'")
    if address.scheme == "s3":
        return _s3_lack(address.query, environment)
    return None


def _s3_lack(query: str, environment: Mapping[str, str]) -> tuple[str, str] | None:
    has_keys = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} <= environment.keys()
    home = Path(environment.get("HOME", "~")).expanduser()
    has_file = Path(environment.get("AWS_SHARED_CREDENTIALS_FILE", str(home / ".aws" / "credentials"))).is_file()
    if not (has_keys or environment.get("AWS_PROFILE") or environment.get("AWS_ROLE_ARN") or has_file):
        return (
            "no keys for S3's form of Object Storage",
            "export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…   (`oci iam customer-secret-key create` makes a pair)",
        )
    if parse_qs(query).get("region") or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION"):
        return None
    return ("no region", "export AWS_REGION=…   (the bucket's, such as eu-frankfurt-1)")


def _stacks(patient: Patient) -> frozenset[str] | str:
    """Names of the project's stacks, without their organisation; or what Pulumi said instead."""
    try:
        result = subprocess.run(
            [str(patient.pulumi), "stack", "ls", "--json", "--non-interactive"],
            cwd=patient.workspace.project_dir,
            env=dict(patient.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_ASK_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {_ASK_TIMEOUT_S:g} s"
    if result.returncode != 0:
        return " ".join((result.stderr or result.stdout).split())[:_WORDS]
    return frozenset(str(one["name"]).rpartition("/")[2] for one in json.loads(result.stdout))


def _mend(backend: Backend) -> str:
    if urlsplit(backend.url).scheme == "s3":
        return (
            "pulumi login 's3://BUCKET?endpoint=https://NAMESPACE.compat.objectstorage.REGION.oraclecloud.com"
            "&region=REGION&s3ForcePathStyle=true'"
        )
    return f"pulumi login '{_without_secrets(backend.url)}'"


def _without_secrets(url: str) -> str:
    """A user's name and password in an address are nobody's business."""
    address = urlsplit(url)
    host = address.netloc.rpartition("@")[2]
    return address._replace(netloc=host).geturl() if "@" in address.netloc else url


def _credentials(environment: Mapping[str, str]) -> Mapping[str, Any]:
    home = environment.get("PULUMI_HOME") or str(Path(environment.get("HOME", "~")).expanduser() / ".pulumi")
    file = Path(environment.get("PULUMI_CREDENTIALS_PATH") or home) / "credentials.json"
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, Mapping) else {}
