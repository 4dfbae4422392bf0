"""Which models belong to a stack."""

from __future__ import annotations

from pathlib import Path

from artifact_builder import ModelYaml, load_models
from infra.settings import Settings


def stack_models(settings: Settings, project_dir: Path) -> tuple[ModelYaml, ...]:
    """The models that the stack declares: of its shard, all without one; none for a fleet's platform.

    Raises ModelYamlError with every mistake of every file that was read.
    """
    if settings.is_platform_only:
        return ()
    return load_models(project_dir / settings.models_dir, settings.models, shard=settings.shard)


def models_of_policies(settings: Settings, project_dir: Path, own: tuple[ModelYaml, ...]) -> tuple[ModelYaml, ...]:
    """The models whose needs the stack's policies cover: a fleet's platform speaks for all shards."""
    return load_models(project_dir / settings.models_dir) if settings.is_platform_only else own
