"""A rule of the pack: its name, what it demands, how severe it is, what can be configured, and the check itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .resource import Resource
from .violation import Undecided, Violation

Level = Literal["advisory", "mandatory", "disabled"]
Settings = Mapping[str, Any]
Findings = Iterable[Violation | Undecided]


@dataclass(frozen=True)
class ResourceRule:
    """Checked for each resource of `types` before it is created or updated.

    `settings`: JSON schema for each setting, with its default where it has one. `types` None: whatever the check picks.
    """

    name: str
    description: str
    level: Level
    check: Callable[[Resource, Settings], Findings]
    types: frozenset[str] | None
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class StackRule:
    """Checked once, at the end of a preview and of an `up`, over the stack's resources and what depends on what."""

    name: str
    description: str
    level: Level
    check: Callable[[Sequence[Resource], Settings], Findings]
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


Rule = ResourceRule | StackRule


def defaults(rule: Rule) -> dict[str, Any]:
    """The rule's settings where nothing is configured."""
    return {name: schema["default"] for name, schema in rule.settings.items() if "default" in schema}


def of_type(resources: Sequence[Resource], resource_type: str) -> list[Resource]:
    """The resources of one type, in their order."""
    return [resource for resource in resources if resource.type == resource_type]
