"""Property paths as Pulumi writes them: `a.b[0].c`, `tags["a.b"]`, and `*` for any one step."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final

Path = tuple[str | int, ...]

_BARE_NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_STEP: Final = re.compile(r'\.?([^.\[\]"]+)|\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]')


def render(path: Sequence[str | int]) -> str:
    """Return the path as text."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _BARE_NAME.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step, ensure_ascii=False)}]"
    return text


def parse(text: str) -> Path:
    """Return the steps of a path; raises ValueError where it is not one."""
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise ValueError(f"{text!r} is not a property path (at character {position})")
        name, index, quoted = match.groups()
        if quoted is not None:
            steps.append(json.loads(f'"{quoted}"'))
        elif index is not None and index != "*":
            steps.append(int(index))
        else:
            steps.append(name or "*")
        position = match.end()
    return tuple(steps)


def covers(pattern: Sequence[str | int], path: Sequence[str | int]) -> bool:
    """Whether `pattern` names the path itself or something that holds it."""
    return len(pattern) <= len(path) and all(wanted in ("*", step) for wanted, step in zip(pattern, path, strict=False))
