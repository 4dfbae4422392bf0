"""Where a model service lives: what model.yaml says, else the caller, else the stack's platform."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from artifact_builder import ModelYaml
from infra.model_platform import ModelPlatform, SharedPlatform


@dataclass(frozen=True)
class ModelPlace:
    """OCIDs, some of which the engine does not know yet; `log_group_id` None: the logs have a group of their own."""

    compartment_id: pulumi.Input[str]
    project_id: pulumi.Input[str]
    log_group_id: pulumi.Input[str] | None
    private_endpoint_id: pulumi.Input[str] | None = None

    @classmethod
    def of(
        cls,
        model: ModelYaml,
        platform: ModelPlatform | SharedPlatform | None,
        compartment_id: pulumi.Input[str] | None,
        project_id: pulumi.Input[str] | None,
        log_group_id: pulumi.Input[str] | None,
    ) -> ModelPlace:
        """Raises ValueError where neither says the compartment or the project."""
        compartment_id = model.deployment.compartment_id or compartment_id
        project_id = model.deployment.project_id or project_id
        if platform is not None:
            return cls(
                compartment_id or platform.compartment_id,
                project_id or platform.project_id,
                log_group_id or platform.log_group_id,
                platform.private_endpoint_id,
            )
        if compartment_id is None or project_id is None:
            raise ValueError(f"ModelService {model.name}: give a platform, or compartment_id and project_id")
        return cls(compartment_id, project_id, log_group_id)
