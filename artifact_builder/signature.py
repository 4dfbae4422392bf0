"""What callers of a model rely on: the columns a request must have, and what an answer is made of.

In the manifest as ``signature``::

    {"input_kind": "frame", "strict": false, "method": "predict",
     "inputs": [{"name", "dtype", "required", "categories"?}, ...],     in the order of lists of values
     "outputs": [{"name", "dtype", "classes"?}, ...]}

``input_kind`` and ``method`` are None where an old artifact does not tell.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from artifact_builder.errors import ArtifactBuilderError

_IN = "$x in "


def signature(
    input_schema: Mapping[str, Any],
    output_schema: Mapping[str, Any],
    *,
    input_kind: str,
    method: str,
    strict: bool = False,
    classes: Sequence[Sequence[object] | None] | None = None,
) -> dict[str, Any]:
    """The signature of an artifact, from its two schema files as JSON gives them.

    ``classes``: for each output of a classifier's ``predict`` the labels that it can be, in the estimator's order.
    """
    inputs = [_input(entry) for entry in _entries(input_schema)]
    outputs: list[dict[str, Any]] = [
        {"name": str(entry["name"]), "dtype": entry["dtype"]} for entry in _entries(output_schema)
    ]
    for output, labels in zip(outputs, classes or [], strict=False):
        if labels is not None:
            output["classes"] = list(labels)
    return {
        "input_kind": input_kind,
        "strict": strict,
        "method": method,
        "inputs": _as_one_array(inputs) if input_kind == "array" else inputs,
        "outputs": outputs,
    }


def read_signature(manifest: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The manifest's signature; of artifacts that were built before there were any, what their schemas say of it.

    Raises ArtifactBuilderError where neither is there.
    """
    if isinstance(manifest.get("signature"), dict):
        return dict(manifest["signature"])
    try:
        schemas = [json.loads((folder / f"{side}_schema.json").read_bytes()) for side in ("input", "output")]
        known = signature(schemas[0], schemas[1], input_kind="frame", method="predict")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactBuilderError(
            f"{folder} does not say what its callers rely on: manifest.json has no signature, and there are no "
            f"readable input_schema.json and output_schema.json beside it ({error}): build the model again"
        ) from error
    return {**known, "input_kind": None, "method": None}


def _entries(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    return sorted(schema["schema"], key=lambda entry: int(entry["order"]))


def _input(entry: Mapping[str, Any]) -> dict[str, Any]:
    column = {"name": str(entry["name"]), "dtype": entry["dtype"], "required": bool(entry["required"])}
    return {**column, "categories": _categories(entry)} if entry["dtype"] == "category" else column


def _categories(entry: Mapping[str, Any]) -> list[object]:
    """oracle-ads's constraint is the text ``$x in ['a', 'b']``."""
    for constraint in entry["domain"]["constraints"]:
        text = str(constraint["expression"])
        if text.startswith(_IN):
            return list(ast.literal_eval(text.removeprefix(_IN)))
    return []


def _as_one_array(inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An array has one dtype for all columns, whatever each of them had in the samples' file."""
    dtypes = {column["dtype"] for column in inputs}
    if len(dtypes) == 1 or not all(dtype.startswith(("int", "uint", "float")) for dtype in dtypes):
        return inputs
    together = "float64" if any(dtype.startswith("float") for dtype in dtypes) else "int64"
    return [{**column, "dtype": together} for column in inputs]
