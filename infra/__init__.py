"""Pulumi components of Paddock, and the plans behind them: the only room that declares resources.

The components are imported on first use: the command line reads settings and plans from this room and has no need of
Pulumi's SDK, which takes 0.4 s to import.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.load_balancer_config import LoadBalancerConfig
    from infra.model_platform import ModelPlatform
    from infra.model_service import ModelService

__all__ = ["LoadBalancerConfig", "ModelPlatform", "ModelService"]

_HOMES = {
    "LoadBalancerConfig": "infra.load_balancer_config",
    "ModelPlatform": "infra.model_platform",
    "ModelService": "infra.model_service",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'infra' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)
