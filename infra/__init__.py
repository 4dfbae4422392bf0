"""Pulumi components of Paddock, and the plans behind them: the only room that declares resources."""

from infra.load_balancer_config import LoadBalancerConfig
from infra.model_platform import ModelPlatform
from infra.model_service import ModelService

__all__ = ["LoadBalancerConfig", "ModelPlatform", "ModelService"]
