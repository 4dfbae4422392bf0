"""What all models of a stack share: the Data Science project, the log group, and what is asked for besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_oci import datascience, logging

from infra import component_options


class ModelPlatform(pulumi.ComponentResource):
    """A Data Science project and a log group of the same display name, in one compartment.

    `private_endpoint_subnet_id`: OCID of a subnet in which a private endpoint for model deployments is made; None:
    there is none. Outputs: `project_id`, `log_group_id`, `private_endpoint_id` (or None), `compartment_id`.
    """

    project: datascience.Project
    log_group: logging.LogGroup
    compartment_id: pulumi.Input[str]
    project_id: pulumi.Output[str]
    log_group_id: pulumi.Output[str]
    private_endpoint_id: pulumi.Output[str] | None

    def __init__(
        self,
        name: str,
        *,
        compartment_id: pulumi.Input[str],
        display_name: str | None = None,
        private_endpoint_subnet_id: pulumi.Input[str] | None = None,
        tags: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        component_options.refuse_import(f"ModelPlatform {name}", opts, "`pulumi import` each of its resources")
        super().__init__("paddock:infra:ModelPlatform", name, None, component_options.kept(opts))
        child = component_options.handed_on(self, opts)
        self.compartment_id = compartment_id
        shown = display_name or name
        freeform_tags = dict(tags) if tags else None
        self.project = datascience.Project(
            name,
            compartment_id=compartment_id,
            display_name=shown,
            description="Models that Paddock deploys",
            freeform_tags=freeform_tags,
            opts=child,
        )
        self.log_group = logging.LogGroup(
            name,
            compartment_id=compartment_id,
            display_name=shown,
            description="Access and predict logs of the models that Paddock deploys",
            freeform_tags=freeform_tags,
            opts=child,
        )
        self.private_endpoint_id = None
        if private_endpoint_subnet_id is not None:
            self.private_endpoint_id = datascience.PrivateEndpoint(
                name,
                compartment_id=compartment_id,
                data_science_resource_type="MODEL_DEPLOYMENT",
                subnet_id=private_endpoint_subnet_id,
                display_name=shown,
                freeform_tags=freeform_tags,
                opts=child,
            ).id
        self.project_id, self.log_group_id = self.project.id, self.log_group.id
        self.register_outputs({"project": self.project_id, "logGroup": self.log_group_id})


@dataclass(frozen=True)
class SharedPlatform:
    """A platform that another stack made, read from its outputs."""

    compartment_id: pulumi.Input[str]
    project_id: pulumi.Output[str]
    log_group_id: pulumi.Output[str]
    private_endpoint_id: pulumi.Output[str] | None = None

    @classmethod
    def of(cls, stack: str, compartment_id: pulumi.Input[str]) -> SharedPlatform:
        """`stack`: its name as `pulumi.StackReference` takes it; it must have been applied before."""
        reference = pulumi.StackReference(stack)
        return cls(
            compartment_id,
            reference.require_output("project"),
            reference.require_output("log_group"),
            reference.get_output("private_endpoint"),  # resolves to None where there is none
        )
