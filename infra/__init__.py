"""Pulumi components of Paddock, and the plans behind them: the only room that declares resources.

The components are imported on first use: the command line reads settings and plans from this room and has no need of
Pulumi's SDK, which takes 0.4 s to import.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.deployment_policies import DeploymentPolicies
    from infra.load_balancer_config import LoadBalancerConfig
    from infra.logging_group import LoggingGroup
    from infra.model_alarms import ModelAlarms
    from infra.model_catalog_entry import ModelCatalogEntry
    from infra.model_deployment import ModelDeployment
    from infra.model_platform import ModelPlatform
    from infra.model_service import ModelService

__all__ = [
    "DeploymentPolicies",
    "LoadBalancerConfig",
    "LoggingGroup",
    "ModelAlarms",
    "ModelCatalogEntry",
    "ModelDeployment",
    "ModelPlatform",
    "ModelService",
]

_HOMES = {
    "DeploymentPolicies": "infra.deployment_policies",
    "LoadBalancerConfig": "infra.load_balancer_config",
    "LoggingGroup": "infra.logging_group",
    "ModelAlarms": "infra.model_alarms",
    "ModelCatalogEntry": "infra.model_catalog_entry",
    "ModelDeployment": "infra.model_deployment",
    "ModelPlatform": "infra.model_platform",
    "ModelService": "infra.model_service",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'infra' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)
