"""The parts of score.py: Jinja templates, with ``<% … %>`` for statements and ``<<…>>`` for values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

# Python is full of Jinja's usual signs.
_TEMPLATES = Environment(
    loader=PackageLoader("artifact_builder", "score"),
    block_start_string="<%",
    block_end_string="%>",
    variable_start_string="<<",
    variable_end_string=">>",
    comment_start_string="<#",
    comment_end_string="#>",
    trim_blocks=True,
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701  # what is written is Python, not HTML
)


def joined(names: Sequence[str], values: Mapping[str, object]) -> str:
    """The parts one after the other, two blank lines between them."""
    texts = [_TEMPLATES.get_template(f"{name}.py.template").render(values).strip("\n") for name in names]
    return "\n\n\n".join(text for text in texts if text) + "\n"
