"""What OCI's clients ask of Identity: who and where they are. One tenancy, one user, two compartments, one region.

Not emulated: making or changing any of it, policies, groups.
State: fixed; nothing of it is in the store.
"""

from __future__ import annotations

from local_oci.call import Answer, Call, Route, not_found
from local_oci.credentials import REGION, Credentials
from local_oci.listing import compartment as listed_compartment
from local_oci.resources import compartment
from local_oci.store import Json

_IDENTITY = "identity"
_BEGINNING = "2024-01-01T00:00:00.000Z"
_REGION_KEY = "IAD"


def _get_tenancy(call: Call) -> Answer:
    _require_tenancy(call)
    return Answer(
        body={
            "id": call.credentials.tenancy_ocid,
            "name": "paddock",
            "description": "The local OCI's tenancy",
            "homeRegionKey": _REGION_KEY,
            "freeformTags": {},
            "definedTags": {},
        }
    )


def _get_user(call: Call) -> Answer:
    if call.path["userId"] != call.credentials.user_ocid:
        raise not_found("user", call.path["userId"])
    return Answer(
        body={
            "id": call.credentials.user_ocid,
            "compartmentId": call.credentials.tenancy_ocid,
            "name": "paddock",
            "description": "The local OCI's user",
            "timeCreated": _BEGINNING,
            "lifecycleState": "ACTIVE",
            "isMfaActivated": False,
            "freeformTags": {},
            "definedTags": {},
        }
    )


def _get_compartment(call: Call) -> Answer:
    wanted = compartment.require(call, call.path["compartmentId"])
    return Answer(body=_compartment_json(call.credentials, wanted))


def _list_compartments(call: Call) -> Answer:
    parent = compartment.require(call, listed_compartment(call))
    child = _compartment_json(call.credentials, call.credentials.compartment_ocid)
    filters = {name: call.query[name] for name in ("name", "lifecycleState") if name in call.query}
    matches = parent == call.credentials.tenancy_ocid and all(child[name] == wanted for name, wanted in filters.items())
    return Answer(body=[child] if matches else [])


def _list_availability_domains(call: Call) -> Answer:
    wanted = compartment.require(call, listed_compartment(call))
    domains = [f"pAdD:US-ASHBURN-AD-{number}" for number in (1, 2, 3)]
    return Answer(
        body=[
            {"id": f"ocid1.availabilitydomain.oc1..paddocklocal{number}", "name": name, "compartmentId": wanted}
            for number, name in enumerate(domains, 1)
        ]
    )


def _list_regions(_: Call) -> Answer:
    return Answer(body=[{"key": _REGION_KEY, "name": REGION}])


def _list_region_subscriptions(call: Call) -> Answer:
    _require_tenancy(call)
    return Answer(
        body=[{"regionKey": _REGION_KEY, "regionName": REGION, "status": "READY", "isHomeRegion": True}],
    )


def _require_tenancy(call: Call) -> None:
    if call.path["tenancyId"] != call.credentials.tenancy_ocid:
        raise not_found("tenancy", call.path["tenancyId"])


def _compartment_json(credentials: Credentials, compartment_id: str) -> Json:
    is_root = compartment_id == credentials.tenancy_ocid
    return {
        "id": compartment_id,
        "compartmentId": credentials.tenancy_ocid,
        "name": "paddock" if is_root else "local",
        "description": "The local OCI's root" if is_root else "The local OCI's compartment",
        "timeCreated": _BEGINNING,
        "lifecycleState": "ACTIVE",
        "isAccessible": True,
        "freeformTags": {},
        "definedTags": {},
    }


ROUTES = (
    Route(_IDENTITY, "get_tenancy", _get_tenancy),
    Route(_IDENTITY, "get_user", _get_user),
    Route(_IDENTITY, "get_compartment", _get_compartment),
    Route(_IDENTITY, "list_compartments", _list_compartments),
    Route(_IDENTITY, "list_availability_domains", _list_availability_domains),
    Route(_IDENTITY, "list_regions", _list_regions),
    Route(_IDENTITY, "list_region_subscriptions", _list_region_subscriptions),
)
