"""The fields and rules that all kinds share: names, descriptions, tags; merging an update; collecting problems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from local_oci.call import Call
from local_oci.clock import rfc3339
from local_oci.errors import InvalidParameter
from local_oci.ocid import mint
from local_oci.options import has_default_tags
from local_oci.store import Json, Record

USER_NAME = "paddock"
LONGEST_NAME = 255
_LONGEST_DESCRIPTION = 400
_LONGEST_TAG_KEY, _LONGEST_TAG_VALUE, _MOST_FREEFORM_TAGS = 100, 256, 10


def refuse(problems: Iterable[str]) -> None:
    """400 with all problems in one message, if there are any."""
    if found := list(problems):
        raise InvalidParameter("; ".join(found))


def common_problems(body: Json) -> Iterator[str]:
    """What breaks the bounds of displayName, description and freeformTags (docs: General/Concepts/resourcetags)."""
    for name, longest in (("displayName", LONGEST_NAME), ("description", _LONGEST_DESCRIPTION)):
        if len(body.get(name, "")) > longest:
            yield f"{name}: must have at most {longest} characters, found {len(body[name])}"
    tags = body.get("freeformTags", {})
    if len(tags) > _MOST_FREEFORM_TAGS:
        yield f"freeformTags: must have at most {_MOST_FREEFORM_TAGS} tags, found {len(tags)}"
    for key, value in tags.items():
        if not 1 <= len(key) <= _LONGEST_TAG_KEY:
            yield f"freeformTags: a key must have 1 to {_LONGEST_TAG_KEY} characters, found {len(key)}"
        if len(value) > _LONGEST_TAG_VALUE:
            yield f"freeformTags.{key}: must have at most {_LONGEST_TAG_VALUE} characters, found {len(value)}"


def made(  # noqa: PLR0913 - a record's columns
    call: Call,
    kind: str,
    ocid_type: str,
    *,
    compartment_id: str,
    display_name: str,
    parent: str = "",
    state: str = "ACTIVE",
    document: Json | None = None,
    private: Json | None = None,
) -> Record:
    """A new resource, not yet stored: identifier, times, who made it, tags (with the default ones, if they are on)."""
    return Record(
        id=mint(ocid_type),
        kind=kind,
        compartment=compartment_id,
        parent=parent,
        state=state,
        display_name=display_name,
        time_created=call.now,
        time_updated=call.now,
        document={
            "createdBy": call.credentials.user_ocid,
            "freeformTags": call.body.get("freeformTags", {}),
            "definedTags": {**_default_tags(call), **call.body.get("definedTags", {})},
            **(document or {}),
        },
        private=private or {},
    )


def _default_tags(call: Call) -> Json:
    """What OCI's tag defaults add at creation (docs: Tagging/Concepts/understandingautomaticdefaulttags)."""
    if not has_default_tags(call.snapshot):
        return {}
    return {"Oracle-Tags": {"CreatedBy": f"default/{USER_NAME}", "CreatedOn": rfc3339(call.now)}}


def default_name(kind: str, now: float) -> str:
    """A name where the user gave none, as OCI makes them: the kind and the time."""
    return f"{kind}{rfc3339(now).translate({ord(c): None for c in '-:.TZ'})[:14]}"


def shared_json(record: Record) -> Json:
    """The fields that every kind's JSON has."""
    return {
        "id": record.id,
        "compartmentId": record.compartment,
        "displayName": record.display_name,
        "lifecycleState": record.state,
        "timeCreated": rfc3339(record.time_created),
        "freeformTags": record.document.get("freeformTags", {}),
        "definedTags": record.document.get("definedTags", {}),
    }


def given(body: Json, *names: str) -> Json:
    """Those of the named fields that the body has."""
    return {name: body[name] for name in names if name in body}


def without(body: Json, *names: str) -> Json:
    """The body without the named fields: a list's entries have fewer than the resource itself."""
    return {name: value for name, value in body.items() if name not in names}
