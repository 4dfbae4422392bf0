"""The logs of one model deployment."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pulumi
from pulumi_oci import logging

from infra import component_options, deployment_plan

CATEGORIES = ("access", "predict")


class LoggingGroup(pulumi.ComponentResource):
    """A deployment's access and predict logs, in a log group that is given or made here.

    `log_group_id`: OCID of the group; None makes one in `compartment_id`. `access`, `predict`: whether OCI's two
    categories of deployment logs are written (OCI.md §4.1). `given`: categories that the deployment has a log for
    already; it can't be taken away again (Terraform's provider keeps what a program no longer says), so one that is not
    wanted any more is disabled. Outputs: `log_group_id` and `logs`, each category's log.
    """

    log_group_id: pulumi.Output[str]
    logs: Mapping[str, logging.Log]

    def __init__(
        self,
        name: str,
        *,
        log_group_id: pulumi.Input[str] | None = None,
        compartment_id: pulumi.Input[str] | None = None,
        access: bool = True,
        predict: bool = True,
        given: Collection[str] = (),
        tags: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        if log_group_id is None and compartment_id is None:
            raise ValueError(
                f"LoggingGroup {name}: give log_group_id, or compartment_id to have a log group made there"
            )
        component_options.refuse_import(f"LoggingGroup {name}", opts, "`pulumi import` each log")
        super().__init__("paddock:infra:LoggingGroup", name, None, component_options.kept(opts))
        freeform_tags = dict(tags) if tags else None
        if log_group_id is None:
            log_group_id = logging.LogGroup(
                name,
                compartment_id=compartment_id,
                display_name=name,
                freeform_tags=freeform_tags,
                opts=component_options.handed_on(self, opts),
            ).id
        # Type CUSTOM is what Oracle's own client makes for a deployment's logs (OCI.md §4.1).
        self.logs = {
            category: logging.Log(
                f"{name}-{category}",
                log_group_id=log_group_id,
                display_name=f"{name}-{category}",
                log_type="CUSTOM",
                is_enabled=is_wanted,
                freeform_tags=freeform_tags,
                opts=component_options.handed_on(self, opts),
            )
            for category, is_wanted in zip(CATEGORIES, (access, predict), strict=True)
            if is_wanted or category in given
        }
        self.log_group_id = pulumi.Output.from_input(log_group_id)
        ids = {category: log.id for category, log in self.logs.items()}
        self.register_outputs({"logGroupId": self.log_group_id, "logIds": ids})

    @property
    def category_log_details(self) -> dict[str, Any] | None:
        """`category_log_details` of a `ModelDeployment`; None where nothing is logged."""
        return deployment_plan.log_details({key: log.id for key, log in self.logs.items()}, self.log_group_id)
