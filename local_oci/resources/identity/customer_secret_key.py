"""Customer secret keys: pairs for the S3-compatible form of Object Storage. The secret is shown once, at creation.

The pair of the data folder itself (`credentials.s3_access_key`) is always there beside them.
State: ACTIVE until deleted; a deleted one signs nothing and is listed no more.
"""

from __future__ import annotations

import secrets
from dataclasses import replace

from local_oci.call import Answer, Call, Route, not_found, shown
from local_oci.clock import rfc3339
from local_oci.resources.fields import LONGEST_NAME, made, refuse
from local_oci.resources.identity.tenancy import IDENTITY, require_user
from local_oci.store import Json, Record, Snapshot

KIND = "customer_secret_key"


def secret_of(snapshot: Snapshot, access_key: str) -> str | None:
    """The secret of a live key; None for one that is not there."""
    record = snapshot.get(access_key)
    return str(record.private["key"]) if record and record.kind == KIND and record.state == "ACTIVE" else None


def _load(call: Call) -> Record:
    require_user(call)
    record = call.load(KIND, call.path["customerSecretKeyId"], to_change=True)
    if record.parent != call.path["userId"]:
        raise not_found(KIND, record.id)
    return record


def _refuse_name(body: Json) -> None:
    if not 1 <= len(body.get("displayName", "-")) <= LONGEST_NAME:
        refuse([f"displayName: must have 1 to {LONGEST_NAME} characters, found {len(body['displayName'])}"])


def _create(call: Call) -> Answer:
    require_user(call)
    _refuse_name(call.body)
    record = call.transaction.insert(
        made(
            call,
            KIND,
            "credential",
            compartment_id=call.credentials.tenancy_ocid,
            parent=call.path["userId"],
            display_name=call.body["displayName"],
            private={"key": secrets.token_urlsafe(30)},
        )
    )
    return shown(record, body={**to_json(record), "key": record.private["key"]})


def _list(call: Call) -> Answer:
    require_user(call)
    found = call.snapshot.children(call.path["userId"], KIND)
    return Answer(body=[to_json(record) for record in found if record.state == "ACTIVE"])


def _update(call: Call) -> Answer:
    record = _load(call)
    _refuse_name(call.body)
    stored = call.transaction.save(replace(record, display_name=call.body.get("displayName", record.display_name)))
    return shown(stored, body=to_json(stored))


def _delete(call: Call) -> Answer:
    record = _load(call)
    call.transaction.save(record.with_state("DELETED").with_private(key=""))
    return Answer(status=204, resource=record.id)


def to_json(record: Record) -> Json:
    """`CustomerSecretKeySummary`; its id is the access key."""
    return {
        "id": record.id,
        "userId": record.parent,
        "displayName": record.display_name,
        "timeCreated": rfc3339(record.time_created),
        "timeExpires": None,
        "lifecycleState": record.state,
    }


ROUTES = (
    Route(IDENTITY, "create_customer_secret_key", _create, "CreateCustomerSecretKeyDetails"),
    Route(IDENTITY, "list_customer_secret_keys", _list),
    Route(IDENTITY, "update_customer_secret_key", _update, "UpdateCustomerSecretKeyDetails"),
    Route(IDENTITY, "delete_customer_secret_key", _delete),
)
