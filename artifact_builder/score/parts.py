"""The parts of score.py: templates with lines for some models only, and blanks to fill in.

Between ``#: if FLAG`` (or ``#: if not FLAG``) and ``#: end`` stand the lines for models with (without) it; these may be
nested. ``__NAME__`` is a blank.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_FOLDER = Path(__file__).parent


def joined(names: Sequence[str], flags: Mapping[str, bool], blanks: Mapping[str, str]) -> str:
    """The parts one after the other, two blank lines between them."""
    texts = ["\n".join(_lines(name, flags)).strip("\n") for name in names]
    text = "\n\n\n".join(text for text in texts if text) + "\n"
    for blank, value in blanks.items():
        text = text.replace(f"__{blank}__", value)
    return text


def _lines(name: str, flags: Mapping[str, bool]) -> Iterator[str]:
    kept = [True]
    for line in (_FOLDER / f"{name}.py.template").read_text(encoding="utf-8").splitlines():
        if line.startswith("#: if "):
            *negation, flag = line.split()[2:]
            kept.append(kept[-1] and flags[flag] is not bool(negation))
        elif line == "#: end":
            kept.pop()
        elif kept[-1]:
            yield line
