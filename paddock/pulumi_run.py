"""Runs the real Pulumi CLI in a session's environment and reads what it reports of itself."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Any

from paddock import policy_pack
from paddock.errors import PaddockError
from paddock.session import Session

_STACK = "pulumi:pulumi:Stack"
# What a resource's state holds besides its properties, as far as the engine's events tell it.
_STATE_ONLY = ("parent", "protect", "provider", "retainOnDelete")
# Pulumi's operations that change something, with the word for it done. A replacement is counted once, as `replace`; its
# halves (`create-replacement`, `delete-replaced`) are left out.
_DONE = {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted", "import": "imported"}


@dataclass(frozen=True)
class Run:
    """How a Pulumi command ended. `changes` counts resources by Pulumi's operation, `same` among them.

    `has_new_state`: whether the state would say something else than before though no resource changes: outputs that an
    interrupted run left behind, a protection that was taken away.
    """

    exit_code: int
    changes: dict[str, int] = field(default_factory=dict)
    duration_s: float | None = None
    has_new_state: bool = False

    @property
    def changed_count(self) -> int:
        """Resources that were not left as they were."""
        return sum(self.changes.get(operation, 0) for operation in _DONE)


def run(session: Session, arguments: Sequence[str], *, with_events: bool = False) -> Run:
    """Runs `pulumi ARGUMENTS` on this terminal, in the project's folder.

    Interrupts reach Pulumi, which ends what it does in an orderly way; we wait for it. `with_events` reads the engine's
    event log for the counts.
    """
    if not with_events:
        return Run(_run(session, [str(session.pulumi), *arguments], {}, stdout=None))
    with tempfile.TemporaryDirectory(prefix="paddock-") as folder:
        return run_with_event_log(session, arguments, Path(folder) / "events.jsonl")


def run_with_event_log(
    session: Session, arguments: Sequence[str], event_log: Path, *, stdout: IO[str] | None = None
) -> Run:
    """The same, and the engine's events stay in `event_log`. `stdout`: where Pulumi prints, if not on ours."""
    command = [str(session.pulumi), *arguments, "--event-log", str(event_log)]
    # The flag is there only for those who ask for Pulumi's debug commands; the Automation API does the same.
    exit_code = _run(session, command, {"PULUMI_DEBUG_COMMANDS": "true"}, stdout=stdout)
    changes, duration_s = _read_summary(event_log)
    return Run(exit_code, changes, duration_s, _has_new_state(event_log))


def read(session: Session, arguments: Sequence[str]) -> Any:
    """Runs a Pulumi command that prints JSON and returns it; raises PaddockError with Pulumi's own words."""
    return json.loads(output(session, arguments))


def output(session: Session, arguments: Sequence[str]) -> str:
    """Runs a Pulumi command without a terminal and returns what it prints; raises PaddockError with its own words."""
    result = subprocess.run(
        [str(session.pulumi), *arguments, "--non-interactive"],
        cwd=session.workspace.project_dir,
        env=session.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        words = _errors_in(result.stdout) or (result.stderr or result.stdout).strip()
        raise PaddockError(f"`pulumi {' '.join(arguments)}` failed:\n{words}")
    return result.stdout


def _errors_in(text: str) -> str:
    """The errors among the diagnostics of `--json`; empty where there are none, or the text is something else."""
    try:
        document = json.loads(text)
    except ValueError:
        return ""
    diagnostics = document.get("diagnostics") or [] if isinstance(document, dict) else []
    return "\n".join(one["message"].strip() for one in diagnostics if one.get("severity") == "error")


def in_words(run: Run) -> str:
    """`1 replaced, 1 updated, 10 unchanged`; `0 changes, 12 unchanged` where nothing happened."""
    parts = [f"{run.changes[operation]} {done}" for operation, done in _DONE.items() if run.changes.get(operation)]
    return ", ".join([*(parts or ["0 changes"]), f"{run.changes.get('same', 0)} unchanged"])


def _run(session: Session, command: Sequence[str], more: Mapping[str, str], *, stdout: IO[str] | None) -> int:
    policy_pack.bring_named(command, session.workspace.project_dir)
    environment = {**session.environment, **more}
    return _wait(subprocess.Popen(command, cwd=session.workspace.project_dir, env=environment, stdout=stdout))


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Waits through interrupts: the terminal sends them to Pulumi as well; SIGTERM is passed on as an interrupt.

    Raises PaddockError after a SIGTERM: whoever sent it wants an end, and nothing that comes after an update.
    """
    was_told = False

    def pass_on(_signal: int, _frame: FrameType | None) -> None:
        nonlocal was_told
        was_told = True
        process.send_signal(signal.SIGINT)

    before_interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    before_terminate = signal.signal(signal.SIGTERM, pass_on)
    try:
        exit_code = process.wait()
    finally:
        signal.signal(signal.SIGINT, before_interrupt)
        signal.signal(signal.SIGTERM, before_terminate)
    if was_told:
        raise PaddockError(
            "ended by SIGTERM, in order: what was done is in the stack's state. The same command goes on from there."
        )
    return exit_code


def _has_new_state(event_log: Path) -> bool:
    """Of the stack itself the outputs count, which the engine tells last; of the others what only the state holds."""
    if not event_log.exists():
        return False
    outputs: tuple[Any, Any] = (None, None)
    with event_log.open(encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            before, after = _sides(event.get("resourcePreEvent"))
            if before and after and any(before.get(key) != after.get(key) for key in _STATE_ONLY):
                return True
            if _STACK in line:
                before, after = _sides(event.get("resOutputsEvent"))
                if _STACK in (before.get("type"), after.get("type")):
                    outputs = (before.get("outputs") or {}, after.get("outputs") or {})
    return bool(outputs[0] != outputs[1])


def _sides(event: dict[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    metadata = (event or {}).get("metadata") or {}
    return metadata.get("old") or {}, metadata.get("new") or {}


def _read_summary(event_log: Path) -> tuple[dict[str, int], float | None]:
    """The last summary of the log: `up` writes one for its preview and one for its update."""
    changes: dict[str, int] = {}
    duration_s: float | None = None
    if event_log.exists():
        for line in event_log.read_text(encoding="utf-8").splitlines():
            summary = json.loads(line).get("summaryEvent")
            if summary is not None:
                changes = summary.get("resourceChanges") or {}
                duration_s = summary.get("durationSeconds")
    return changes, duration_s
