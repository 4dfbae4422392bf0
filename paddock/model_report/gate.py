"""Whether `up` may go on: a model that breaks the callers of the served one needs a word of permission."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from artifact_builder import ModelYaml
from infra.settings import Settings
from paddock.errors import PaddockError
from paddock.model_report.model_change import ModelChange, Version


class BreakingChangeError(PaddockError):
    """`changes`: the models that would break their callers without permission."""

    def __init__(self, changes: Sequence[ModelChange]) -> None:
        self.changes = tuple(changes)
        super().__init__("\n".join([*(_told(change) for change in changes), *_ways_on(changes)]))


@dataclass(frozen=True)
class Permission:
    """Who said that callers may break: for the whole stack (its configuration, or `--allow-breaking`), or per model."""

    is_for_all: bool
    models: frozenset[str] = frozenset()

    def allows(self, change: ModelChange) -> bool:
        """Whether this change may be made."""
        return self.is_for_all or change.name in self.models or not change.is_breaking


def permission(settings: Settings, models: Iterable[ModelYaml], *, is_allowed_once: bool = False) -> Permission:
    """What the stack's configuration, each model.yaml and `--allow-breaking` say."""
    allowed = frozenset(model.name for model in models if model.breaking == "allowed")
    return Permission(is_allowed_once or settings.is_breaking_allowed, allowed)


def refuse_breaking(changes: Iterable[ModelChange], given: Permission) -> None:
    """Raises BreakingChangeError (exit code 1) that names each model, what breaks, for whom, and the ways on."""
    found = [change for change in changes if not given.allows(change)]
    if found:
        raise BreakingChangeError(found)


def in_advance(changes: Iterable[ModelChange], given: Permission) -> str | None:
    """What a preview says of it: whether `up` will stop, or why not; None where nobody breaks."""
    breaking = [change for change in changes if change.is_breaking]
    if not breaking:
        return None
    refused = [change.name for change in breaking if not given.allows(change)]
    if not refused:
        return "`paddock up` goes on all the same: that callers break is allowed."
    return (
        f"`paddock up` will stop: {', '.join(refused)} would break callers. --allow-breaking lets it go on; so does "
        "`breaking: allowed` in model.yaml or `paddock:breaking: allowed` in the stack's configuration."
    )


def _told(change: ModelChange) -> str:
    old, new = change.old or Version(), change.new or Version()
    who = f"whoever calls {change.endpoint}" if change.endpoint else "whoever calls its endpoint"
    said = (
        f"{change.name}: the new version ({new.short_digest}) breaks callers of the one that is served "
        f"({old.short_digest}): {who} with requests made for it, or reads its answers"
    )
    return "\n".join([said, *(f"  - {sentence}" for sentence in (change.schema.breaking if change.schema else ()))])


def _ways_on(changes: Sequence[ModelChange]) -> list[str]:
    name = changes[0].name
    in_files = (
        f"for one model: `breaking: allowed` in its model.yaml ({name}'s, for one); for a stack: "
        "`pulumi config set paddock:breaking allowed`"
    )
    beside = (
        f"without breaking anyone: deploy it beside the old one, under a name of its own (such as {name}-2), "
        f"and remove {name} when its callers have moved"
    )
    ways = ("this once, where callers are ready: paddock up --allow-breaking", in_files, beside)
    return ["Nothing was changed. To go on:", *(f"  - {way}" for way in ways)]
