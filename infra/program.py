"""The Pulumi program: reads the stack's configuration and the models, builds what changed, declares the rest.

It never knows which OCI it meets: plugin, endpoint and credentials come from the environment that Pulumi runs in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi

from artifact_builder import ArtifactBuilderError, build_all, load_models
from infra.model_platform import ModelPlatform
from infra.model_service import ModelService
from infra.settings import Settings, SettingsError, settings_from


def declare(project_dir: Path | None = None) -> None:
    """Declares every model of the stack and exports `endpoints`, `deployments`, `models`, `log_group`, `project`.

    Everything that can be wrong in the user's files is found before the first resource is declared; it ends the
    program with its message alone (`pulumi.RunError`).
    """
    root = (project_dir or Path.cwd()).resolve()
    try:
        settings = _read_settings()
        models = load_models(root / settings.models_dir, settings.models)
        artifacts = build_all(models, root / "artifacts")
    except (SettingsError, ArtifactBuilderError) as error:
        raise pulumi.RunError(str(error)) from error

    platform = ModelPlatform(
        settings.project_name,
        compartment_id=settings.compartment_id,
        display_name=settings.project_name,
        tags=settings.tags,
        opts=pulumi.ResourceOptions(protect=settings.protect or None),
    )
    services = {
        model.name: ModelService(
            model,
            artifact,
            platform=platform,
            project_dir=root,
            tags=settings.tags,
            opts=pulumi.ResourceOptions(protect=settings.protect or None),
        )
        for model, artifact in zip(models, artifacts, strict=True)
    }
    digests = {artifact.name: artifact.digest for artifact in artifacts}
    pulumi.export("endpoints", {name: service.endpoint for name, service in services.items()})
    pulumi.export("deployments", {name: service.deployment.id for name, service in services.items()})
    pulumi.export(
        "models",
        {name: {"ocid": service.catalog_entry.id, "digest": digests[name]} for name, service in services.items()},
    )
    pulumi.export("log_group", platform.log_group.id)
    pulumi.export("project", platform.project.id)


def _read_settings() -> Settings:
    config = pulumi.Config("paddock")
    values: dict[str, Any] = {
        "compartmentId": config.get("compartmentId"),
        "projectName": config.get("projectName"),
        "modelsDir": config.get("modelsDir"),
        "models": config.get_object("models"),
        "tags": config.get_object("tags"),
        "protect": config.get_bool("protect"),
    }
    given = {key: value for key, value in values.items() if value is not None}
    return settings_from(given, f"Pulumi.{pulumi.get_stack()}.yaml")
