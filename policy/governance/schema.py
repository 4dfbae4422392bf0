"""A model's catalog entry tells callers what to send and what comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .resource import MODEL, NOT_YET_KNOWN, Resource
from .rule import ResourceRule, Settings
from .violation import Violation


def missing_schemas(model: Resource, _settings: Settings) -> Iterator[Violation]:
    """One violation for each of the two schemas that is missing or names no column."""
    for key in ("inputSchema", "outputSchema"):
        value = model.value(key)
        if value is not NOT_YET_KNOWN and not _says_something(value):
            yield Violation(
                model,
                key,
                "the schema of the model's " + ("input" if key == "inputSchema" else "predictions"),
                "none" if value is None else repr(value),
                "Give the schema that oracle-ads or `paddock build` writes (model.yaml: samples, with X and y).",
            )


def _says_something(value: object) -> bool:
    """Oracle takes any text: one that is not JSON is somebody's own form and is left alone."""
    if not isinstance(value, str) or not value.strip():
        return False
    try:
        document = json.loads(value)
    except ValueError:
        return True
    # oracle-ads: {"schema": [column, …], "version": "1.1"}
    columns = document.get("schema", document) if isinstance(document, dict) else document
    return bool(columns)


SCHEMA_PRESENT = ResourceRule(
    name="schema-present",
    description="A model's catalog entry has its input and its output schema.",
    level="advisory",
    check=missing_schemas,
    types=frozenset({MODEL}),
)
