"""What `up`, `preview`, `refresh` and `destroy` have in common around the run of Pulumi."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from artifact_builder import Artifact, ModelYaml
from infra.settings import Settings, SettingsError, settings_from_stack_file
from paddock import console, pulumi_run
from paddock.errors import WordsError
from paddock.model_builds import build_models, read_models
from paddock.session import Session
from paddock.workspace import Workspace


@dataclass(frozen=True)
class Built:
    """A stack's settings, its models, and their artifacts in the same order."""

    settings: Settings
    models: tuple[ModelYaml, ...]
    artifacts: tuple[Artifact, ...]


def build(workspace: Workspace, stack: str) -> Built:
    """Before Pulumi runs: a mistake in a model's files is told whole, and nothing was begun."""
    try:
        settings = settings_from_stack_file(workspace.stack_file(stack))
    except SettingsError as error:
        raise WordsError(f"{error}\nNothing was created or changed.") from error
    models = read_models(workspace, settings)
    return Built(settings, models, build_models(workspace, settings))


def approval(session: Session, flags: tuple[str, ...]) -> list[str]:
    """The local stack costs nothing and holds nothing: without a terminal to ask on, `--yes` is meant."""
    asks = not {"--yes", "-y", "--preview-only"} & set(flags)
    return ["--yes"] if asks and session.is_local and not sys.stdin.isatty() else []


def prints_json(flags: tuple[str, ...]) -> bool:
    """Whether Pulumi prints JSON for a program, which nothing of ours may stand beside."""
    return bool({"--json", "-j"} & set(flags))


def say_why(session: Session, took_s: float) -> None:
    """After a failed `up`: the cause of each deployment that failed in it, what mends it, and where to see it here."""
    from paddock.failure.diagnosis import explain_failed

    found = explain_failed(session, since=datetime.now(UTC) - timedelta(seconds=took_s))
    if found:
        console.note(f"\n{found}")


def say_end(operation: str, run: pulumi_run.Run, stack: str, took: str) -> None:
    """The last line: what was (or would be) done, or what to do after a failure."""
    if run.exit_code == 0:
        verb = "would be: " if operation == "preview" else ""
        console.say(f"paddock {operation} ({stack}): {verb}{pulumi_run.in_words(run)}, {took}")
        return
    console.note(
        f"paddock {operation} ({stack}) failed after {took}. What was done is in the stack's state; "
        "mend the cause and run the same command again.\n"
        "  paddock status               what is there, and each deployment's last error\n"
        "  paddock why NAME             why a deployment failed, and what mends it\n"
        "  paddock logs NAME --predict  what score.py said, with whole tracebacks"
    )
