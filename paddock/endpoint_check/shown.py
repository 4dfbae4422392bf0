"""Results of checks, as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence

from paddock import console
from paddock.endpoint_check.result import CheckResult, short


def print_results(results: Sequence[CheckResult]) -> None:
    """One table for all models, and a line for each that was left out."""
    rows = [_row(result) for result in results]
    console.print_table(("", "model", "golden rows", "approved", "served", "proven by", "latency"), rows)
    for result in results:
        if result.skipped:
            console.say(f"{result.name} {result.skipped}")


def _row(result: CheckResult) -> tuple[str, ...]:
    verdict = "[dim]skipped[/]" if result.skipped else "[green]ok[/]" if result.is_ok else "[red]differs[/]"
    return (
        verdict,
        result.name,
        f"{result.rows_equal} of {result.rows} equal" if result.rows else "-",
        short(result.approved),
        short(result.served),
        result.proof or "-",
        f"{result.latency_ms:.0f} ms" if result.latency_ms is not None else "-",
    )
