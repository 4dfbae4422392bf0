"""The logs of one model deployment."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pulumi
from pulumi_oci import logging

from artifact_builder import Log
from infra import component_options, deployment_plan

CATEGORIES = ("access", "predict")


class LoggingGroup(pulumi.ComponentResource):
    """A deployment's access and predict logs, in a log group that is given or made here.

    `log_group_id`: OCID of the group; None makes one in `compartment_id`. `access`, `predict`: whether OCI's two
    categories of deployment logs are written (OCI.md §4.1), or which log they are written to. `given`: categories that
    the deployment has a log of the stack's for already; it can't be taken away again (Terraform's provider keeps what a
    program no longer says), so one that is not wanted any more is disabled. Outputs: `log_group_id` and `logs`, the
    logs that are made here by category.
    """

    log_group_id: pulumi.Output[str]
    logs: Mapping[str, logging.Log]

    def __init__(
        self,
        name: str,
        *,
        log_group_id: pulumi.Input[str] | None = None,
        compartment_id: pulumi.Input[str] | None = None,
        access: bool | Log = True,
        predict: bool | Log = True,
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
        self.log_group_id = pulumi.Output.from_input(log_group_id)
        wanted = {"access": access, "predict": predict}
        inner = component_options.handed_on(self, opts)
        self.logs = {
            category: _log(f"{name}-{category}", log, log_group_id, freeform_tags, inner)
            for category, log in wanted.items()
            if (log or category in given) and not _is_others(log)
        }
        self._others = {
            category: (log.log_group_id, log.log_id)
            for category, log in wanted.items()
            if isinstance(log, Log) and log.log_id is not None
        }
        ids = {category: log.id for category, log in self.logs.items()}
        self.register_outputs({"logGroupId": self.log_group_id, "logIds": ids})

    @property
    def category_log_details(self) -> dict[str, Any] | None:
        """`category_log_details` of a `ModelDeployment`; None where nothing is logged."""
        own = {category: (log.log_group_id, log.id) for category, log in self.logs.items()}
        return deployment_plan.log_details({**own, **self._others})


def _is_others(log: bool | Log) -> bool:  # noqa: FBT001 - model.yaml's own type
    return isinstance(log, Log) and log.log_id is not None


def _log(
    name: str,
    declared: bool | Log,  # noqa: FBT001 - model.yaml's own type
    log_group_id: pulumi.Input[str],
    freeform_tags: dict[str, str] | None,
    opts: pulumi.ResourceOptions,
) -> logging.Log:
    """Type CUSTOM is what Oracle's own client makes for a deployment's logs (OCI.md §4.1)."""
    before = declared if isinstance(declared, Log) else None
    return logging.Log(
        name,
        log_group_id=before.log_group_id if before else log_group_id,
        display_name=(before.display_name if before else None) or name,
        log_type=before.log_type if before else "CUSTOM",
        is_enabled=bool(declared),
        freeform_tags=freeform_tags,
        opts=opts,
    )
