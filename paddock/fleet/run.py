"""Runs the stacks of a fleet through Pulumi's Automation API: the platform by itself, the shards side by side."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from paddock.errors import PaddockError
from paddock.fleet.plan import FleetStack
from paddock.session import Session

_ERROR = re.compile(r"^\s*error:.*", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """How one stack's operation ended; `error` is None where it worked.

    `changes` counts resources by Pulumi's operation.
    """

    stack: FleetStack
    duration_s: float
    changes: dict[str, int] = field(default_factory=dict)
    error: str | None = None


def run_all(
    session: Session,
    stacks: Sequence[FleetStack],
    operation: str,
    *,
    jobs: int,
    on_done: Callable[[Outcome], None],
) -> list[Outcome]:
    """`operation`: up, preview or destroy. A platform that fails leaves the shards untouched.

    A shard that fails to be destroyed leaves the platform that it stands on.
    """
    platform, *shards = stacks
    if operation == "destroy":
        done = _side_by_side(session, shards, operation, jobs, on_done)
        return [*done, *(_single(session, platform, operation, on_done) if not _failed(done) else [])]
    first = _single(session, platform, operation, on_done)
    return [*first, *(_side_by_side(session, shards, operation, jobs, on_done) if not _failed(first) else [])]


def _single(session: Session, stack: FleetStack, operation: str, on_done: Callable[[Outcome], None]) -> list[Outcome]:
    return _side_by_side(session, [stack], operation, 1, on_done)


def _side_by_side(
    session: Session, stacks: Sequence[FleetStack], operation: str, jobs: int, on_done: Callable[[Outcome], None]
) -> list[Outcome]:
    def one(stack: FleetStack) -> Outcome:
        outcome = _run(session, stack, operation)
        on_done(outcome)
        return outcome

    with ThreadPoolExecutor(jobs, thread_name_prefix="fleet") as pool:
        return list(pool.map(one, stacks))


def _run(session: Session, fleet_stack: FleetStack, operation: str) -> Outcome:
    from pulumi import automation
    from pulumi.automation.errors import CommandError

    began_s = time.monotonic()
    try:
        folder = session.pulumi.parent
        command = automation.PulumiCommand(root=str(folder.parent)) if folder.name == "bin" else None
        workspace = automation.LocalWorkspace(
            work_dir=str(session.workspace.project_dir), env_vars=session.environment, pulumi_command=command
        )
        stack = automation.Stack.create_or_select(fleet_stack.name, workspace)
        changes = _changes(stack, operation)
    except CommandError as error:
        return Outcome(fleet_stack, time.monotonic() - began_s, error=_sentence(str(error)))
    return Outcome(fleet_stack, time.monotonic() - began_s, changes)


def _changes(stack: Any, operation: str) -> dict[str, int]:
    if operation == "preview":
        return {str(getattr(key, "value", key)): count for key, count in stack.preview().change_summary.items()}
    result = stack.up(suppress_outputs=True) if operation == "up" else stack.destroy()
    return dict(result.summary.resource_changes or {})


def _sentence(text: str) -> str:
    """Pulumi's own errors out of a failed command's output."""
    found = [line.strip() for line in _ERROR.findall(text)]
    return "\n".join(dict.fromkeys(found)) or text.strip()[-500:]


def _failed(outcomes: Sequence[Outcome]) -> bool:
    return any(outcome.error is not None for outcome in outcomes)


def raise_failures(outcomes: Sequence[Outcome], expected: int) -> None:
    """Raises PaddockError that names each stack that failed, and how many were not begun."""
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if not failed:
        return
    told = [f"{outcome.stack.name}: {outcome.error}" for outcome in failed]
    left = expected - len(outcomes)
    told += [f"{left} stacks were not begun; the same command goes on where this one ended"] if left else []
    raise PaddockError("\n".join(told))
