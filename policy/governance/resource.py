"""A declared resource as a rule sees it: plain values, nothing of Pulumi's SDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

MODEL: Final = "oci:DataScience/model:Model"
MODEL_DEPLOYMENT: Final = "oci:DataScience/modelDeployment:ModelDeployment"
LOG: Final = "oci:Logging/log:Log"


class NotYetKnown:
    """Stands for a value that is known only after `up`: it is there, whatever it is."""

    def __repr__(self) -> str:
        """As previews print it."""
        return "[unknown]"


NOT_YET_KNOWN: Final = NotYetKnown()


@dataclass(frozen=True)
class Resource:
    """`properties` have the names of pulumi-oci's schema (camelCase); `depends_on`: property → URNs it is made from."""

    type: str
    name: str
    urn: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    is_protected: bool = False
    depends_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The type's last part: `ModelDeployment`."""
        return self.type.rpartition(":")[2]

    @property
    def stack(self) -> str:
        """The stack's name, from the URN (`urn:pulumi:STACK::PROJECT::TYPE::NAME`): the SDK does not tell a pack."""
        return self.urn.split("::", 1)[0].removeprefix("urn:pulumi:")

    def value(self, path: str) -> Any:
        """The value at a dotted path; None: nothing is stated. NOT_YET_KNOWN where it, or what holds it, is that."""
        found: Any = self.properties
        for key in path.split("."):
            if found is NOT_YET_KNOWN:
                return found
            found = found.get(key) if isinstance(found, Mapping) else None
        return None if found == "" else found  # OCI answers what is not set with an empty text
