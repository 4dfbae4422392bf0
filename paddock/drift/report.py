"""The table of what was changed by hand, for a terminal, a program, a pull request. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from paddock.drift import model_words
from paddock.drift.adoption import Adoption
from paddock.drift.changes import Change
from paddock.workspace import LOCAL_STACK
from paddock.yaml_edit import flow

COLUMNS = ("model", "resource", "property", "declared", "found", "up")


@dataclass(frozen=True)
class Row:
    """A change, what an `up --refresh` does about it, and why it can't be adopted (None where it can)."""

    change: Change
    up: str
    why_left: str | None

    def cells(self) -> tuple[str, ...]:
        """One text for each of COLUMNS."""
        change = self.change
        return (
            change.resource.model or "-",
            model_words.noun(change.resource),
            model_words.property_words(change),
            _shown(model_words.value_words(change, change.declared)),
            "deleted" if change.is_gone else _shown(model_words.value_words(change, change.found)),
            self.up,
        )

    def to_json(self) -> dict[str, Any]:
        """For programs; `declared` and `found` are null where the property is not set, or its resource not there."""
        change = self.change
        return {
            "model": change.resource.model,
            "resource": model_words.noun(change.resource),
            "urn": change.resource.urn,
            "property": model_words.property_words(change),
            "declared": model_words.value_words(change, change.declared),
            "found": model_words.value_words(change, change.found),
            "isDeleted": change.is_gone,
            "up": self.up,
            "isAdoptable": self.why_left is None,
            "notAdoptableBecause": self.why_left,
        }


def markdown(rows: Sequence[Row], closing: str) -> str:
    """A table for a pull request or an issue."""
    if not rows:
        return f"{closing}\n"
    lines = ["| " + " | ".join(COLUMNS) + " |", "| " + " | ".join("---" for _ in COLUMNS) + " |"]
    lines += [
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row.cells()) + " |" for row in rows
    ]
    return "\n".join([*lines, "", closing, ""])


def closing_words(stack: str, rows: Sequence[Row], unapplied_count: int, *, is_adopting: bool) -> str:
    """What to do next; and, apart from drift, that the program asks for what was never applied."""
    where = "" if stack == LOCAL_STACK else f" -s {stack}"
    lines = [f"No drift: stack {stack} is as it was declared."]
    if rows:
        count = "1 change" if len(rows) == 1 else f"{len(rows)} changes"
        lines = [f"Drift: {count} by hand on stack {stack}."]
    if rows and not is_adopting:
        lines += [
            f"  paddock up --refresh{where}     does what stands under `up`; a bare `pulumi up` sees the state alone",
            f"  paddock drift --adopt{where}    writes what can be into model.yaml or the stack's overrides",
        ]
    if unapplied_count:
        lines.append(
            f"Besides, the program changes {unapplied_count} resources that nobody touched: `paddock preview{where}`"
        )
    return "\n".join(lines)


def adopted_lines(plan: Adoption, stack: str) -> list[str]:
    """What was written where, and what was left with its reason."""
    edits = [
        *((f"{model}'s model.yaml", edit.path, edit) for model, edits in plan.model_edits.items() for edit in edits),
        *((f"Pulumi.{stack}.yaml", edit.path[1:], edit) for edit in plan.stack_edits),
    ]
    told = [f"adopted  {file}: {'.'.join(path)}: {flow(edit.value)}" for file, path, edit in edits]
    told += [
        f"left     {left.change.resource.model or '-'} {model_words.noun(left.change.resource)}, "
        f"{model_words.property_words(left.change)}: {left.why}"
        for left in plan.left
    ]
    return told


def _shown(value: Any) -> str:
    return "-" if value is None else value if isinstance(value, str) else flow(value)
