"""What a catalog entry tells of its artifact, in the words of manifest.json: the way back of `catalog_metadata_plan`.

In a fresh clone, as a pipeline has it, the served artifact's folder is not there; its catalog entry is in the state.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from artifact_builder.signature import signature
from infra.catalog_entry_plan import DIGEST_TAG, MODEL_TAG
from infra.catalog_metadata_plan import (
    ALGORITHM,
    FRAMEWORK_VERSION,
    HYPERPARAMETERS,
    INFERENCE_CONDA_ENV,
    METRICS,
    SIGNATURE,
    SKLEARN_VERSION,
)
from paddock.model_report.plan import Resource


def digest_of(entry: Resource) -> str | None:
    """The digest that the entry's tag tells; None for an entry that Paddock did not make."""
    return _tag(entry, DIGEST_TAG)


def model_name_of(entry: Resource) -> str:
    """The model that the entry is a version of."""
    return _tag(entry, MODEL_TAG) or entry.name


def manifest_from_entry(entry: Resource) -> dict[str, Any]:
    """Parts of manifest.json, each absent where the entry does not tell it."""
    custom = _metadata(entry, "customMetadataLists")
    defined = _metadata(entry, "definedMetadataLists")
    facts = {
        "digest": digest_of(entry),
        "versions": _present({"scikit_learn": custom.get(SKLEARN_VERSION) or defined.get(FRAMEWORK_VERSION)}),
        "estimator": _present({"algorithm": defined.get(ALGORITHM)}),
        "hyperparameters": _json(defined.get(HYPERPARAMETERS)),
        "inference_env": _present({"conda_env": custom.get(INFERENCE_CONDA_ENV)}),
        "metrics": _json(custom.get(METRICS)),
        "signature": _signature(entry, _json(custom.get(SIGNATURE))),
    }
    return _present(facts)


def _signature(entry: Resource, told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """From the two schemas and what else is told; `input_kind`, `strict` and `method` are None where nothing tells."""
    schemas = [_json(entry.get(key)) for key in ("inputSchema", "outputSchema")]
    if schemas[0] is None or schemas[1] is None:
        return None
    facts = told or {}
    try:
        known = signature(
            schemas[0],
            schemas[1],
            input_kind=facts.get("input_kind") or "frame",
            method=facts.get("method") or "predict",
            classes=facts.get("classes"),
        )
    except (KeyError, TypeError, ValueError, SyntaxError):  # schemas of someone else's making have other keys
        return None
    return {**known, **{key: facts.get(key) for key in ("input_kind", "strict", "method")}}


def _tag(entry: Resource, key: str) -> str | None:
    for side in (entry.inputs, entry.outputs):  # what the program says; an imported entry only has outputs
        tags = side.get("freeformTags")
        if isinstance(tags, Mapping) and isinstance(tags.get(key), str):
            return str(tags[key])
    return None


def _metadata(entry: Resource, key: str) -> dict[str, str]:
    """Declared values go before those that OCI answered: what the program says is whole in every plan."""
    found: dict[str, str] = {}
    for side in (entry.outputs, entry.inputs):
        items = side.get(key)
        for item in items if isinstance(items, list) else []:
            if isinstance(item, Mapping) and isinstance(item.get("key"), str) and isinstance(item.get("value"), str):
                found[item["key"]] = item["value"]
    return found


def _json(text: object) -> dict[str, Any] | None:
    if not isinstance(text, str):
        return None
    try:
        value = json.loads(text)
    except ValueError:  # cut, or someone else's
        return None
    return value if isinstance(value, dict) else None


def _present(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if value is not None}
