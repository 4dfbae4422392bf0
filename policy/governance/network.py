"""An endpoint is private, or says why it is public.

Requests come in privately through a Data Science private endpoint, and only so: `subnetId` and `networkAccessType` are
about what goes out (OCI's ModelDeployment, InstanceConfiguration).
"""

from __future__ import annotations

from collections.abc import Iterator

from .deployment import INSTANCE_CONFIGURATIONS
from .resource import MODEL_DEPLOYMENT, NOT_YET_KNOWN, Resource
from .rule import ResourceRule, Settings
from .violation import Violation


def public_without_reason(deployment: Resource, settings: Settings) -> Iterator[Violation]:
    """A violation where there is neither a private endpoint nor a reason in the tag."""
    if any(deployment.value(f"{path}.privateEndpointId") is not None for path in INSTANCE_CONFIGURATIONS):
        return
    tag = settings["justificationTag"]
    tags = deployment.value("freeformTags")
    reason = tags.get(tag) if isinstance(tags, dict) else tags
    if reason is NOT_YET_KNOWN or (isinstance(reason, str) and reason.strip()):
        return
    outgoing = next((key for key in ("subnetId", "networkAccessType") if _has(deployment, key)), None)
    found = "a public endpoint without a reason"
    if outgoing is not None:
        found += f" ({outgoing} is about what goes out, not about who can call it)"
    yield Violation(
        deployment,
        "instanceConfiguration.privateEndpointId",
        f"set, or a reason given in the free-form tag {tag}",
        found,
        f"Name a private endpoint, or write the reason: freeformTags: {{{tag}: …}} (model.yaml: tags).",
    )


def _has(deployment: Resource, key: str) -> bool:
    return any(deployment.value(f"{path}.{key}") is not None for path in INSTANCE_CONFIGURATIONS)


PRIVATE_OR_JUSTIFIED = ResourceRule(
    name="private-or-justified",
    description="A model deployment is private, or its tags say why it is public.",
    level="advisory",
    check=public_without_reason,
    types=frozenset({MODEL_DEPLOYMENT}),
    settings={"justificationTag": {"type": "string", "minLength": 1, "default": "public-justification"}},
)
