"""Who and where one is: one tenancy, one user, two compartments, one region with three availability domains.

Not emulated: making or changing any of it, groups, identity domains.
State: fixed; nothing of it is in the store.
"""

from __future__ import annotations

from local_oci import listing
from local_oci.call import Answer, Call, Route, not_found
from local_oci.credentials import REGION, Credentials
from local_oci.listing import compartment as listed_compartment
from local_oci.resources import compartment
from local_oci.resources.fields import USER_NAME
from local_oci.store import Json

IDENTITY = "identity"
_BEGINNING = "2024-01-01T00:00:00.000Z"
_REGION_KEY = "IAD"
_DOMAINS = [f"pAdD:US-ASHBURN-AD-{number}" for number in (1, 2, 3)]


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


def require_user(call: Call) -> None:
    """404 for any user but the one that there is."""
    if call.path["userId"] != call.credentials.user_ocid:
        raise not_found("user", call.path["userId"])


def _get_user(call: Call) -> Answer:
    require_user(call)
    return Answer(body=_user_json(call.credentials))


def _list_users(call: Call) -> Answer:
    compartment.require(call, listed_compartment(call))
    user = _user_json(call.credentials)
    filters = {name: call.query[name] for name in ("name", "lifecycleState") if name in call.query}
    matches = all(user[name] == wanted for name, wanted in filters.items())
    return Answer(body=[user] if matches else [])


def _user_json(credentials: Credentials) -> Json:
    return {
        "id": credentials.user_ocid,
        "compartmentId": credentials.tenancy_ocid,
        "name": USER_NAME,
        "description": "The local OCI's user",
        "timeCreated": _BEGINNING,
        "lifecycleState": "ACTIVE",
        "isMfaActivated": False,
        "freeformTags": {},
        "definedTags": {},
    }


def _get_compartment(call: Call) -> Answer:
    wanted = compartment.require(call, call.path["compartmentId"])
    return Answer(body=_compartment_json(call.credentials, wanted))


def _list_compartments(call: Call) -> Answer:
    parent, known = compartment.require(call, listed_compartment(call)), call.credentials
    found = [_compartment_json(known, known.compartment_ocid)] if parent == known.tenancy_ocid else []
    if call.query.get("compartmentIdInSubtree", "false").lower() == "true" and found:
        found.append(_compartment_json(known, known.tenancy_ocid))
    filters = {name: call.query[name] for name in ("name", "lifecycleState") if name in call.query}
    matching = [one for one in found if all(one[name] == wanted for name, wanted in filters.items())]
    return listing.sliced(call, matching, "compartments")


def _list_availability_domains(call: Call) -> Answer:
    wanted = compartment.require(call, listed_compartment(call))
    return Answer(
        body=[
            {"id": f"ocid1.availabilitydomain.oc1..paddocklocal{number}", "name": name, "compartmentId": wanted}
            for number, name in enumerate(_DOMAINS, 1)
        ]
    )


def _list_fault_domains(call: Call) -> Answer:
    wanted, domain = compartment.require(call, listed_compartment(call)), call.query["availabilityDomain"]
    if domain not in _DOMAINS:
        raise not_found("availability domain", domain)
    number = _DOMAINS.index(domain) + 1
    return Answer(
        body=[
            {
                "id": f"ocid1.faultdomain.oc1..paddocklocal{number}{fault}",
                "name": f"FAULT-DOMAIN-{fault}",
                "compartmentId": wanted,
                "availabilityDomain": domain,
            }
            for fault in (1, 2, 3)
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
    Route(IDENTITY, "get_tenancy", _get_tenancy),
    Route(IDENTITY, "get_user", _get_user),
    Route(IDENTITY, "list_users", _list_users),
    Route(IDENTITY, "list_fault_domains", _list_fault_domains),
    Route(IDENTITY, "get_compartment", _get_compartment),
    Route(IDENTITY, "list_compartments", _list_compartments),
    Route(IDENTITY, "list_availability_domains", _list_availability_domains),
    Route(IDENTITY, "list_regions", _list_regions),
    Route(IDENTITY, "list_region_subscriptions", _list_region_subscriptions),
)
