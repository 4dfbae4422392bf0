"""Life cycles as data: which action leads from which states through which state to which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from local_oci.errors import IncorrectState
from local_oci.store import Record


@dataclass(frozen=True, slots=True)
class Transition:
    """An action: allowed in `sources`; shows `during` while its work is done; ends in `target`, or in `failed`.

    A `target` or `failed` of "" means the state that the resource had before.
    """

    sources: tuple[str, ...]
    during: str
    target: str
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """All actions of one kind by name."""

    kind: str
    actions: Mapping[str, Transition]

    def begin(self, record: Record, action: str) -> Transition:
        """The transition of `action`, or 409 with the states that would allow it."""
        transition = self.actions[action]
        if record.state not in transition.sources:
            raise IncorrectState(
                f"{action} of {self.kind.replace('_', ' ')} {record.id}: its lifecycleState must be "
                f"{' or '.join(transition.sources)}, found {record.state}; wait or act on its present state"
            )
        return transition
