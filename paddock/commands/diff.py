"""`paddock diff`: whether a new artifact breaks those who call the old one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from artifact_builder.difference import Change, Difference, difference
from paddock import console
from paddock.artifact_reference import manifest_of
from paddock.commands.options import json_option
from paddock.workspace import find_workspace

_WIDEST = 60


@click.command("diff")
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@json_option
@click.pass_context
def diff(context: click.Context, old: str, new: str, *, as_json: bool) -> None:
    """Tell whether artifact B can take the place of A without breaking A's callers.

    A and B: an artifact folder, its zip, a manifest.json, a model's NAME (its newest artifact), the beginning of a
    digest, or NAME@DIGEST. Exit code 0: nobody breaks; 1: callers of A break; 2: the words were wrong.
    """
    manifests = [manifest_of(words, lambda: find_workspace().artifacts_dir) for words in (old, new)]
    found = difference(*manifests)
    if as_json:
        sides = {side: _identity(manifest) for side, manifest in zip(("old", "new"), manifests, strict=True)}
        console.print_json({**sides, **found.to_json()})
    else:
        names = [str(manifest.get("name")) for manifest in manifests]
        digests = [manifest["digest"][:12] for manifest in manifests]
        told = [f"{name}@{digest}" for name, digest in zip(names, digests, strict=True)]
        _print(found, told, digests if names[0] == names[1] else told)
    context.exit(1 if found.is_breaking else 0)


def _identity(manifest: Mapping[str, Any]) -> dict[str, object]:
    return {"name": manifest.get("name"), "digest": manifest["digest"]}


def _print(found: Difference, told: list[str], headings: list[str]) -> None:
    (old, new), (old_heading, new_heading) = told, headings
    groups = (("breaks", found.breaking), ("fine", found.compatible), ("", found.facts))
    rows = [
        (word, change.path, _shown(change, change.old), _shown(change, change.new))
        for word, changes in groups
        for change in changes
    ]
    if rows:
        console.print_table(("", "what", old_heading, new_heading), rows)
    if not found.is_breaking:
        how = "requests and answers are as they were" if not found.compatible else "each request is taken as before"
        console.say(f"Breaks no callers of {old}: {how}." if rows else f"{old} and {new} are the same.")
        return
    console.say(f"Breaks callers of {old}:")
    for change in found.breaking:
        console.say(f"- {change.sentence}")


def _shown(change: Change, value: Any) -> str:
    """A value in a table's cell; of a column what matters when it comes or goes."""
    if value is None:
        return "-"
    if isinstance(value, dict) and "dtype" in value:
        name = "" if change.path == f"inputs.{value['name']}" else f"{value['name']}: "
        return f"{name}{value['dtype']}{'' if value['required'] else ', may be null'}"
    if isinstance(value, dict | list):
        values = value.get("category", value) if isinstance(value, dict) else value
        text = ", ".join(map(str, values))
    elif isinstance(value, float):
        text = f"{value:.6g}"
    else:
        text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
