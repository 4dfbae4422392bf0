"""Which of a model's catalog entries a rollback goes to, and which are beyond what is kept: pure."""

from __future__ import annotations

from paddock.deployed_models import CatalogVersion, DeployedModel
from paddock.errors import PaddockError, WordsError


def rollback_target(model: DeployedModel, digest: str | None) -> CatalogVersion:
    """The entry whose digest begins so, or the one before the served one.

    Raises WordsError for digits that fit none or several, PaddockError where there is no older entry.
    """
    if digest is not None:
        return _named(model, digest)
    ids = [version.model_id for version in model.versions]
    older = model.versions[ids.index(model.model_id) + 1 :] if model.model_id in ids else ()
    if not older:
        raise PaddockError(
            f"{model.name}: the stack has no catalog entry older than the one that is served. `pulumi config set "
            "paddock:keep N` keeps N old ones from the next update on"
        )
    return older[0]


def beyond(model: DeployedModel, keep: int) -> list[CatalogVersion]:
    """Old entries after the newest `keep` of them; neither the newest of all nor the served one is among them."""
    return [version for version in model.versions[1:][keep:] if version.model_id != model.model_id]


def _named(model: DeployedModel, digest: str) -> CatalogVersion:
    found = {version.digest: version for version in model.versions if version.digest.startswith(digest.lower())}
    if len(found) == 1:
        return next(iter(found.values()))
    there = ", ".join(version.digest[:12] for version in model.versions) or "none"
    problem = "is the beginning of several digests" if found else "is no catalog entry of the stack"
    raise WordsError(f"{model.name}: {digest} {problem}; there are: {there} (`paddock versions {model.name}`)")
