"""What a rule has to say about a resource."""

from __future__ import annotations

from dataclasses import dataclass

from .resource import Resource


@dataclass(frozen=True)
class Violation:
    """One sentence for each thing that is wrong. `resource` is None where it is the stack as a whole."""

    resource: Resource | None
    where: str
    expected: str
    found: str
    mend: str

    @property
    def message(self) -> str:
        """What, which, expected, found, what next."""
        which = "the stack" if self.resource is None else f"{self.resource.kind} {self.resource.name}"
        return f"{which}: {self.where}: must be {self.expected}, found {self.found}. {self.mend}"


@dataclass(frozen=True)
class Undecided:
    """The value at `path` is known only after `up`, and the rule needs it: Pulumi asks again then."""

    resource: Resource
    path: str
