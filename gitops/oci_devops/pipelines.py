"""Paddock on OCI DevOps: what is pushed to main is rehearsed, previewed and kept; once approved, a shell applies it.

    build pipeline   BUILD (build_spec.yaml) → DELIVER_ARTIFACT → TRIGGER_DEPLOYMENT_PIPELINE
    deploy pipeline  MANUAL_APPROVAL → SHELL (command_spec.yaml)

Everything signs in as the pipelines' own resource principals: there is no key anywhere. What the pipelines' dynamic
group must be allowed is in docs/gitops-oci-devops.md. Words of a type are Oracle's (docs.oracle.com, "DevOps").
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

import pulumi
from pulumi_oci import devops

# The stage's shape is the smallest that builds two models side by side.
_OCPUS = 2
_MEMORY_GBS = 16
_BUNDLE = "paddock-bundle"
_MAIN = "main"


@dataclass(frozen=True)
class Wiring:
    """What is there already, by OCID, and where the state is. `stack`: the one that is deployed."""

    project_id: str
    repository_id: str
    repository_url: str
    registry_id: str
    compartment_id: str
    subnet_id: str
    backend_url: str
    passphrase_secret_id: str
    stack: str

    @property
    def parameters(self) -> dict[str, str]:
        """What both pipelines hand to their scripts. The secret itself is read there, from the vault."""
        return {
            "STACK": self.stack,
            "STATE_URL": self.backend_url,
            "PASSPHRASE_SECRET": self.passphrase_secret_id,
        }


class Pipelines(pulumi.ComponentResource):
    """Both pipelines and the trigger; `build` and `deploy` are the pipelines themselves."""

    build: devops.BuildPipeline
    deploy: devops.DeployPipeline

    def __init__(
        self, name: str, wiring: Wiring, *, command_spec: str, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("paddock:gitops:Pipelines", name, None, opts)
        self._name, self._wiring = name, wiring
        self._own = pulumi.ResourceOptions(parent=self)
        self.deploy = self._declare_deploy(command_spec)
        self.build = self._declare_build()
        self._declare_trigger()
        self.register_outputs({"build": self.build.id, "deploy": self.deploy.id})

    def _declare_deploy(self, command_spec: str) -> devops.DeployPipeline:
        items = [
            devops.DeployPipelineDeployPipelineParametersItemArgs(name=name, default_value=value)
            for name, value in {**self._wiring.parameters, "BUNDLE_VERSION": "latest"}.items()
        ]
        pipeline = devops.DeployPipeline(
            f"{self._name}-up",
            project_id=self._wiring.project_id,
            display_name=f"{self._name}-up",
            deploy_pipeline_parameters=devops.DeployPipelineDeployPipelineParametersArgs(items=items),
            opts=self._own,
        )
        approval = devops.DeployStage(
            f"{self._name}-approval",
            deploy_pipeline_id=pipeline.id,
            display_name="Approve what the preview shows",
            deploy_stage_type="MANUAL_APPROVAL",
            approval_policy=devops.DeployStageApprovalPolicyArgs(
                approval_policy_type="COUNT_BASED_APPROVAL", number_of_approvals_required=1
            ),
            deploy_stage_predecessor_collection=_after(pipeline.id),
            opts=self._own,
        )
        self._declare_shell(pipeline, approval, command_spec)
        return pipeline

    def _declare_shell(self, pipeline: devops.DeployPipeline, approval: devops.DeployStage, command_spec: str) -> None:
        told = command_spec.replace("REGISTRY_ID", self._wiring.registry_id)
        specification = devops.DeployArtifact(
            f"{self._name}-command-spec",
            project_id=self._wiring.project_id,
            display_name=f"{self._name}-command-spec",
            deploy_artifact_type="COMMAND_SPEC",
            argument_substitution_mode="SUBSTITUTE_PLACEHOLDERS",
            deploy_artifact_source=devops.DeployArtifactDeployArtifactSourceArgs(
                deploy_artifact_source_type="INLINE",
                base64encoded_content=base64.b64encode(told.encode()).decode(),
            ),
            opts=self._own,
        )
        devops.DeployStage(
            f"{self._name}-shell",
            deploy_pipeline_id=pipeline.id,
            display_name="Up, check, roll back on failure",
            deploy_stage_type="SHELL",
            command_spec_deploy_artifact_id=specification.id,
            timeout_in_seconds=3600,
            container_config=devops.DeployStageContainerConfigArgs(
                container_config_type="CONTAINER_INSTANCE_CONFIG",
                compartment_id=self._wiring.compartment_id,
                shape_name="CI.Standard.E4.Flex",
                shape_config=devops.DeployStageContainerConfigShapeConfigArgs(ocpus=_OCPUS, memory_in_gbs=_MEMORY_GBS),
                network_channel=devops.DeployStageContainerConfigNetworkChannelArgs(
                    network_channel_type="SERVICE_VNIC_CHANNEL", subnet_id=self._wiring.subnet_id
                ),
            ),
            deploy_stage_predecessor_collection=_after(approval.id),
            opts=self._own,
        )

    def _declare_build(self) -> devops.BuildPipeline:
        items = [
            devops.BuildPipelineBuildPipelineParametersItemArgs(name=name, default_value=value)
            for name, value in self._wiring.parameters.items()
        ]
        pipeline = devops.BuildPipeline(
            f"{self._name}-build",
            project_id=self._wiring.project_id,
            display_name=f"{self._name}-build",
            build_pipeline_parameters=devops.BuildPipelineBuildPipelineParametersArgs(items=items),
            opts=self._own,
        )
        managed = self._declare_managed_build(pipeline)
        delivered = self._declare_delivery(pipeline, managed)
        devops.BuildPipelineStage(
            f"{self._name}-hand-over",
            build_pipeline_id=pipeline.id,
            display_name="Hand over to the deployment",
            build_pipeline_stage_type="TRIGGER_DEPLOYMENT_PIPELINE",
            deploy_pipeline_id=self.deploy.id,
            is_pass_all_parameters_enabled=True,
            build_pipeline_stage_predecessor_collection=_then(delivered.id),
            opts=self._own,
        )
        return pipeline

    def _declare_managed_build(self, pipeline: devops.BuildPipeline) -> devops.BuildPipelineStage:
        source = devops.BuildPipelineStageBuildSourceCollectionItemArgs(
            name=_MAIN,
            branch=_MAIN,
            connection_type="DEVOPS_CODE_REPOSITORY",
            repository_id=self._wiring.repository_id,
            repository_url=self._wiring.repository_url,
        )
        return devops.BuildPipelineStage(
            f"{self._name}-rehearse-and-preview",
            build_pipeline_id=pipeline.id,
            display_name="Rehearse and preview",
            build_pipeline_stage_type="BUILD",
            image="OL8_X86_64_STANDARD_10",
            build_spec_file="gitops/oci_devops/build_spec.yaml",
            primary_build_source=_MAIN,
            stage_execution_timeout_in_seconds=3600,
            build_runner_shape_config=devops.BuildPipelineStageBuildRunnerShapeConfigArgs(
                build_runner_type="CUSTOM", ocpus=_OCPUS, memory_in_gbs=_MEMORY_GBS
            ),
            build_source_collection=devops.BuildPipelineStageBuildSourceCollectionArgs(items=[source]),
            build_pipeline_stage_predecessor_collection=_then(pipeline.id),
            opts=self._own,
        )

    def _declare_delivery(
        self, pipeline: devops.BuildPipeline, managed: devops.BuildPipelineStage
    ) -> devops.BuildPipelineStage:
        bundle = devops.DeployArtifact(
            f"{self._name}-bundle",
            project_id=self._wiring.project_id,
            display_name=_BUNDLE,
            deploy_artifact_type="GENERIC_FILE",
            argument_substitution_mode="SUBSTITUTE_PLACEHOLDERS",
            deploy_artifact_source=devops.DeployArtifactDeployArtifactSourceArgs(
                deploy_artifact_source_type="GENERIC_ARTIFACT",
                repository_id=self._wiring.registry_id,
                deploy_artifact_path="paddock/bundle.tar.gz",
                deploy_artifact_version="${BUNDLE_VERSION}",
            ),
            opts=self._own,
        )
        delivered = devops.BuildPipelineStageDeliverArtifactCollectionItemArgs(
            artifact_id=bundle.id, artifact_name="bundle"
        )
        return devops.BuildPipelineStage(
            f"{self._name}-keep",
            build_pipeline_id=pipeline.id,
            display_name="Keep what was previewed",
            build_pipeline_stage_type="DELIVER_ARTIFACT",
            deliver_artifact_collection=devops.BuildPipelineStageDeliverArtifactCollectionArgs(items=[delivered]),
            build_pipeline_stage_predecessor_collection=_then(managed.id),
            opts=self._own,
        )

    def _declare_trigger(self) -> None:
        on_main = devops.TriggerActionFilterArgs(
            trigger_source="DEVOPS_CODE_REPOSITORY",
            events=["PUSH"],
            include=devops.TriggerActionFilterIncludeArgs(head_ref=_MAIN),
        )
        devops.Trigger(
            f"{self._name}-on-push",
            project_id=self._wiring.project_id,
            display_name=f"{self._name}-on-push",
            trigger_source="DEVOPS_CODE_REPOSITORY",
            repository_id=self._wiring.repository_id,
            actions=[
                devops.TriggerActionArgs(build_pipeline_id=self.build.id, type="TRIGGER_BUILD_PIPELINE", filter=on_main)
            ],
            opts=self._own,
        )


def _after(stage_id: pulumi.Input[str]) -> devops.DeployStageDeployStagePredecessorCollectionArgs:
    """A stage's place: after another, or, by the pipeline's own OCID, first."""
    item = devops.DeployStageDeployStagePredecessorCollectionItemArgs(id=stage_id)
    return devops.DeployStageDeployStagePredecessorCollectionArgs(items=[item])


def _then(stage_id: pulumi.Input[str]) -> devops.BuildPipelineStageBuildPipelineStagePredecessorCollectionArgs:
    """A build stage's place: after another, or, by the pipeline's own OCID, first."""
    item = devops.BuildPipelineStageBuildPipelineStagePredecessorCollectionItemArgs(id=stage_id)
    return devops.BuildPipelineStageBuildPipelineStagePredecessorCollectionArgs(items=[item])
