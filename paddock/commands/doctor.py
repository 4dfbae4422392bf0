"""`paddock doctor`: what is missing, and the command that mends it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, distribution

import click
from packaging.requirements import Requirement
from rich.markup import escape

from artifact_builder import ArtifactBuilderError, load_models
from local_oci import daemon
from paddock import console
from paddock.commands.options import json_option
from paddock.errors import LackError, WordsError
from paddock.finding import Finding
from paddock.stack_settings import settings_or_default
from paddock.toolchain import find_ready
from paddock.workspace import LOCAL_STACK, Workspace, find_workspace

_LEAST_FREE_BYTES = 2 * 1024**3


@click.command()
@click.option("-s", "--stack", default=LOCAL_STACK, show_default=True, metavar="STACK", help="The stack to look at.")
@click.option(
    "--dry-run", "is_dry_run", is_flag=True, help="Preview another stack's configuration too: locally, with no account."
)
@json_option
def doctor(stack: str, *, is_dry_run: bool, as_json: bool) -> None:
    """Look at everything that Paddock needs; exit code 3 where something is missing.

    With another stack than the local one: its file and values, its models, the backend that keeps its state, its
    secrets, and what signs requests to OCI. Nothing is changed, and OCI is not asked.
    """
    workspace = find_workspace()
    findings = _findings(workspace, stack, is_dry_run=is_dry_run)
    if as_json:
        console.print_json(
            [
                {"what": finding.what, "ok": finding.is_well, "found": finding.found, "mend": finding.mend or None}
                for finding in findings
            ]
        )
    else:
        _print(findings)
    lacking = [finding.what for finding in findings if not finding.is_well]
    if lacking:
        raise LackError(f"{len(lacking)} of {len(findings)} to mend: {', '.join(lacking)}")


def _findings(workspace: Workspace, stack: str, *, is_dry_run: bool) -> list[Finding]:
    machine = [check(workspace) for check in _MACHINE]
    if stack == LOCAL_STACK:
        return [*machine, *(check(workspace) for check in _OF_LOCAL_STACK)]
    from paddock.stack_doctor import patient_of, stack_findings

    patient = patient_of(workspace, stack)
    found = [*machine, *stack_findings(patient)]
    if is_dry_run and all(finding.is_well for finding in found if finding.what in {"stack file", "models"}):
        from paddock.stack_doctor.dry_run import dry_run_finding

        found.append(dry_run_finding(patient))
    return found


def _print(findings: Sequence[Finding]) -> None:
    rows = [
        (
            "[green]ok[/]" if finding.is_well else "[red]mend[/]",
            finding.what,
            escape(finding.found),
            escape(finding.mend),
        )
        for finding in findings
    ]
    console.print_table(("", "what", "found", "what mends it"), rows)


def _python(_workspace: Workspace) -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    is_well = sys.version_info >= (3, 11)
    return Finding("Python 3.11 or newer", found, "" if is_well else "install one, then `rm -r .venv && make up`")


def _packages(workspace: Workspace) -> Finding:
    wrong = [problem for line in _requirement_lines(workspace) if (problem := _package_problem(Requirement(line)))]
    mend = "make .venv/.installed" if wrong else ""
    return Finding("packages of requirements.txt", "; ".join(wrong) or "all there", mend)


def _toolchain(workspace: Workspace) -> Finding:
    toolchain = find_ready(workspace.paddock_dir)
    if toolchain is None:
        return Finding("Pulumi CLI", "none yet", "paddock env >/dev/null  (finds, fetches or builds it)")
    return Finding("Pulumi CLI", f"{toolchain.version} ({toolchain.source}) {toolchain.pulumi}")


def _models(workspace: Workspace) -> Finding:
    try:
        settings = settings_or_default(workspace)
        models = load_models(workspace.project_dir / settings.models_dir, settings.models)
    except (ArtifactBuilderError, WordsError) as error:
        return Finding("models", str(error), "edit the file named on the left")
    return Finding("models", ", ".join(model.name for model in models) or "none: `paddock new` makes one")


def _local_oci(workspace: Workspace) -> Finding:
    running = daemon.status(workspace.local_oci_dir)
    if running is None:
        return Finding("local OCI", "not running", "paddock local start")
    return Finding("local OCI", f"{running.endpoint} (pid {running.pid})")


def _stack(workspace: Workspace) -> Finding:
    there = workspace.stack_file(LOCAL_STACK).exists() and (workspace.paddock_dir / "passphrase").exists()
    return Finding("stack local", "there" if there else "not made yet", "" if there else "paddock up")


def _disk(workspace: Workspace) -> Finding:
    free_bytes = shutil.disk_usage(workspace.project_dir).free
    found = f"{free_bytes / 1024**3:.1f} GiB free"
    return Finding("disk", found, "" if free_bytes >= _LEAST_FREE_BYTES else "free 2 GiB here")


_MACHINE: tuple[Callable[[Workspace], Finding], ...] = (_python, _packages, _toolchain, _disk)
_OF_LOCAL_STACK: tuple[Callable[[Workspace], Finding], ...] = (_models, _local_oci, _stack)


def _requirement_lines(workspace: Workspace) -> list[str]:
    text = (workspace.project_dir / "requirements.txt").read_text(encoding="utf-8")
    lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def _package_problem(requirement: Requirement) -> str | None:
    try:
        installed = distribution(requirement.name).version
    except PackageNotFoundError:
        return f"{requirement.name} is missing"
    if requirement.specifier.contains(installed, prereleases=True):
        return None
    return f"{requirement.name} is {installed}, wanted {requirement.specifier}"
