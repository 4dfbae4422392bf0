"""Resources carry the tags that are required."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .resource import LOG, MODEL, MODEL_DEPLOYMENT, NOT_YET_KNOWN, Resource
from .rule import ResourceRule, Settings
from .violation import Undecided, Violation

# What a model's stack is made of, and has free-form tags.
_TAGGED = [
    MODEL,
    MODEL_DEPLOYMENT,
    LOG,
    "oci:DataScience/modelVersionSet:ModelVersionSet",
    "oci:DataScience/privateEndpoint:PrivateEndpoint",
    "oci:DataScience/project:Project",
    "oci:Identity/dynamicGroup:DynamicGroup",
    "oci:Identity/policy:Policy",
    "oci:Logging/logGroup:LogGroup",
    "oci:Monitoring/alarm:Alarm",
]


def missing_tags(resource: Resource, settings: Settings) -> Iterator[Violation | Undecided]:
    """One violation for each key that is missing or blank; `Namespace.key` is a defined tag."""
    if resource.type not in settings["types"]:
        return
    for key in settings["requiredTags"]:
        place = "definedTags" if "." in key else "freeformTags"
        tags = resource.value(place)
        value = tags.get(key) if isinstance(tags, Mapping) else tags
        if value is NOT_YET_KNOWN:
            if tags is NOT_YET_KNOWN:
                yield Undecided(resource, place)
            continue
        if not str(value or "").strip():
            yield Violation(
                resource,
                f"{place}[{key}]",
                "set",
                "none" if value is None else repr(value),
                f"Add the tag {key} (for all of a stack: paddock:tags; for a model: tags in model.yaml).",
            )


REQUIRED_TAGS = ResourceRule(
    name="required-tags",
    description="Resources carry the required tags.",
    level="mandatory",
    check=missing_tags,
    types=None,
    settings={
        "requiredTags": {"type": "array", "items": {"type": "string", "minLength": 1}, "default": []},
        "types": {"type": "array", "items": {"type": "string"}, "default": _TAGGED},
    },
)
