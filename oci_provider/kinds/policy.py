"""oci:Identity/policy:Policy: who may do what (OCI.md 3.9).

Besides the policy, Terraform's provider keeps the answer's etag (twice) and a hash of the statements in its state; they
are named like no other argument of it (`ETag`, `lastUpdateETag`, `policyHash`).
"""

from __future__ import annotations

import hashlib
from typing import Any

from oci_provider.operation import Operation
from oci_provider.resource import Kind
from oci_provider.rest import IDENTITY, Answer
from oci_provider.schema import Sent, Type, computed, fields, optional_computed, required


class Policy(Kind):
    """A policy; another name or compartment asks for a new one."""

    pulumi_type = "oci:Identity/policy:Policy"
    noun = "policy"
    schema = fields(
        required("compartment_id", force_new=True, sent=Sent.CREATE),
        required("description"),
        required("name", force_new=True, sent=Sent.CREATE, autonamed=True),
        required("statements", Type.STRINGS),
        optional_computed("defined_tags", Type.DEFINED_TAGS),
        optional_computed("freeform_tags", Type.MAP),
        optional_computed("version_date"),
        computed("ETag"),
        computed("inactive_state", json="inactiveStatus"),
        computed("lastUpdateETag"),
        computed("policyHash"),
        computed("state", json="lifecycleState"),
        computed("time_created", Type.TIME),
    )
    service = IDENTITY
    collection = "/policies"

    def told(self, answer: Answer) -> dict[str, Any]:
        """Add the etag and the hash."""
        etag = answer.headers.get("etag")
        statements = "#".join(answer.body["statements"])
        digest = hashlib.md5(statements.encode(), usedforsecurity=False).hexdigest()
        return {**answer.body, "ETag": etag, "lastUpdateETag": etag, "policyHash": digest}

    def update(self, operation: Operation, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """PUT."""
        self.put(operation, olds, news)
        return self.outputs(operation, self.get(operation), news)
