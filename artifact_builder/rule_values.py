"""What rules between values read, and what they say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Breach:
    """A broken rule: the path it is reported at, the other paths it read, what must be, what was found."""

    path: str
    message: str
    found: object = None
    shows_found: bool = True
    others: tuple[str, ...] = ()


class Values:
    """Plain values by dotted path, without those that have a problem."""

    def __init__(self, root: Mapping[str, object], bad_paths: Collection[str]) -> None:
        self._root = root
        self._bad = bad_paths

    def get(self, path: str, default: object = None) -> object:
        """The value, ``default`` where it is absent or null, None where it (or what holds it) has a problem."""
        value: object = self._root
        so_far = ""
        for key in path.split("."):
            so_far = f"{so_far}.{key}".removeprefix(".")
            if so_far in self._bad:
                return None
            if not isinstance(value, Mapping) or value.get(key) is None:
                return default
            value = value[key]
        return value

    def number(self, path: str, default: float | None = None) -> float | None:
        """Like ``get``, and None for what is no number."""
        value = self.get(path, default)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None
