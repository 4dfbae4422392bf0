"""One model as a service: its catalog entry, its logs, its load balancer's configuration, its deployment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pulumi
from pulumi_oci import datascience, logging

from artifact_builder import Artifact, ModelYaml
from infra import catalog_entry_plan, deployment_plan
from infra.load_balancer_config import LoadBalancerConfig
from infra.model_platform import ModelPlatform


class ModelService(pulumi.ComponentResource):
    """A model's endpoint and all that it needs.

    Every child carries the model's name, whatever its content: a retrained model gets a new catalog entry (replace),
    its deployment moves to it in place (update), and only then the old entry goes.
    """

    catalog_entry: datascience.Model
    deployment: datascience.ModelDeployment
    load_balancer: LoadBalancerConfig
    endpoint: pulumi.Output[str]

    def __init__(
        self,
        model: ModelYaml,
        artifact: Artifact,
        *,
        platform: ModelPlatform,
        project_dir: Path,
        tags: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("paddock:infra:ModelService", model.name, None, opts)
        user_tags = {**(tags or {}), **model.tags}
        self.catalog_entry = self._declare_catalog_entry(model, artifact, platform, project_dir, user_tags)
        self.load_balancer = LoadBalancerConfig(
            model.name,
            bandwidth_mbps=model.deployment.load_balancer.bandwidth_mbps,
            maximum_bandwidth_mbps=model.deployment.load_balancer.maximum_bandwidth_mbps,
            opts=pulumi.ResourceOptions(parent=self),
        )
        logs = self._declare_logs(model, platform, user_tags)
        self.deployment = self._declare_deployment(model, platform, logs, user_tags)
        self.endpoint = pulumi.Output.concat(self.deployment.model_deployment_url, "/predict")
        self.register_outputs({"endpoint": self.endpoint, "modelId": self.catalog_entry.id})

    def _declare_catalog_entry(
        self,
        model: ModelYaml,
        artifact: Artifact,
        platform: ModelPlatform,
        project_dir: Path,
        user_tags: Mapping[str, str],
    ) -> datascience.Model:
        return datascience.Model(
            model.name,
            compartment_id=platform.compartment_id,
            project_id=platform.project.id,
            display_name=model.name,
            description=model.description or None,
            freeform_tags=catalog_entry_plan.tags(artifact, user_tags),
            **catalog_entry_plan.artifact_arguments(artifact, project_dir),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _declare_logs(
        self, model: ModelYaml, platform: ModelPlatform, user_tags: Mapping[str, str]
    ) -> dict[str, logging.Log]:
        # Type CUSTOM is what Oracle's own client makes for a deployment's logs (OCI.md §4.1).
        wanted = {"access": model.deployment.logs.access, "predict": model.deployment.logs.predict}
        return {
            category: logging.Log(
                f"{model.name}-{category}",
                log_group_id=platform.log_group.id,
                display_name=f"{model.name}-{category}",
                log_type="CUSTOM",
                is_enabled=True,
                freeform_tags=dict(user_tags) or None,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for category, is_wanted in wanted.items()
            if is_wanted
        }

    def _declare_deployment(
        self,
        model: ModelYaml,
        platform: ModelPlatform,
        logs: Mapping[str, logging.Log],
        user_tags: Mapping[str, str],
    ) -> datascience.ModelDeployment:
        return datascience.ModelDeployment(
            model.name,
            compartment_id=platform.compartment_id,
            project_id=platform.project.id,
            display_name=model.name,
            description=model.description or None,
            state=model.deployment.state,
            freeform_tags=dict(user_tags) or None,
            model_deployment_configuration_details=deployment_plan.configuration_details(
                model.deployment, self.catalog_entry.id
            ),
            category_log_details=deployment_plan.log_details(
                {category: log.id for category, log in logs.items()}, platform.log_group.id
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
