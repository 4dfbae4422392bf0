"""score.py, from the template beside this file."""

from __future__ import annotations

from pathlib import Path

_TEMPLATE = Path(__file__).with_name("score.py.template")


def score_py(*, model_file_name: str, has_hooks: bool) -> str:
    """The artifact's score.py. It holds no date and no version: equal models have equal files."""
    text = _TEMPLATE.read_text(encoding="utf-8")
    return text.replace("__MODEL_FILE_NAME__", model_file_name).replace(
        "__HOOKS_FILE__", repr("hooks.py") if has_hooks else "None"
    )
