"""Which groups of a deployment's options wait while others are applied: pure.

Each stage is a whole `pulumi up` in which the program holds the other groups back (`infra.option_groups`). A stage is
found anew from what differs, so an interrupted run is resumed by running it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# A new model may need a new variable, so variables go first; the balancer goes last, when what it carries is there.
ORDER = ("environment", "logs", "model, shape and instances", "load balancer bandwidth")


@dataclass(frozen=True)
class Stage:
    """One `pulumi up`. `applied`: model → the group that it changes; `held_back`: model → groups that wait."""

    applied: Mapping[str, str]
    held_back: Mapping[str, tuple[str, ...]]


def stages(changes: Mapping[str, Sequence[str]]) -> tuple[Stage, ...]:
    """`changes`: model → its groups that OCI takes one at a time (none, or two and more). No stages: one run does."""
    queues = {name: sorted(groups, key=ORDER.index) for name, groups in changes.items() if len(groups) > 1}
    count = max(map(len, queues.values()), default=0)
    return tuple(
        Stage(
            {name: queue[number] for name, queue in queues.items() if number < len(queue)},
            {name: tuple(queue[number + 1 :]) for name, queue in queues.items() if number + 1 < len(queue)},
        )
        for number in range(count)
    )


def in_words(name: str, groups: Sequence[str]) -> str:
    """What is said beforehand."""
    ordered = sorted(groups, key=ORDER.index)
    return (
        f"{name}: OCI takes one group of options at a time while a deployment is ACTIVE; {len(ordered)} stages: "
        f"{', then '.join(ordered)}"
    )
