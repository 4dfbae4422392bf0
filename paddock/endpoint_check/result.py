"""What came of checking one model's endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_SHOWN = 12


@dataclass(frozen=True)
class RowDifference:
    """A golden row (numbered from 0) whose answer is not the one that the artifact gives."""

    row: int
    values: Any
    expected: Any
    found: Any

    def __str__(self) -> str:
        return f"row {self.row}: expected {self.expected!r}, found {self.found!r}"


@dataclass(frozen=True)
class CheckResult:
    """``approved``: a digest or its beginning; ``served``: the digest of what is served, None where it is not known.

    ``proof`` says what ``served`` was read from. ``rows_equal`` of ``rows`` golden rows got the answer that the
    approved artifact gives; ``rows`` is 0 where none could be compared. ``latency_ms`` is one request with all of them,
    seen from here. ``problems`` are sentences; ``skipped`` says why nothing was asked.
    """

    name: str
    approved: str
    served: str | None = None
    proof: str = ""
    model_id: str | None = None
    deployment_id: str | None = None
    endpoint: str | None = None
    rows: int = 0
    rows_equal: int = 0
    latency_ms: float | None = None
    differences: tuple[RowDifference, ...] = ()
    problems: tuple[str, ...] = ()
    skipped: str | None = None

    @property
    def is_ok(self) -> bool:
        """Nothing is wrong (also: there was nothing to ask, as the code says)."""
        return not self.problems

    @property
    def is_proven(self) -> bool:
        """The approved artifact is served and answers as it was built to."""
        return self.is_ok and self.skipped is None

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "name": self.name,
            "ok": self.is_ok,
            "skipped": self.skipped,
            "digestApproved": self.approved,
            "digestServed": self.served,
            "proof": self.proof or None,
            "modelId": self.model_id,
            "deploymentId": self.deployment_id,
            "endpoint": self.endpoint,
            "rows": self.rows,
            "rowsEqual": self.rows_equal,
            "latencyMs": self.latency_ms,
            "problems": list(self.problems),
            "differences": [
                {"row": one.row, "values": one.values, "expected": one.expected, "found": one.found}
                for one in self.differences
            ],
        }


def account(result: CheckResult, shown: int = 3) -> str:
    """What is wrong with one model, in whole sentences, with the first rows that differ."""
    lines = [f"{result.name}: {problem}" for problem in result.problems]
    lines += [f"  {difference}" for difference in result.differences[:shown]]
    if len(result.differences) > shown:
        lines.append(f"  and {len(result.differences) - shown} more rows")
    return "\n".join(lines)


def short(digest: str | None) -> str:
    """A digest as people read it."""
    return digest[:_SHOWN] if digest else "-"
