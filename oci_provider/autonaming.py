"""Names that Pulumi makes up: `<urn name>-<7 hex digits>`, as pulumi-oci's `SetAutonaming(255, "-")` has them.

A name that the state has stays, also where the program set it once and sets it no more. The stack's configuration
`pulumi:autonaming` may propose another name, or forbid to make one up.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

from oci_provider.schema import Fields

_HEX_DIGITS: Final = 7
_LONGEST: Final = 255


class Mode(IntEnum):
    """What the stack's configuration says of a name; the numbers are those of Pulumi's protocol."""

    PROPOSE = 0
    ENFORCE = 1
    DISABLE = 2


@dataclass(frozen=True)
class Naming:
    """What a name is made of: the resource's name in the program, a seed, and what the stack's configuration says.

    `begun`: the names of a creation that was begun and that the engine does not know of.
    """

    resource_name: str
    seed: bytes = b""
    proposed: str = ""
    mode: Mode = Mode.PROPOSE
    begun: Mapping[str, str] = field(default_factory=dict)

    def name(self) -> str | None:
        """Return the name; None where the configuration forbids to make one up."""
        if self.mode is Mode.DISABLE:
            return None
        if self.proposed:
            return self.proposed
        digits = random.Random(self.seed or None).choices("0123456789abcdef", k=_HEX_DIGITS)  # noqa: S311 - a name
        return f"{self.resource_name[: _LONGEST - _HEX_DIGITS - 1]}-{''.join(digits)}"


def made_up(fields: Fields, news: Mapping[str, Any], olds: Mapping[str, Any], naming: Naming) -> dict[str, str]:
    """Return the names that the program leaves to Pulumi, by property."""
    names: dict[str, str] = {}
    for one in fields.all:
        if not one.autonamed or news.get(one.name) is not None:
            continue
        if name := olds.get(one.name) or naming.begun.get(one.name) or naming.name():
            names[one.name] = str(name)
    return names


def is_set_by_the_program(fields: Fields, inputs: Mapping[str, Any], defaults: list[str]) -> bool:
    """Whether a name that Pulumi could make up is the program's: two resources cannot have it at once."""
    return any(one.autonamed and inputs.get(one.name) and one.name not in defaults for one in fields.all)
