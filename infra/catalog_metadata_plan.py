"""From an artifact's manifest to the metadata of its catalog entry: pure, no Pulumi inside.

An entry outlives the folder that it was made from. What a later preview, a rollback or a reader of the console wants to
know of it stands here; `paddock.model_report.catalog_manifest` reads it back.

Oracle's words: categories of custom metadata are those of the SDK's `oci.data_science.models.Metadata.category`, keys
and values of defined metadata those of its `key` and `value` (oracle-ads spells the keys as below, OCI.md 2.1).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

# oracle-ads holds to these (OCI.md 2.1): bytes of one value, of all values of a list together.
LARGEST_VALUE_BYTES, LARGEST_LIST_BYTES = 16_000, 32_000
# Last digits of a measure differ between processors; a model that did not change must not show a change.
_METRIC_DIGITS = 6

METRICS, SIGNATURE = "Metrics", "Signature"
SKLEARN_VERSION, INFERENCE_CONDA_ENV = "SklearnVersion", "InferenceCondaEnv"
ALGORITHM, FRAMEWORK_VERSION, HYPERPARAMETERS = "Algorithm", "FrameworkVersion", "Hyperparameters"

_CATEGORIES = {
    METRICS: "Performance",
    SIGNATURE: "Training and Validation Datasets",
    SKLEARN_VERSION: "Training Environment",
    INFERENCE_CONDA_ENV: "Training Environment",
}
_DESCRIPTIONS = {
    METRICS: "Measures on the samples when the artifact was built, JSON",
    SIGNATURE: "What callers rely on beside the two schemas, JSON",
    SKLEARN_VERSION: "scikit-learn that built the artifact",
    INFERENCE_CONDA_ENV: "Conda environment that the artifact's runtime.yaml names",
}
_USE_CASES = {"regressor": "regression", "clusterer": "clustering"}


def custom_metadata(manifest: Mapping[str, Any]) -> list[dict[str, str]]:
    """`custom_metadata_lists` of the entry, sorted by key. What is unknown or too long is left out."""
    environment = manifest.get("inference_env") or {}
    texts = {
        INFERENCE_CONDA_ENV: environment.get("conda_env"),
        METRICS: _json(rounded(manifest.get("metrics") or {})),
        SIGNATURE: _json(_signature_facts(manifest.get("signature") or {})),
        SKLEARN_VERSION: manifest["versions"].get("scikit_learn"),
    }
    return [
        {"key": key, "value": value, "category": _CATEGORIES[key], "description": _DESCRIPTIONS[key]}
        for key, value in _fitting(texts)
    ]


def defined_metadata(manifest: Mapping[str, Any], *, use_case: str | None = None) -> list[dict[str, str]]:
    """`defined_metadata_lists` of the entry: Oracle's own keys, sorted. What is unknown or too long is left out.

    `use_case`: model.yaml's; without one the estimator tells.
    """
    texts = {
        ALGORITHM: manifest["estimator"].get("algorithm"),
        # Of a ready artifact nobody knows what made it.
        "Framework": "scikit-learn" if manifest["versions"].get("scikit_learn") else None,
        FRAMEWORK_VERSION: manifest["versions"].get("scikit_learn"),
        HYPERPARAMETERS: _json(manifest.get("hyperparameters") or {}),
        "ArtifactTestResults": _json(
            {key: {"success": has_passed} for key, has_passed in (manifest.get("introspection") or {}).items()}
        ),
        "UseCaseType": use_case or use_case_type(manifest),
    }
    return [{"key": key, "value": value} for key, value in _fitting(texts)]


def use_case_type(manifest: Mapping[str, Any]) -> str:
    """One of the allowed values of Oracle's `UseCaseType`; `other` where the estimator does not tell."""
    kind = str(manifest["estimator"].get("kind"))
    if kind != "classifier":
        return _USE_CASES.get(kind, "other")
    signature = manifest.get("signature") or {}
    outputs = signature.get("outputs") or []
    if signature.get("method") == "predict_proba":
        class_count = len(outputs)
    else:
        class_count = len(outputs[0].get("classes") or ()) if len(outputs) == 1 else 0
    return {0: "other", 1: "other", 2: "binary_classification"}.get(class_count, "multinomial_classification")


def _signature_facts(signature: Mapping[str, Any]) -> dict[str, Any]:
    """What the schemas, which the entry carries whole, do not tell; `artifact_builder.signature` puts both together."""
    if not signature:
        return {}
    return {
        "input_kind": signature["input_kind"],
        "strict": signature["strict"],
        "method": signature["method"],
        "classes": [output.get("classes") for output in signature["outputs"]],
    }


def rounded(metrics: Mapping[str, float]) -> dict[str, float]:
    """Measures as the entry tells them."""
    return {name: float(f"{value:.{_METRIC_DIGITS}g}") for name, value in metrics.items()}


def _json(value: Mapping[str, Any]) -> str | None:
    """One line, sorted: the same facts are the same text. None where there is nothing to tell."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False) if value else None


def _fitting(texts: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    """Known texts, sorted by key, that OCI takes: a value that is cut would be read as another."""
    used_bytes = 0
    for key, text in sorted(texts.items()):
        size_bytes = len((text or "").encode())
        if text and size_bytes <= LARGEST_VALUE_BYTES and used_bytes + size_bytes <= LARGEST_LIST_BYTES:
            used_bytes += size_bytes
            yield key, text
