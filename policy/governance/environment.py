"""What a model runs in is pinned: a conda environment with its revision, or an image by its digest.

A tag or a slug without revision names something else next month, and the same stack then serves other predictions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .deployment import ENVIRONMENT, is_container
from .resource import MODEL, MODEL_DEPLOYMENT, NOT_YET_KNOWN, Resource
from .rule import ResourceRule, Settings, StackRule, of_type
from .violation import Undecided, Violation

# Slugs of Oracle's packs end in a revision (generalml_p311_cpu_x86_64_v1, onnx17_p37_cpu_v1.0, mlcpuv1); a published
# environment is an object's path (oci://bucket@namespace/…).
_SLUG = re.compile(r"[A-Za-z0-9_.-]*v\d+(?:[._]\d+)*")
_PATH = re.compile(r"oci://[^/@\s]+@[^/\s]+/\S+")
_DIGEST = re.compile(r"(?:.*@)?sha256:[0-9a-f]{64}")


def unpinned_image(deployment: Resource, _settings: Settings) -> Iterator[Violation | Undecided]:
    """A violation where a container deployment names its image by a tag alone."""
    if not is_container(deployment):
        return
    named = [deployment.value(f"{ENVIRONMENT}.{key}") for key in ("imageDigest", "image")]
    if any(isinstance(text, str) and _DIGEST.fullmatch(text) for text in named):
        return
    if NOT_YET_KNOWN in named:
        yield Undecided(deployment, f"{ENVIRONMENT}.imageDigest")
        return
    digest, image = named
    yield Violation(
        deployment,
        f"{ENVIRONMENT}.imageDigest",
        "the image's digest (sha256: and 64 hexadecimal digits)",
        str(digest) if digest is not None else f"none for {image}",
        "Set imageDigest to the digest that the registry shows for the image.",
    )


def unpinned_environments(resources: Sequence[Resource], settings: Settings) -> Iterator[Violation]:
    """A violation for each catalog entry that does not tell its conda environment; containers need none."""
    served_by_containers = _models_of_containers_alone(resources)
    for model in of_type(resources, MODEL):
        if model.urn not in served_by_containers:
            yield from _unpinned_environment(model, settings["metadataKey"])


def _unpinned_environment(model: Resource, key: str) -> Iterator[Violation]:
    value = _custom_metadata(model, key)
    if value is NOT_YET_KNOWN or (isinstance(value, str) and (_SLUG.fullmatch(value) or _PATH.fullmatch(value))):
        return
    yield Violation(
        model,
        f"customMetadataLists[{key}]",
        "a conda pack's slug with its revision (generalml_p311_cpu_x86_64_v1) or an oci:// path",
        "none" if value is None else repr(value),
        f"State the environment that the artifact's runtime.yaml names, as custom metadata {key}.",
    )


def _custom_metadata(model: Resource, key: str) -> object:
    entries = model.value("customMetadataLists")
    if not isinstance(entries, list):
        return entries
    for entry in entries:
        if entry is NOT_YET_KNOWN:
            return entry
        if isinstance(entry, dict) and entry.get("key") == key:
            return entry.get("value")
    return None


def _models_of_containers_alone(resources: Sequence[Resource]) -> set[str]:
    """URNs of the models that a container serves and no conda environment does."""
    served: dict[bool, set[str]] = {True: set(), False: set()}
    for deployment in of_type(resources, MODEL_DEPLOYMENT):
        served[is_container(deployment)].update(deployment.depends_on.get("modelDeploymentConfigurationDetails", ()))
    return served[True] - served[False]


PINNED_IMAGE = ResourceRule(
    name="pinned-image",
    description="A container deployment names its image by digest.",
    level="advisory",
    check=unpinned_image,
    types=frozenset({MODEL_DEPLOYMENT}),
)
PINNED_ENVIRONMENT = StackRule(
    name="pinned-environment",
    description="A model's catalog entry tells the conda environment that it runs in, with its revision.",
    level="advisory",
    check=unpinned_environments,
    settings={"metadataKey": {"type": "string", "minLength": 1, "default": "InferenceCondaEnv"}},
)
