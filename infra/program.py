"""The Pulumi program: reads the stack's configuration and the models, builds what changed, declares the rest.

It never knows which OCI it meets: plugin, endpoint and credentials come from the environment that Pulumi runs in.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi

from artifact_builder import Artifact, ArtifactBuilderError, ModelYaml, build_all
from infra import option_groups
from infra.catalog_versions_plan import PinError, VersionChoice
from infra.deployment_policies import DeploymentPolicies
from infra.engine_log import without_debug_messages
from infra.iam_plan import IamSettings, iam_plan
from infra.model_platform import ModelPlatform, SharedPlatform
from infra.model_service import ModelService
from infra.settings import KEYS, SECRETS_KEY, Settings, SettingsError, settings_from
from infra.stack_models import models_of_policies, stack_models
from infra.stack_record import StackRecord, StackRecordError, read_own_stack

# How `paddock up` speaks to the program, for one run: {model: [groups of options that wait for a later stage]}, and the
# number of old catalog entries that stay at least.
HELD_BACK_VARIABLE = "PADDOCK_HELD_BACK"
KEEP_VARIABLE = "PADDOCK_KEEP"


def declare(project_dir: Path | None = None) -> None:
    """Declares every model of the stack and exports `endpoints`, `deployments`, `models`, `log_group`, `project`.

    Everything that can be wrong in the user's files is found before the first resource is declared; it ends the
    program with its message alone (`pulumi.RunError`).
    """
    without_debug_messages()
    root = (project_dir or Path.cwd()).resolve()
    try:
        record = read_own_stack()
        settings = _read_settings()
        models = stack_models(settings, root)
        artifacts = build_all(models, root / "artifacts")
        _declare_all(settings, models, artifacts, record, root)
    except (SettingsError, ArtifactBuilderError, PinError, StackRecordError) as error:
        raise pulumi.RunError(str(error)) from error


def _declare_all(
    settings: Settings,
    models: tuple[ModelYaml, ...],
    artifacts: tuple[Artifact, ...],
    record: StackRecord,
    root: Path,
) -> None:
    held_back: Mapping[str, list[str]] = json.loads(os.environ.get(HELD_BACK_VARIABLE) or "{}")
    opts = pulumi.ResourceOptions(protect=settings.protect or None)
    platform = _platform(settings, opts)
    if settings.iam is not None and settings.platform_stack is None:  # a fleet's policies are its platform's
        _declare_policies(settings, settings.iam, models_of_policies(settings, root, models), opts)
    secrets = _Secrets()
    services = {
        model.name: ModelService(
            model,
            artifact,
            platform=platform,
            project_dir=root,
            versions=_versions(settings, model.name, held_back),
            record=record,
            has_provenance=settings.has_provenance,
            alarms=settings.alarms,
            secret_variables=secrets.of(model),
            held_back=held_back.get(model.name, ()),
            tags=settings.tags,
            opts=opts,
        )
        for model, artifact in zip(models, artifacts, strict=True)
    }
    _export(platform, services)


def _platform(settings: Settings, opts: pulumi.ResourceOptions) -> ModelPlatform | SharedPlatform:
    if settings.platform_stack is not None:
        return SharedPlatform.of(settings.platform_stack, settings.compartment_id)
    return ModelPlatform(
        settings.project_name,
        compartment_id=settings.compartment_id,
        display_name=settings.project_name,
        private_endpoint_subnet_id=settings.private_endpoint_subnet_id,
        tags=settings.tags,
        opts=opts,
    )


def _declare_policies(
    settings: Settings, iam: IamSettings, models: tuple[ModelYaml, ...], opts: pulumi.ResourceOptions
) -> None:
    DeploymentPolicies(
        settings.project_name,
        plan=iam_plan(f"{settings.project_name}-{pulumi.get_stack()}-deployments", settings.compartment_id, models),
        tenancy_id=iam.tenancy_id,
        compartment_id=settings.compartment_id,
        opts=opts,
    )


def _versions(settings: Settings, model: str, held_back: Mapping[str, list[str]]) -> VersionChoice:
    is_held = option_groups.MODEL_GROUP in held_back.get(model, ())
    return VersionChoice(settings.keep, settings.pins.get(model), is_held)


def _export(platform: ModelPlatform | SharedPlatform, services: Mapping[str, ModelService]) -> None:
    pulumi.export("endpoints", {name: service.endpoint for name, service in services.items()})
    pulumi.export("deployments", {name: service.deployment_id for name, service in services.items()})
    pulumi.export(
        "models", {name: {"ocid": service.model_id, "digest": service.digest} for name, service in services.items()}
    )
    pulumi.export("log_group", platform.log_group_id)
    pulumi.export("project", platform.project_id)
    if platform.private_endpoint_id is not None:
        pulumi.export("private_endpoint", platform.private_endpoint_id)


class _Secrets:
    """The stack's secret map `paddock:secrets`, read when a model first asks for one."""

    def __init__(self) -> None:
        self._values: pulumi.Output[Mapping[str, Any]] | None = None

    def of(self, model: ModelYaml) -> dict[str, pulumi.Output[str]]:
        """The model's secret environment variables."""
        return {name: self._value(model.name, key) for name, key in model.deployment.secrets.items()}

    def _value(self, model: str, key: str) -> pulumi.Output[str]:
        if self._values is None:
            self._values = pulumi.Config("paddock").get_secret_object(SECRETS_KEY) or pulumi.Output.secret({})

        def pick(values: Mapping[str, Any]) -> str:
            if key not in values:
                raise pulumi.RunError(
                    f"models/{model}: deployment.secrets names {key}, which the stack does not have; set it with "
                    f"`pulumi config set --secret --path paddock:{SECRETS_KEY}.{key}`"
                )
            return str(values[key])

        return self._values.apply(pick)


def _read_settings() -> Settings:
    config = pulumi.Config("paddock")
    read: dict[str, Callable[[str], Any]] = {
        "text": config.get,
        "boolean": config.get_bool,
        "number": config.get_int,
        "object": config.get_object,
    }
    values = {key: read[kind](key) for key, kind in KEYS.items()}
    given = {key: value for key, value in values.items() if value is not None}
    settings = settings_from(given, f"Pulumi.{pulumi.get_stack()}.yaml")
    least = int(os.environ.get(KEEP_VARIABLE) or 0)
    return replace(settings, keep=max(settings.keep, least))
