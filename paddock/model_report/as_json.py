"""The report for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from paddock.model_report import words
from paddock.model_report.model_change import ModelChange, Version


def as_json(changes: Sequence[ModelChange]) -> dict[str, Any]:
    """`{"summary", "isBreaking", "models": [...]}`; what is unknown is null."""
    return {
        "summary": words.summary(changes),
        "isBreaking": any(change.is_breaking for change in changes),
        "models": [_model(change) for change in changes],
    }


def _model(change: ModelChange) -> dict[str, Any]:
    schema, downtime = change.schema, change.downtime
    return {
        "name": change.name,
        "kind": change.kind,
        "headline": words.headline(change),
        "endpoint": change.endpoint,
        "old": _version(change.old),
        "new": _version(change.new),
        "schema": schema
        and {
            "isBreaking": schema.is_breaking,
            "breaking": list(schema.breaking),
            "compatible": list(schema.compatible),
            "unknownBecause": schema.unknown_because,
        },
        "downtime": downtime and {"isExpected": downtime.is_expected, "why": downtime.why},
        "stages": list(change.stages),
        "settings": [{**asdict(one), "isChanged": one.is_changed} for one in change.settings],
        "pruned": list(change.pruned),
        "resources": [asdict(one) for one in change.resources],
    }


def _version(version: Version | None) -> dict[str, Any] | None:
    if version is None:
        return None
    return {
        "digest": version.digest,
        "scikitLearn": version.scikit_learn,
        "algorithm": version.algorithm,
        "condaEnv": version.conda_env,
        "metrics": version.metrics,
        "hyperparameters": version.hyperparameters,
    }
