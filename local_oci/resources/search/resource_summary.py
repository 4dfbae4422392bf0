"""What Resource Search finds: the resources of the other kinds, by type and fields.

Not emulated: highlights, resources of other tenancies, the index's delay (a write is found at once).
State: none; it reads the other kinds' records.
"""

from __future__ import annotations

from local_oci import listing
from local_oci.call import Answer, Call, Route, not_found
from local_oci.clock import rfc3339
from local_oci.errors import InvalidParameter
from local_oci.resources.search import search_query
from local_oci.store import Json, Record

_SEARCH = "resource_search"
_TYPES = {
    "datascienceproject": ("DataScienceProject", "project"),
    "datasciencemodel": ("DataScienceModel", "model"),
    "datasciencemodelversionset": ("DataScienceModelVersionSet", "model_version_set"),
    "datasciencemodelgroup": ("DataScienceModelGroup", "model_group"),
    "datasciencemodeldeployment": ("DataScienceModelDeployment", "model_deployment"),
    "loggroup": ("LogGroup", "log_group"),
    "log": ("Log", "log"),
    "bucket": ("Bucket", "bucket"),
    "policy": ("Policy", "policy"),
    "dynamicresourcegroup": ("DynamicResourceGroup", "dynamic_group"),
    "alarm": ("Alarm", "alarm"),
}
_CONFIGURATION = "modelDeploymentConfigurationDetails"
_FIELDS = ("identifier", "displayName", "compartmentId", "lifecycleState", "timeCreated")


def _search(call: Call) -> Answer:
    if call.query.get("tenantId", call.credentials.tenancy_ocid) != call.credentials.tenancy_ocid:
        raise not_found("tenancy", call.query["tenantId"])
    if call.body["type"] not in ("FreeText", "Structured"):
        raise InvalidParameter(f"type: must be one of FreeText, Structured, found {call.body['type'][:80]!r}")
    if call.body["type"] == "FreeText":
        text = call.body["text"].lower()
        found = [one for one in _all(call) if text in " ".join(_fields(one[1]).values()).lower()]
        question = f"text {text}"
    else:
        query = search_query.parse(call.body["query"])
        if unknown := set(query.types) - set(_TYPES) - {"all"}:
            raise InvalidParameter(
                f"query: there is no resource type {', '.join(sorted(unknown))}; there is all, {', '.join(_TYPES)}"
            )
        found = [
            (name, record)
            for name, record in _all(call)
            if ("all" in query.types or name in query.types) and query.condition(_fields(record))
        ]
        found.sort(key=lambda one: _fields(one[1]).get(query.sort_field, ""), reverse=query.descending)
        question = call.body["query"]
    answer = listing.sliced(call, [to_json(name, record) for name, record in found], f"search {question}")
    return Answer(body={"items": answer.body}, headers=answer.headers)


def _all(call: Call) -> list[tuple[str, Record]]:
    return [(name, record) for name, (_, kind) in _TYPES.items() for record in call.snapshot.of_kind(kind)]


def _fields(record: Record) -> dict[str, str]:
    """The searchable fields by lower-case name; a deployment's model too (oracle-ads asks for `ModelId`)."""
    fields = {
        "identifier": record.document.get("ocid", record.id),
        "displayname": record.display_name,
        "compartmentid": record.compartment,
        "lifecyclestate": "ACTIVE" if record.kind == "bucket" else record.state,
        "timecreated": rfc3339(record.time_created),
    }
    if (models := record.private.get("models")) and record.document[_CONFIGURATION]["deploymentType"] != "MODEL_GROUP":
        fields["modelid"] = str(models[0])
    return fields


def _list_types(call: Call) -> Answer:
    return listing.sliced(call, [_type_json(name) for name, _ in _TYPES.values()], "resource types")


def _get_type(call: Call) -> Answer:
    found = _TYPES.get(call.path["name"].lower())
    if found is None:
        raise not_found("resource type", call.path["name"])
    return Answer(body=_type_json(found[0]))


def _type_json(name: str) -> Json:
    fields = (*_FIELDS, "modelId") if name == "DataScienceModelDeployment" else _FIELDS
    return {
        "name": name,
        "fields": [
            {"fieldName": field, "fieldType": "DATETIME" if field == "timeCreated" else "STRING", "isArray": False}
            for field in fields
        ],
    }


def to_json(type_name: str, record: Record) -> Json:
    """`ResourceSummary`."""
    fields = _fields(record)
    return {
        "resourceType": _TYPES[type_name][0],
        "identifier": fields["identifier"],
        "compartmentId": record.compartment,
        "timeCreated": fields["timecreated"],
        "displayName": record.display_name,
        "lifecycleState": fields["lifecyclestate"],
        "freeformTags": record.document.get("freeformTags", {}),
        "definedTags": record.document.get("definedTags", {}),
        "systemTags": {},
    }


ROUTES = (
    Route(_SEARCH, "search_resources", _search, "SearchDetails", only_reads=True),
    Route(_SEARCH, "list_resource_types", _list_types),
    Route(_SEARCH, "get_resource_type", _get_type),
)
