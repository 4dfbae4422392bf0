"""`paddock ci preview|up|destroy`: a stack that is there already, in the environment that the pipeline has."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paddock.ci import approval, base_commit, policies, results
from paddock.ci.approval import Approval
from paddock.ci.pending import pending_in
from paddock.ci.pipeline import Pipeline
from paddock.ci.stack_lock import LockPatience, run_unlocked
from paddock.ci.step import StepRun
from paddock.errors import PaddockError, WordsError
from paddock.workspace import write_atomically


@dataclass(frozen=True)
class Approved:
    """What `up` must find: an approval, and the plan that was saved with it; None: nothing was asked for."""

    approval: Approval | None = None
    plan: Path | None = None


def preview(pipeline: Pipeline, *, saves_plan: bool) -> dict[str, Any]:
    """Says what `up` would do; leaves `approval.json` (and `plan.json`) for it. Raises PaddockError where it fails."""
    artifacts = pipeline.build()
    plan = ["--save-plan", str(pipeline.out_dir / "plan.json")] if saves_plan else []
    pipeline.out_dir.mkdir(parents=True, exist_ok=True)
    report = pipeline.out_dir / "models.md"
    words = ("preview", "--stack", pipeline.stack, "--markdown", str(report), *plan, *_policies(pipeline))
    run = pipeline.paddock("preview", *words)
    found = pipeline.approval_of(artifacts)
    told = report.read_text(encoding="utf-8") if run.is_ok else ""
    result = _leave(pipeline, f"Preview of stack {pipeline.stack}", [run], {"models": dict(found.models)}, told)
    _require(run, "the preview failed")
    approval.write(pipeline.out_dir / "approval.json", found)
    return result


def up(pipeline: Pipeline, approved: Approved, patience: LockPatience, *, rolls_back: bool) -> dict[str, Any]:
    """Applies what was approved, proves it, puts the old models back where that fails; raises PaddockError then."""
    if approved.plan is not None and rolls_back and pipeline.settings.keep == 0:
        raise WordsError(
            "a saved plan holds `up` to what was previewed, and putting a model back needs its old entry to be kept: "
            f"set paddock:keep to 1 or more on stack {pipeline.stack}, or give --on-fail keep"
        )
    artifacts = pipeline.build()
    present = pipeline.approval_of(artifacts)
    if approved.approval is not None:
        approval.require_same(approved.approval, present)
        approval.require_whole(artifacts)
        pipeline.log.line(f"{len(artifacts)} artifacts are those that were approved")
    words = ["up", "--stack", pipeline.stack, "--yes", "--skip-preview", *_policies(pipeline)]
    words += ["--plan", str(approved.plan)] if approved.plan else []
    words += ["--on-fail", "rollback"] if rolls_back else []
    run = _unlocked(pipeline, "up", words, patience)
    result = _leave(
        pipeline, f"Stack {pipeline.stack}", [run], {"models": dict(present.models)}, _pins_in_words(pipeline)
    )
    _require(run, "up failed")
    return result


def _pins_in_words(pipeline: Pipeline) -> str:
    """A rollback pins what was served before, in a file that only this checkout has: it is left as a patch."""
    patch = base_commit.changes_of(pipeline.workspace.project_dir, pipeline.workspace.stack_file(pipeline.stack))
    if not patch:
        return ""
    write_atomically(pipeline.out_dir / "rollback.patch", patch + "\n")
    return f"Commit this (`git apply rollback.patch`), or revert the change:\n\n{results.fenced(patch)}"


def destroy(pipeline: Pipeline, patience: LockPatience, *, removes: bool) -> dict[str, Any]:
    """Deletes all that the stack made, and with `removes` the stack itself; raises PaddockError where that fails."""
    runs = [_unlocked(pipeline, "destroy", ["destroy", "--stack", pipeline.stack, "--yes", "--skip-preview"], patience)]
    if removes and runs[0].is_ok:
        words = ("pulumi", "stack", "rm", "--stack", pipeline.stack, "--yes", "--preserve-config", "--non-interactive")
        runs.append(pipeline.paddock("remove the stack", *words))
    result = _leave(pipeline, f"Stack {pipeline.stack} is destroyed", runs, {})
    for run in runs:
        _require(run, f"{run.title} failed")
    return result


def _policies(pipeline: Pipeline) -> tuple[str, ...]:
    return policies.flags(pipeline.workspace.project_dir)


def _unlocked(pipeline: Pipeline, title: str, words: list[str], patience: LockPatience) -> StepRun:
    """A step that changes the stack: says what an earlier run left half done, and waits for the stack's lock."""
    _say_pending(pipeline)
    cancel = ("pulumi", "cancel", "--stack", pipeline.stack, "--yes", "--non-interactive")
    return run_unlocked(
        functools.partial(pipeline.paddock, title, *words),
        lambda: _require(pipeline.paddock("release the lock", *cancel), "the lock could not be released"),
        patience,
        pipeline.log,
    )


def _say_pending(pipeline: Pipeline) -> None:
    export = pipeline.paddock(
        "what an earlier run left", "pulumi", "stack", "export", "--stack", pipeline.stack, shows_stdout=False
    )
    for operation in pending_in(export.stdout):
        told = (
            f"an earlier run was lost while {operation}; Paddock's plugin finds what was made by its retry token, with "
            "Oracle's see docs/gitops-github.md"
        )
        pipeline.log.warning(told)


def _leave(
    pipeline: Pipeline, title: str, runs: list[StepRun], facts: dict[str, Any], told: str = ""
) -> dict[str, Any]:
    """Writes summary.md and result.json; gives what the latter has."""
    is_ok = all(run.is_ok for run in runs)
    rows = [(run.title, "done" if run.is_ok else "failed", results.seconds(run.wall_s)) for run in runs]
    digests = [(name, f"`{digest}`") for name, digest in sorted(facts.get("models", {}).items())]
    parts = [
        f"### {title}{'' if is_ok else ': failed'}",
        *([told.strip()] if told else []),
        results.table(("step", "", "time"), rows),
        *([results.table(("model", "digest"), digests)] if digests else []),
        *(results.folded(f"log of {run.title}", run.output) for run in runs),
    ]
    result = {
        "stack": pipeline.stack,
        "ok": is_ok,
        "steps": [{"title": run.title, "exitCode": run.exit_code, "seconds": round(run.wall_s, 1)} for run in runs],
        **facts,
    }
    results.write(pipeline.out_dir, "\n\n".join(parts) + "\n", result, pipeline.system)
    return result


def _require(run: StepRun, words: str) -> None:
    if not run.is_ok:
        raise PaddockError(f"{words}: {run.reason}")
