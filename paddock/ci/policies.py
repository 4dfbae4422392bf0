"""The project's policy pack in a pipeline: `policy/`, where there is one, is run with every preview and every `up`."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

_TITLE = re.compile(r"^Policies:\s*$", re.MULTILINE)
_NEXT_TITLE = re.compile(r"^\S[^\n]*:\s*$", re.MULTILINE)
_LEVEL = re.compile(r"^\s+- \[(advisory|mandatory|remediate)\]", re.MULTILINE)
_PLACE = re.compile(r" \(local: [^)]*\)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def flags(project_dir: Path) -> tuple[str, ...]:
    """`--policy-pack …` for Pulumi; nothing where the project has no pack."""
    pack = project_dir / "policy"
    return ("--policy-pack", str(pack)) if (pack / "PulumiPolicy.yaml").is_file() else ()


def told(output: str) -> str:
    """What Pulumi's text output says under `Policies:`; empty where it says nothing."""
    text = _COLOUR.sub("", output)
    title = _TITLE.search(text)
    if title is None:
        return ""
    rest = text[title.end() :]
    following = _NEXT_TITLE.search(rest)
    return _PLACE.sub("", (rest[: following.start()] if following else rest).strip("\n"))


def in_words(found: str) -> str:
    """`6 advisory, 1 mandatory`, of what `told` gave; `nothing to say` where no rule had anything."""
    levels = Counter(_LEVEL.findall(found))
    return ", ".join(f"{count} {level}" for level, count in sorted(levels.items())) or "nothing to say"
