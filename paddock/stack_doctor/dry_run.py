"""A stack's configuration, previewed with no account: its own values, the local plugin, a state that is thrown away."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import yaml

from local_oci import credentials
from paddock import policy_pack
from paddock.ci import policies
from paddock.ci.rehearsal_stack import rehearsed
from paddock.finding import Finding
from paddock.session import Session, open_session
from paddock.stack_doctor.patient import Patient
from paddock.workspace import LOCAL_STACK

_WHAT = "dry run"
_TIMEOUT_S = 600.0
_LINES = 12
_CREATED = re.compile(r"\+ (\d+) to create")


def dry_run_finding(patient: Patient) -> Finding:
    """`pulumi preview` of the stack's file, with the policy pack where there is one; secrets have stand-ins."""
    session = open_session(patient.workspace, LOCAL_STACK)
    flags = policies.flags(patient.workspace.project_dir)
    compartment = credentials.load(patient.workspace.local_oci_dir).compartment_ocid
    document, notes = rehearsed(patient.document, compartment)
    with tempfile.TemporaryDirectory(prefix="paddock-dry-run-") as temporary:
        file = Path(temporary) / patient.file_name
        file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        state = Path(temporary) / "state"
        state.mkdir()
        variables = {
            **session.environment,
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_CONFIG_PASSPHRASE": "dry run",
        }
        variables.pop("PULUMI_CONFIG_PASSPHRASE_FILE", None)
        # `stack init` writes the salt of its secrets into the stack's file where it runs: not into the user's.
        shutil.copyfile(patient.workspace.project_dir / "Pulumi.yaml", Path(temporary) / "Pulumi.yaml")
        words = ["--stack", patient.short_name, "--non-interactive"]
        made = _pulumi(session, variables, ["stack", "init", *words], Path(temporary))
        if made.returncode != 0:
            return Finding(_WHAT, _last_words(made), f"paddock preview --stack {patient.stack}")
        policy_pack.bring_named(flags, patient.workspace.project_dir)
        preview = ["preview", "--color", "never", *flags, *words, "--config-file", str(file)]
        shown = _pulumi(session, variables, preview, patient.workspace.project_dir)
    return _finding(shown, patient, flags, notes)


def _finding(
    shown: subprocess.CompletedProcess[str], patient: Patient, flags: tuple[str, ...], notes: tuple[str, ...]
) -> Finding:
    policy_words = policies.told(shown.stdout)
    if shown.returncode != 0:
        words = policy_words or _last_words(shown)
        return Finding(_WHAT, words, f"edit {patient.file_name} or the model that is named")
    created = _CREATED.search(shown.stdout)
    told = f"with the policy pack, {policy_words.count('[advisory]')} advices" if flags else "without a policy pack"
    left_out = f"; {' '.join(notes)}" if notes else ""
    return Finding(_WHAT, f"previews {created[1] if created else 0} resources from nothing, {told}{left_out}")


def _pulumi(
    session: Session, variables: dict[str, str], words: list[str], folder: Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(session.pulumi), *words],
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )


def _last_words(ended: subprocess.CompletedProcess[str]) -> str:
    """What Pulumi complains of: its diagnostics, or how it ended."""
    output = ended.stdout.partition("Diagnostics:\n")[2] or ended.stderr.strip() or ended.stdout.strip()
    return "\n".join(output.strip().splitlines()[:_LINES])
