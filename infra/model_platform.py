"""What all models of a stack share: the Data Science project and the logging group."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_oci import datascience, logging


class ModelPlatform(pulumi.ComponentResource):
    """A Data Science project and a log group of the same display name, in one compartment."""

    project: datascience.Project
    log_group: logging.LogGroup
    compartment_id: pulumi.Input[str]

    def __init__(
        self,
        name: str,
        *,
        compartment_id: pulumi.Input[str],
        display_name: str,
        tags: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("paddock:infra:ModelPlatform", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.compartment_id = compartment_id
        freeform_tags = dict(tags) if tags else None
        self.project = datascience.Project(
            name,
            compartment_id=compartment_id,
            display_name=display_name,
            description="Models that Paddock deploys",
            freeform_tags=freeform_tags,
            opts=child,
        )
        self.log_group = logging.LogGroup(
            name,
            compartment_id=compartment_id,
            display_name=display_name,
            description="Access and predict logs of the models that Paddock deploys",
            freeform_tags=freeform_tags,
            opts=child,
        )
        self.register_outputs({"project": self.project.id, "logGroup": self.log_group.id})
