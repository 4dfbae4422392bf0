"""What serves production cannot be deleted by a slip: Pulumi's `protect` is on."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from .resource import MODEL, MODEL_DEPLOYMENT, Resource
from .rule import ResourceRule, Settings
from .violation import Violation


def unprotected(resource: Resource, settings: Settings) -> Iterator[Violation]:
    """A violation where the stack's name matches a production pattern and `protect` is off."""
    is_production = any(fnmatchcase(resource.stack, pattern) for pattern in settings["productionStacks"])
    if is_production and resource.type in settings["types"] and not resource.is_protected:
        yield Violation(
            resource,
            "the resource option protect",
            f"true in the production stack {resource.stack}",
            "false",
            "Set it: `pulumi config set paddock:protect true`, or ResourceOptions(protect=True) in your own program.",
        )


PROTECT_IN_PRODUCTION = ResourceRule(
    name="protect-in-production",
    description="Models and model deployments of production stacks are protected from deletion.",
    level="advisory",
    check=unprotected,
    types=None,
    settings={
        "productionStacks": {
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "default": ["prod", "production", "prod-*", "production-*", "*-prod", "*-production"],
        },
        "types": {"type": "array", "items": {"type": "string"}, "default": [MODEL, MODEL_DEPLOYMENT]},
    },
)
