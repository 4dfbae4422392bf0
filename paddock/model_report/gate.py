"""Whether `up` may go on: a model that breaks the callers of the served one needs a word of permission."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from artifact_builder import ModelYaml
from paddock.errors import PaddockError
from paddock.model_report.model_change import ModelChange, Version


class BreakingChangeError(PaddockError):
    """`changes`: the models that would break their callers without permission."""

    def __init__(self, changes: Sequence[ModelChange]) -> None:
        self.changes = tuple(changes)
        super().__init__("\n".join([*(_told(change) for change in changes), *_ways_on(changes)]))


def models_allowed(models: Iterable[ModelYaml]) -> frozenset[str]:
    """Names of the models whose model.yaml says `breaking: allowed`."""
    return frozenset(model.name for model in models if model.breaking == "allowed")


def breaking_changes(
    changes: Iterable[ModelChange], *, is_allowed: bool, allowed_models: Collection[str] = ()
) -> tuple[ModelChange, ...]:
    """The changes that may not be made. `is_allowed`: by `--allow-breaking`, or by the stack's configuration."""
    if is_allowed:
        return ()
    return tuple(change for change in changes if change.is_breaking and change.name not in allowed_models)


def refuse_breaking(changes: Iterable[ModelChange], *, is_allowed: bool, allowed_models: Collection[str] = ()) -> None:
    """Raises BreakingChangeError (exit code 1) that names each model, what breaks, for whom, and the ways on."""
    found = breaking_changes(changes, is_allowed=is_allowed, allowed_models=allowed_models)
    if found:
        raise BreakingChangeError(found)


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
