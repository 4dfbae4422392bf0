"""oci:DataScience/modelDeployment:ModelDeployment: a model behind an endpoint (OCI.md 3.5, 4.1).

A PUT always carries the whole configuration. A deployment that FAILED is kept in the state and differs from any
program: the next `up` sends its configuration again, which loads the model anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oci_provider import work_request
from oci_provider.diff import Change, Difference
from oci_provider.errors import WorkRequestFailedError
from oci_provider.kinds.model_deployment_configuration import CATEGORY_LOG_DETAILS, CONFIGURATION_DETAILS
from oci_provider.operation import Operation
from oci_provider.resource import Kind
from oci_provider.rest import DATA_SCIENCE, Answer
from oci_provider.schema import Sent, Type, computed, fields, optional, optional_computed, required
from oci_provider.state import Timeouts


class ModelDeployment(Kind):
    """A deployment; only its project and its container's default environment ask for a new one."""

    pulumi_type = "oci:DataScience/modelDeployment:ModelDeployment"
    noun = "model deployment"
    schema = fields(
        required("compartment_id", sent=Sent.CREATE),
        required("model_deployment_configuration_details", Type.OBJECT, fields=CONFIGURATION_DETAILS),
        required("project_id", force_new=True, sent=Sent.CREATE),
        optional_computed("category_log_details", Type.OBJECT, fields=CATEGORY_LOG_DETAILS),
        optional_computed("defined_tags", Type.DEFINED_TAGS),
        optional_computed("description"),
        optional_computed("display_name"),
        optional_computed("freeform_tags", Type.MAP),
        optional("opc_parent_rpt_url", sent=Sent.NEVER, kept=True),
        optional_computed(
            "state", json="lifecycleState", sent=Sent.NEVER, ignores_case=True, choices=("ACTIVE", "INACTIVE")
        ),
        computed("created_by"),
        computed("lifecycle_details"),
        computed(
            "model_deployment_system_data",
            Type.OBJECTS,
            plural="modelDeploymentSystemDatas",
            json_is_single=True,
            fields=fields(
                computed("current_instance_count", Type.INT), computed("model_type"), computed("system_infra_type")
            ),
        ),
        computed("model_deployment_url"),
        computed("time_created", Type.TIME),
    )
    service = DATA_SCIENCE
    collection = "/modelDeployments"
    timeouts = Timeouts(create_s=245 * 60, update_s=245 * 60, delete_s=35 * 60)
    deletion_has_work_request = True

    def diff(self, olds: dict[str, Any], news: dict[str, Any], ignore_changes: list[str]) -> list[Difference]:
        """Besides its fields, a FAILED deployment differs."""
        found = super().diff(olds, news, ignore_changes)
        if olds.get("state") == "FAILED" and not any(one.path == ("state",) for one in found):
            found.append(Difference(("state",), Change.UPDATE))
        return found

    def finish(self, operation: Operation, inputs: dict[str, Any]) -> dict[str, Any]:
        """Follow the creation's work request, then deactivate it if the program says so."""
        if operation.begun_by is not None:
            self._follow(operation, operation.begun_by)
        body = self._served(operation)
        if _wants(inputs, "INACTIVE"):
            body = self._switch(operation, "deactivate", "INACTIVE")
        return self.outputs(operation, body, inputs)

    def update(self, operation: Operation, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Activate, move, PUT, deactivate: what of these the program asks for, in this order."""
        body = self.settled(operation)
        if _wants(news, "ACTIVE") and body["lifecycleState"] == "INACTIVE":
            self._switch(operation, "activate", "ACTIVE")
        self.move(operation, olds, news)
        self._follow(operation, self.put(operation, olds, news))
        body = self._served(operation)
        if _wants(news, "INACTIVE") and body["lifecycleState"] != "INACTIVE":
            body = self._switch(operation, "deactivate", "INACTIVE")
        return self.outputs(operation, body, news)

    def _switch(self, operation: Operation, action: str, target: str) -> dict[str, Any]:
        answer = self.act(operation, {}, action)
        if "opc-work-request-id" in answer.headers:
            self._follow(operation, answer)
        return self.reached(operation, target, action)

    def _served(self, operation: Operation) -> dict[str, Any]:
        body = self.settled(operation)
        if body["lifecycleState"] == "FAILED":
            raise WorkRequestFailedError(
                f"it is FAILED: {body.get('lifecycleDetails') or 'no details'}{_mend(operation)}"
            )
        return body

    def _follow(self, operation: Operation, answer: Answer) -> None:
        try:
            work_request.follow(operation, self.service, answer)
        except WorkRequestFailedError as error:
            raise WorkRequestFailedError(f"{error}{_mend(operation)}") from error


def _mend(operation: Operation) -> str:
    name = operation.inputs.get("displayName")
    logs = f"paddock logs {name} --predict" if isinstance(name, str) else "paddock logs NAME --predict"
    return f"\nThe rest is in the deployment's predict log (`{logs}`); mend the model and run the same command again"


def _wants(inputs: Mapping[str, Any], state: str) -> bool:
    return str(inputs.get("state") or "").upper() == state
