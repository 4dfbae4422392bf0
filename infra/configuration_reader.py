"""Reading a stack's configuration value by value, collecting all that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

# Oracle's documentation: ocid1.<resource type>.<realm>.[region][.future use].<unique id>
_OCID = re.compile(r"ocid1\.[a-z0-9]+\.[a-z0-9-]+\.[a-z0-9-]*\.(?:[a-z0-9-]+\.)?[A-Za-z0-9_-]+")


class ConfigurationReader:
    """One mapping of the configuration. `problems` is shared with the readers of its sections."""

    def __init__(
        self, values: Mapping[str, object], place: str, prefix: str = "paddock:", problems: list[str] | None = None
    ) -> None:
        self._values = values
        self._place = place
        self._prefix = prefix
        self.problems: list[str] = [] if problems is None else problems

    def problem(self, key: str, words: str) -> None:
        """Adds one."""
        self.problems.append(f"{self._place}: {self._prefix}{key}: {words}")

    def refuse_unknown(self, known: Collection[str]) -> None:
        """A key that no one reads is a mistake."""
        for key in sorted(map(str, set(self._values) - set(known))):
            self.problem(key, f"unknown key, expected one of {', '.join(sorted(known))}")

    def section(self, key: str, known: Collection[str]) -> ConfigurationReader | None:
        """A reader of the map under `key`; None where there is none."""
        if self._values.get(key) is None:
            return None
        values = self.map(key, "a map")
        section = ConfigurationReader(values, self._place, f"{self._prefix}{key}.", self.problems)
        section.refuse_unknown(known)
        return section

    def text(self, key: str, default: str, words: str = "text") -> str:
        """A text; `default` where it is absent or wrong."""
        return str(self._of(key, str, words, default))

    def optional_text(self, key: str) -> str | None:
        """A text or None."""
        return self.text(key, "") or None

    def boolean(self, key: str) -> bool:
        """True or false; false where it is absent."""
        return bool(self._of(key, bool, "true or false", default=False))

    def map(self, key: str, words: str) -> Mapping[str, object]:
        """A map; empty where it is absent."""
        return mapping(self._of(key, Mapping, words, {}))

    def count(self, key: str, words: str) -> int:
        """A whole number from 0 on; 0 where it is absent."""
        value = self._values.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self.problem(key, f"must be a whole number from 0 on ({words}), found {value!r}")
            return 0
        return value

    def number(self, key: str, words: str, most: float | None = None) -> float | None:
        """A number above 0 or None."""
        value = self._values.get(key)
        if value is None:
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 < value <= (most or float("inf")):  # type: ignore[operator]
            bound = f" and at most {most:g}" if most else ""
            self.problem(key, f"must be a number above 0{bound} ({words}), found {value!r}")
            return None
        return float(value)  # type: ignore[arg-type]

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        """One of the words; the first where it is absent."""
        value = self._values.get(key, choices[0])
        if value not in choices:
            self.problem(key, f"must be one of {', '.join(choices)}, found {value!r}")
            return choices[0]
        return str(value)

    def ocid(self, key: str, words: str, mend: str = "", *, is_required: bool = False) -> str | None:
        """An OCID; None where it is absent and may be."""
        value = self._values.get(key)
        if value is None and not is_required:
            return None
        if isinstance(value, str) and _OCID.fullmatch(value):
            return value
        found = "nothing" if value is None else repr(value)
        self.problem(key, f"{words}, found {found}" + (f"; {mend}" if mend else ""))
        return None

    def ocids(self, key: str, words: str) -> tuple[str, ...]:
        """A list of OCIDs."""
        value = self._values.get(key)
        if isinstance(value, list) and value and all(isinstance(one, str) and _OCID.fullmatch(one) for one in value):
            return tuple(value)
        self.problem(key, f"must be a list of {words}, found {'nothing' if value is None else repr(value)}")
        return ()

    def _of(self, key: str, kind: type, words: str, default: object) -> object:
        value = self._values.get(key, default)
        if isinstance(value, kind):
            return value
        self.problem(key, f"must be {words}, found {value!r}")
        return default


def mapping(value: object) -> Mapping[str, Mapping[str, object]]:
    """The value where it is a map, else an empty one."""
    return value if isinstance(value, Mapping) else {}
