"""Compartments as the other kinds need them: which exist, and moving a resource into another one.

Two exist, the tenancy's root and one for everything else; both are fixed. Making compartments is not emulated.
"""

from __future__ import annotations

from dataclasses import replace

from local_oci.call import Call, not_found
from local_oci.errors import MissingParameter
from local_oci.store import Record


def require(call: Call, compartment_id: str) -> str:
    """That compartment, or 404 as OCI answers where it is not there (or not yours)."""
    if compartment_id not in (call.credentials.compartment_ocid, call.credentials.tenancy_ocid):
        raise not_found(
            f"compartment (the local OCI has {call.credentials.compartment_ocid}), asked for", compartment_id
        )
    return compartment_id


def move(call: Call, record: Record) -> Record:
    """The resource in the compartment that the body names."""
    if "compartmentId" not in call.body:
        raise MissingParameter("compartmentId: is required, found none")
    return replace(record, compartment=require(call, call.body["compartmentId"]))
