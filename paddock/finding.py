"""One thing that `paddock doctor` looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """``mend`` is the command that puts it right, empty where it is."""

    what: str
    found: str
    mend: str = ""

    @property
    def is_well(self) -> bool:
        """Nothing to do."""
        return not self.mend
