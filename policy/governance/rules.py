"""All rules, in the order in which they are told."""

from __future__ import annotations

from .budget import BUDGET
from .environment import PINNED_ENVIRONMENT, PINNED_IMAGE
from .logs import LOGS_ENABLED, LOGS_ON
from .network import PRIVATE_OR_JUSTIFIED
from .protection import PROTECT_IN_PRODUCTION
from .rule import Rule
from .schema import SCHEMA_PRESENT
from .shape import SHAPE_BOUNDS
from .tags import REQUIRED_TAGS

RULES: tuple[Rule, ...] = (
    LOGS_ON,
    LOGS_ENABLED,
    PRIVATE_OR_JUSTIFIED,
    SHAPE_BOUNDS,
    BUDGET,
    PINNED_ENVIRONMENT,
    PINNED_IMAGE,
    SCHEMA_PRESENT,
    REQUIRED_TAGS,
    PROTECT_IN_PRODUCTION,
)
