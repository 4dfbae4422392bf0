"""A rehearsal as one comment that a reviewer understands, and as JSON: pure."""

from __future__ import annotations

from typing import Any

from paddock.ci import policies, results
from paddock.ci.ci_system import CiSystem
from paddock.ci.comment import MARKER
from paddock.ci.rehearsal import Rehearsal
from paddock.model_report.markdown import escape


def markdown(found: Rehearsal, system: CiSystem) -> str:
    """The comment: verdict, what changes, what was proven, what it costs; the rest folds."""
    verdict = "rehearsed, all is well" if found.is_ok else "the rehearsal failed"
    parts = [
        f"{MARKER}\n## Paddock: {verdict}",
        f"`{found.change[:12]}` against `{found.base[:12]}`, stack `{found.stack}`, on a local OCI.",
        "\n".join(f"- **{escape(problem)}**" for problem in found.problems),
        found.report.strip(),
        _load_table(found),
        _proof(found),
        results.folded(f"Policies: {policies.in_words(found.policies)}", found.policies) if found.policies else "",
        found.cost,
        "\n".join(f"- {escape(note)}" for note in found.notes),
        _steps(found, system),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def to_json(found: Rehearsal) -> dict[str, Any]:
    """As result.json has it."""
    return {
        "ok": found.is_ok,
        "stack": found.stack,
        "base": found.base,
        "change": found.change,
        "problems": found.problems,
        "notes": found.notes,
        "models": found.models,
        "loads": [load.to_json() for load in found.loads],
        "checks": found.checks,
        "policies": found.policies,
        "cost": found.cost,
        "steps": [
            {"title": run.title, "exitCode": run.exit_code, "seconds": round(run.wall_s, 1)} for run in found.runs
        ],
    }


def _load_table(found: Rehearsal) -> str:
    if not found.loads:
        return ""
    rows = [
        (load.name, f"{load.requests:,}", str(load.failed), *_milliseconds(load.p50_ms, load.p99_ms, load.longest_ms))
        for load in found.loads
    ]
    columns = ("asked while it was updated", "requests", "failed", "half within", "99 % within", "longest")
    return results.table(columns, rows)


def _milliseconds(*values_ms: float) -> tuple[str, ...]:
    return tuple(f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms" for value in values_ms)  # noqa: PLR2004


def _proof(found: Rehearsal) -> str:
    if not found.checks:
        return ""
    asked = [check for check in found.checks if not check["skipped"]]
    well = [check for check in asked if check["ok"]]
    rows = sum(check["rowsEqual"] or 0 for check in well)
    return (
        f"Golden rows: {len(well)} of {len(asked)} endpoints serve what was built and answer as it did ({rows} rows)."
    )


def _steps(found: Rehearsal, system: CiSystem) -> str:
    rows = [(run.title, "done" if run.is_ok else "failed", results.seconds(run.wall_s)) for run in found.runs]
    digests = [(name, f"`{digest}`") for name, digest in sorted(found.models.items())]
    whole = results.table(("step", "", "time"), rows)
    if digests:
        whole += "\n\n" + results.table(("model", "digest of its artifact"), digests)
    link = f"\n\n[The whole run]({system.run_url})" if system.run_url else ""
    total_s = sum(run.wall_s for run in found.runs)
    summary = f"{len(found.runs)} steps, {results.seconds(total_s)}"
    failed = next((run for run in found.runs if not run.is_ok), None)
    log = "\n\n" + results.folded(f"The end of: {failed.title}", _end_of(failed.output)) if failed else ""
    return f"<details><summary>{summary}</summary>\n\n{whole}{link}\n\n</details>{log}"


def _end_of(output: str) -> str:
    return "\n".join(output.splitlines()[-40:])
