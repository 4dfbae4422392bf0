"""What a step leaves behind: `summary.md` for people, `result.json` for programs, in one folder."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from paddock.ci.ci_system import CiSystem
from paddock.workspace import write_atomically

# GitHub drops a step's summary that is longer than 1 MiB, and refuses a comment of more than 65,536 characters.
_SUMMARY_LIMIT_BYTES = 1 << 20
COMMENT_LIMIT = 65_000
_BACKTICKS = re.compile(r"`+")


def write(out_dir: Path, summary: str, result: Mapping[str, Any], system: CiSystem) -> None:
    """Writes both files, and appends the summary to the CI system's own page of the run, where it has one."""
    write_atomically(out_dir / "summary.md", shortened(summary))
    write_atomically(out_dir / "result.json", json.dumps(result, indent=2, allow_nan=False) + "\n")
    if system.step_summary is not None:
        with system.step_summary.open("a", encoding="utf-8") as page:
            page.write(summary[: _SUMMARY_LIMIT_BYTES // 4] + "\n")


def shortened(comment: str) -> str:
    """As long as a comment may be; what was cut off is said."""
    if len(comment) <= COMMENT_LIMIT:
        return comment
    cut = comment[:COMMENT_LIMIT].rpartition("\n")[0]
    return f"{cut}\n\nCut off here: {len(comment) - len(cut):,} characters more are in the run's artifacts.\n"


def table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table; a cell's `|` and line ends are escaped."""
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def fenced(text: str) -> str:
    """Text as it is: no fence within it can end ours."""
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text.rstrip()}\n{fence}"


def folded(title: str, text: str) -> str:
    """Text as it is, shown on a click."""
    return f"<details><summary>{title}</summary>\n\n{fenced(text)}\n\n</details>"


def seconds(wall_s: float) -> str:
    """`4.2 s`, or `3 min 12 s` from two minutes on."""
    minutes, rest = divmod(round(wall_s), 60)
    return f"{wall_s:.1f} s" if minutes < 2 else f"{minutes} min {rest} s"  # noqa: PLR2004 - two minutes


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\r", "").replace("\n", "<br>")
