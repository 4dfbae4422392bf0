"""Defined tags that are not the program's (`oci:ignoreDefinedTags`): neither shown as drift, nor set, nor taken away.

As in Terraform's provider each entry is one tag, `namespace.key`, its letters' case aside; `Oracle-Tags.CreatedBy` and
`Oracle-Tags.CreatedOn` are those that OCI sets by default. A namespace alone names no tag.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from oci_provider.errors import ConfigurationError
from oci_provider.schema import Fields, Type

KEY: Final = "ignoreDefinedTags"


def keys(told: Any) -> frozenset[str]:
    """Return the tags of a configuration's value, a list or its JSON (as Pulumi's SDKs send it), in small letters."""
    if told in (None, ""):
        return frozenset()
    try:
        entries = json.loads(told) if isinstance(told, str) else told
    except ValueError:
        entries = None
    if not isinstance(entries, list) or not all(isinstance(one, str) and all(one.partition(".")) for one in entries):
        raise ConfigurationError(
            f'oci:{KEY}: expected a list of tags, such as ["Oracle-Tags.CreatedBy","Oracle-Tags.CreatedOn"], '
            f"found {told!r}"
        )
    return frozenset(one.lower() for one in entries)


def as_they_are(
    fields: Fields, news: Mapping[str, Any], olds: Mapping[str, Any], ignored: frozenset[str]
) -> dict[str, Any]:
    """Return a program's inputs with the ignored tags as the state has them, and without those that it has not."""
    held = dict(news)
    for one in fields.all:
        tags = held.get(one.name)
        if ignored and one.type is Type.DEFINED_TAGS and isinstance(tags, dict):
            theirs = {key: tag for key, tag in (olds.get(one.name) or {}).items() if key.lower() in ignored}
            held[one.name] = {key: tag for key, tag in tags.items() if key.lower() not in ignored} | theirs
    return held
