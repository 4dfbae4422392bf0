"""Kinds of Identity that are kept as declared and do nothing: policies and dynamic groups differ in their fields only.

State: ACTIVE from the first moment, DELETED as a tombstone that GET still answers with 200 (OCI.md 3.9).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from local_oci import listing
from local_oci.call import Answer, Call, shown
from local_oci.clock import rfc3339
from local_oci.errors import InvalidParameter, ResourceAlreadyExists
from local_oci.lifecycle import Lifecycle, Transition
from local_oci.listing import Listing
from local_oci.resources import compartment
from local_oci.resources.fields import common_problems, given, made, refuse
from local_oci.store import Json, Record

_LONGEST_NAME = 100


def name_problems(body: Json) -> Iterator[str]:
    """What breaks a bound beyond types, of any of these kinds."""
    yield from common_problems(body)
    if not 1 <= len(body.get("name", "-")) <= _LONGEST_NAME:
        yield f"name: must have 1 to {_LONGEST_NAME} characters, found {len(body['name'])}"


@dataclass(frozen=True, slots=True)
class DeclaredKind:
    """One kind: its name here, in an OCID and in a path; its own fields, where it may be, what bodies must keep to."""

    kind: str
    ocid_type: str
    path_parameter: str
    own_fields: tuple[str, ...]
    only_in_tenancy: bool = False
    problems: Callable[[Json], Iterator[str]] = name_problems

    def create(self, call: Call) -> Answer:
        """POST."""
        refuse(self.problems(call.body))
        compartment_id = compartment.require(call, call.body["compartmentId"])
        self._require_place(call, compartment_id)
        self._refuse_taken(call, call.body["name"])
        record = call.transaction.insert(
            made(
                call,
                self.kind,
                self.ocid_type,
                compartment_id=compartment_id,
                display_name=call.body["name"],
                document=given(call.body, *self.own_fields),
            )
        )
        return shown(record, body=self.to_json(record))

    def get(self, call: Call) -> Answer:
        """GET of one."""
        record = call.load(self.kind, call.path[self.path_parameter])
        return shown(record, body=self.to_json(record))

    def list(self, call: Call) -> Answer:
        """GET of all in a compartment."""
        compartment.require(call, listing.compartment(call))
        return listing.answer(call, Listing(self.kind, self.to_json, columns={"name": "display_name"}))

    def update(self, call: Call) -> Answer:
        """PUT."""
        record = call.load(self.kind, call.path[self.path_parameter], to_change=True)
        self._lifecycle().begin(record, "update")
        refuse(self.problems(call.body))
        fields = (*self.own_fields, "freeformTags", "definedTags")
        stored = call.transaction.save(record.with_document(**given(call.body, *fields)))
        return shown(stored, body=self.to_json(stored))

    def delete(self, call: Call) -> Answer:
        """DELETE."""
        record = call.load(self.kind, call.path[self.path_parameter], to_change=True)
        call.transaction.save(record.with_state(self._lifecycle().begin(record, "delete").target))
        return Answer(status=204, resource=record.id)

    def to_json(self, record: Record) -> Json:
        """The resource as OCI shows it."""
        return {
            "id": record.id,
            "compartmentId": record.compartment,
            "name": record.display_name,
            **{name: record.document.get(name) for name in self.own_fields},
            "timeCreated": rfc3339(record.time_created),
            "lifecycleState": record.state,
            "freeformTags": record.document["freeformTags"],
            "definedTags": record.document["definedTags"],
        }

    def _lifecycle(self) -> Lifecycle:
        transitions = {
            "update": Transition(("ACTIVE",), "ACTIVE", "ACTIVE"),
            "delete": Transition(("ACTIVE",), "DELETED", "DELETED"),
        }
        return Lifecycle(self.kind, transitions)

    def _require_place(self, call: Call, compartment_id: str) -> None:
        """Some kinds are the tenancy's own (the SDK: "you must specify your tenancy's OCID as the compartment ID")."""
        if self.only_in_tenancy and compartment_id != call.credentials.tenancy_ocid:
            words = self.kind.replace("_", " ")
            raise InvalidParameter(
                f"compartmentId: a {words} must be in the tenancy's root {call.credentials.tenancy_ocid}, found "
                f"{compartment_id}"
            )

    def _refuse_taken(self, call: Call, name: str) -> None:
        """A name is unique across the tenancy (the SDK's docstring of `name`)."""
        for compartment_id in (call.credentials.tenancy_ocid, call.credentials.compartment_ocid):
            for other in call.snapshot.named(self.kind, compartment_id, name):
                if other.state != "DELETED":
                    words = self.kind.replace("_", " ")
                    raise ResourceAlreadyExists(f"name: {name!r} is the name of {words} {other.id}; choose another")
