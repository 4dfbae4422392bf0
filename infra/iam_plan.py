"""What a model deployment itself may do: its dynamic group and the least policy it needs. Pure, no Pulumi inside.

Source: Oracle's pages "Model Deployment Policies" and "Model Deployments: resource principals". A deployment that only
serves an artifact with a service conda pack needs no policy to be created, logs need `use log-content`, a published
environment needs its bucket, a container its repository.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from artifact_builder import ModelYaml
from infra.configuration_reader import ConfigurationReader

_PUBLISHED_ENVIRONMENT = re.compile(r"oci://(?P<bucket>[^@/\s]+)@")


@dataclass(frozen=True)
class IamSettings:
    """`paddock:iam`. Dynamic groups and their policies live in the tenancy: its OCID is needed."""

    tenancy_id: str


@dataclass(frozen=True)
class IamPlan:
    """A dynamic group's matching rule and its policy's statements; `group` is the group's name."""

    group: str
    matching_rule: str
    statements: tuple[str, ...]


def iam_settings(read: ConfigurationReader) -> IamSettings | None:
    """Reads `paddock:iam`; None where there is none."""
    section = read.section("iam", {"tenancyId"})
    if section is None:
        return None
    words = "must be the OCID of the tenancy (ocid1.tenancy.…), which dynamic groups belong to"
    return IamSettings(tenancy_id=section.ocid("tenancyId", words, is_required=True) or "")


def iam_plan(group: str, compartment_id: str, models: Iterable[ModelYaml]) -> IamPlan:
    """The group of all model deployments of the compartment, and only what these models need."""
    models = tuple(models)
    where = f"in compartment id {compartment_id}"
    statements = []
    if any(model.deployment.logs.access or model.deployment.logs.predict for model in models):
        statements.append(f"Allow dynamic-group {group} to use log-content {where}")
    statements += [
        f"Allow dynamic-group {group} to read objects {where} where target.bucket.name = '{bucket}'"
        for bucket in sorted(_buckets(models))
    ]
    if any(model.deployment.container for model in models):
        statements.append(f"Allow dynamic-group {group} to read repos {where}")
    rule = f"ALL {{resource.type = 'datasciencemodeldeployment', resource.compartment.id = '{compartment_id}'}}"
    return IamPlan(group, rule, tuple(statements))


def _buckets(models: Iterable[ModelYaml]) -> set[str]:
    """Buckets that published conda environments are read from."""
    found = (_PUBLISHED_ENVIRONMENT.match(model.conda_env or "") for model in models)
    return {match["bucket"] for match in found if match}
