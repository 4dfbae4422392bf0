"""oci:DataScience/privateEndpoint:PrivateEndpoint: a way into a subnet that deployments may name.

Its arguments are those of terraform-provider-oci's
`internal/service/datascience/datascience_data_science_private_endpoint_resource.go`. No answer tells `subDomain`: as
with the official plugin, an imported endpoint has none in its state.
"""

from __future__ import annotations

from typing import Any

from oci_provider.errors import WorkRequestFailedError
from oci_provider.operation import Operation
from oci_provider.resource import Kind
from oci_provider.rest import DATA_SCIENCE
from oci_provider.schema import Sent, Type, computed, fields, optional_computed, required


class PrivateEndpoint(Kind):
    """A private endpoint; another subnet, subdomain or use asks for a new one."""

    pulumi_type = "oci:DataScience/privateEndpoint:PrivateEndpoint"
    noun = "private endpoint"
    schema = fields(
        required("compartment_id", sent=Sent.CREATE),
        required("data_science_resource_type", force_new=True, sent=Sent.CREATE, empty_is_text=True),
        required("subnet_id", force_new=True, sent=Sent.CREATE),
        optional_computed("defined_tags", Type.DEFINED_TAGS),
        optional_computed("description"),
        optional_computed("display_name"),
        optional_computed("freeform_tags", Type.MAP),
        optional_computed("nsg_ids", Type.STRING_SET),
        optional_computed("sub_domain", force_new=True, sent=Sent.CREATE, kept=True),
        computed("created_by"),
        computed("fqdn"),
        computed("lifecycle_details"),
        computed("state", json="lifecycleState"),
        computed("system_tags", Type.DEFINED_TAGS),
        computed("time_created", Type.TIME),
        computed("time_updated", Type.TIME),
    )
    service = DATA_SCIENCE
    collection = "/dataSciencePrivateEndpoints"

    def finish(self, operation: Operation, inputs: dict[str, Any]) -> dict[str, Any]:
        """See it ACTIVE, or in need of attention."""
        return self.outputs(operation, self._usable(operation), inputs)

    def update(self, operation: Operation, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Move it if its compartment changed, PUT, and see it settled."""
        self.move(operation, olds, news)
        self.put(operation, olds, news)
        return self.outputs(operation, self._usable(operation), {**olds, **news})

    def _usable(self, operation: Operation) -> dict[str, Any]:
        body = self.settled(operation)
        if body["lifecycleState"] == "FAILED":
            raise WorkRequestFailedError(f"it is FAILED: {body.get('lifecycleDetails') or 'no details'}")
        return body
