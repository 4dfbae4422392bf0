"""Which catalog entries of a model a program declares, and which of them is served: pure.

`keep: 0`: one entry, named like the model; another artifact replaces it. `keep: N`: each artifact has an entry under a
name of its own; the current one and N older ones are there, the older ones in the model's version set.
"""

from __future__ import annotations

from dataclasses import dataclass

from infra.catalog_entry_plan import CatalogEntryPlan
from infra.stack_record import RecordedEntry, StackRecord


class PinError(ValueError):
    """A pin names no catalog entry of the stack."""


@dataclass(frozen=True)
class VersionChoice:
    """What the stack's configuration says. `pin`: a digest's first digits, or None for the code's own artifact.

    `is_model_held`: for now the deployment goes on serving what it serves (a later stage moves it).
    """

    keep: int = 0
    pin: str | None = None
    is_model_held: bool = False


@dataclass(frozen=True)
class DeclaredEntry:
    """One entry to declare. `former_names`: what its resource was called. `recorded`: None for the code's artifact."""

    name: str
    plan: CatalogEntryPlan
    former_names: tuple[str, ...] = ()
    recorded: RecordedEntry | None = None
    is_served: bool = False


def declared_entries(
    current: CatalogEntryPlan, choice: VersionChoice, record: StackRecord
) -> tuple[DeclaredEntry, ...]:
    """The served entry first. Raises PinError where a pin finds none."""
    recorded = record.entries.get(current.model, ())
    served = _served(current, choice, record)
    if choice.keep == 0 and (served is None or choice.pin is None):
        # One entry, under the model's own name.
        plan = current if served is None else served.plan
        return (DeclaredEntry(current.model, plan, (plan.versioned_name,), served, is_served=True),)
    old = [entry for entry in recorded if entry.plan.digest != current.digest]
    kept = old[: choice.keep]
    if served is not None and served not in kept:
        kept.append(served)
    entries = [_current(current, recorded, is_served=served is None), *(_kept(entry, served) for entry in kept)]
    return tuple(sorted(entries, key=lambda entry: not entry.is_served))


def _served(current: CatalogEntryPlan, choice: VersionChoice, record: StackRecord) -> RecordedEntry | None:
    """The recorded entry that is served; None: the current artifact's."""
    recorded = record.entries.get(current.model, ())
    if choice.is_model_held:
        model_id = record.served.get(current.model)
        held = next((entry for entry in recorded if entry.model_id == model_id), None)
        return None if held is None or held.plan.digest == current.digest else held
    if choice.pin is None or current.digest.startswith(choice.pin):
        return None
    found = [entry for entry in recorded if entry.plan.digest.startswith(choice.pin)]
    if not found:
        there = ", ".join(entry.plan.digest[:12] for entry in recorded) or "none"
        raise PinError(
            f"paddock:pins: {current.model} is pinned to {choice.pin}, but the stack has no such entry; it has: "
            f"{there}. `paddock rollback {current.model} --to DIGEST` pins another one, `pulumi config rm --path "
            f"paddock:pins.{current.model}` takes the pin away"
        )
    return found[0]


def _current(plan: CatalogEntryPlan, recorded: tuple[RecordedEntry, ...], *, is_served: bool) -> DeclaredEntry:
    # The name without a digest is the current one's only if that is what the stack has under it.
    own = tuple(
        entry.resource_name
        for entry in recorded
        if entry.plan.digest == plan.digest and entry.resource_name != plan.versioned_name
    )
    return DeclaredEntry(plan.versioned_name, plan, own, is_served=is_served)


def _kept(entry: RecordedEntry, served: RecordedEntry | None) -> DeclaredEntry:
    name = entry.plan.versioned_name
    former = () if entry.resource_name == name else (entry.resource_name,)
    return DeclaredEntry(name, entry.plan, former, entry, is_served=entry is served)
