"""The project's policy pack in a pipeline: `policy/`, where there is one, is run with every preview and every `up`."""

from __future__ import annotations

import re
from pathlib import Path

_TITLE = re.compile(r"^Policies:\s*$", re.MULTILINE)
_NEXT_TITLE = re.compile(r"^\S[^\n]*:\s*$", re.MULTILINE)
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
    return (rest[: following.start()] if following else rest).strip("\n")
