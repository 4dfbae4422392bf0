"""The pack's own configuration (`config.json`): Pulumi's form, checked whole before a rule runs.

`{"logs-on": "mandatory", "shape-bounds": {"enforcementLevel": "mandatory", "maxOcpus": 8}}`; `all` sets every level.
The engine lays a file given with `--policy-pack-config` over it, and checks values by the rules' schemas. Names that no
rule has it lets pass, so that a misspelt bound would bind nothing: those are refused here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .rule import Rule, Settings

LEVELS = ("advisory", "mandatory", "disabled")
LEVEL = "enforcementLevel"


class ConfigurationError(ValueError):
    """The configuration cannot be used; the message has one sentence for each mistake."""


def read_configuration(path: Path, rules: Sequence[Rule]) -> dict[str, dict[str, Any]]:
    """Rule (or `all`) → its `enforcementLevel` and settings, where stated; {} where there is no file."""
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8") or "{}")
    except ValueError as error:
        raise ConfigurationError(f"{path.name}: must be JSON, found {error}") from error
    problems = list(_problems(content, rules))
    if problems:
        raise ConfigurationError("\n".join(f"{path.name}: {problem}" for problem in problems))
    return {name: {LEVEL: value} if isinstance(value, str) else value for name, value in content.items()}


def refuse_unknown_settings(rule: Rule, settings: Settings) -> None:
    """For what came from `--policy-pack-config`; raises ConfigurationError."""
    problems = [_unknown(rule, name) for name in sorted(set(settings) - set(rule.settings))]
    if problems:
        raise ConfigurationError("\n".join(problems))


def _problems(content: object, rules: Sequence[Rule]) -> Iterator[str]:
    if not isinstance(content, dict):
        yield f"must be an object of rules, found {content!r}"
        return
    by_name = {rule.name: rule for rule in rules}
    for name, value in content.items():
        stated = {LEVEL: value} if isinstance(value, str) else value
        if name != "all" and name not in by_name:
            yield f"{name}: unknown rule, expected all or one of {', '.join(by_name)}"
        elif not isinstance(stated, Mapping):
            yield f"{name}: must be a level or an object, found {value!r}"
        else:
            yield from _problems_of_one(name, by_name.get(name), stated)


def _problems_of_one(name: str, rule: Rule | None, stated: Mapping[str, Any]) -> Iterator[str]:
    if LEVEL in stated and stated[LEVEL] not in LEVELS:
        yield f"{name}: {LEVEL} must be one of {', '.join(LEVELS)}, found {stated[LEVEL]!r}"
    for setting in sorted(set(stated) - {LEVEL}):
        if rule is None:
            yield f"all: has no setting but {LEVEL}, found {setting}"
        elif setting not in rule.settings:
            yield _unknown(rule, setting)


def _unknown(rule: Rule, setting: str) -> str:
    return f"{rule.name}: unknown setting {setting}, expected one of {', '.join(rule.settings) or 'none'}"
