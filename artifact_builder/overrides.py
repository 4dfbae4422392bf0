"""A stack's overrides of ``deployment`` values: ``paddock:models: {wine-cultivar: {instances: 4}}``."""

from __future__ import annotations

from collections.abc import Mapping

from artifact_builder.errors import Problem

OVERRIDES_PLACE = "Pulumi.<stack>.yaml → paddock:models"
# Each stands for the other's absence: a stack that sets one takes the file's other away.
_ALTERNATIVES = {"instances": "autoscaling", "autoscaling": "instances"}


def with_overrides(
    document: Mapping[str, object],
    overrides: Mapping[str, object],
    *,
    name: str,
) -> tuple[dict[str, object], list[Problem]]:
    """The document with ``overrides`` laid over its ``deployment``; neither argument is changed."""
    if not isinstance(overrides, Mapping):
        return dict(document), [Problem(OVERRIDES_PLACE, None, name, "must be a mapping of deployment values")]
    written = document.get("deployment")
    if written is not None and not isinstance(written, Mapping):
        return dict(document), []  # model.yaml's own problem, reported there
    deployment = dict(written or {})
    for key, other in _ALTERNATIVES.items():
        if key in overrides and other not in overrides:
            deployment.pop(other, None)
    return {**document, "deployment": _laid_over(deployment, overrides)}, []


def flat_paths(overrides: object, path: str) -> frozenset[str]:
    """Dotted paths of all that ``overrides`` sets, mappings and what is in them."""
    if not isinstance(overrides, Mapping):
        return frozenset()
    paths = {f"{path}.{key}" for key in overrides}
    return frozenset(paths.union(*(flat_paths(value, f"{path}.{key}") for key, value in overrides.items())))


def _laid_over(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    merged = dict(below)
    for key, value in above.items():
        beneath = merged.get(key)
        both_map = isinstance(value, Mapping) and isinstance(beneath, Mapping)
        merged[key] = _laid_over(beneath, value) if both_map else value  # type: ignore[arg-type]
    return merged
