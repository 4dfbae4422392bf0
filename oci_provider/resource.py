"""What the kinds have in common: the engine's operations in life order, and the calls they are made of."""

from __future__ import annotations

import dataclasses
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from oci_provider import state, work_request
from oci_provider.autonaming import Naming, made_up
from oci_provider.check import Checked, check
from oci_provider.creation import begin
from oci_provider.diff import Difference, diff
from oci_provider.errors import IncompleteError, NotThereError, OciProviderError, ServiceError, WorkRequestFailedError
from oci_provider.operation import Operation
from oci_provider.payload import create_body, update_body
from oci_provider.properties import plain
from oci_provider.rest import Answer, Service
from oci_provider.schema import Fields
from oci_provider.state import Timeouts

_NOT_FOUND: Final = 404
_ON_THE_WAY: Final = frozenset({"CREATING", "UPDATING", "DELETING"})
_GONE: Final = "DELETED"
_LAST_LOOK_S: Final = 10.0


class Kind(ABC):
    """One kind of resource. Properties that come in and go out are plain values, secrets opened.

    `accepted`: error statuses of a creation that are answers nevertheless.
    """

    pulumi_type: ClassVar[str]
    noun: ClassVar[str]
    schema: ClassVar[Fields]
    service: ClassVar[Service]
    collection: ClassVar[str]
    timeouts: ClassVar[Timeouts] = Timeouts()
    accepted: ClassVar[tuple[int, ...]] = ()
    deletion_has_work_request: ClassVar[bool] = False

    # --- the engine's operations -------------------------------------------------------------------------------------

    def check(self, news: Mapping[str, Any], olds: Mapping[str, Any], naming: Naming) -> Checked:
        """Return the inputs as the engine is to keep them, and all that is wrong with them."""
        return check(self.schema, news, made_up(self.schema, news, plain(dict(olds)), naming), olds)

    def diff(self, olds: dict[str, Any], news: dict[str, Any], ignore_changes: list[str]) -> list[Difference]:
        """Return how the inputs differ from the state."""
        return diff(self.schema, olds, news, ignore_changes=ignore_changes)

    def create(self, operation: Operation) -> dict[str, Any]:
        """Create and return the properties; `operation.resource_id` has the id from the moment there is one.

        Raises IncompleteError where the resource exists and something else went wrong.
        """
        begin(self, operation)
        try:
            return self.finish(operation, operation.inputs)
        except OciProviderError as error:
            reason = f"{self.noun} {operation.resource_id} was created, but: {error}"
            raise IncompleteError(operation.resource_id, self._last_known(operation), [reason]) from error

    def read(self, operation: Operation, properties: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the properties as the service tells them now; None only where it says that there is no such thing."""
        body = self.look(operation, properties)
        return None if body is None else self.outputs(operation, body, properties)

    @abstractmethod
    def update(self, operation: Operation, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Make the resource what the inputs `news` say and return its properties."""

    def delete(self, operation: Operation, olds: dict[str, Any]) -> None:
        """Delete the resource and return when it is gone; one that is gone already is deleted."""
        answer = self.send_delete(operation, olds)
        if answer is None:
            return
        if self.deletion_has_work_request:
            work_request.follow(operation, self.service, answer)
        self.wait_until_gone(operation, olds)

    # --- what a kind may say differently -----------------------------------------------------------------------------

    def locate(self, resource_id: str, properties: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return the id that the state is to hold and the properties that its path needs, out of an id or import id."""
        return resource_id, dict(properties)

    def path(self, resource_id: str, properties: Mapping[str, Any]) -> str:
        """Return the path of one resource."""
        return f"{self.collection.format(**properties)}/{resource_id}"

    def body(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of a creation."""
        return create_body(self.schema, inputs)

    def created_id(self, operation: Operation, answer: Answer) -> str:  # noqa: ARG002 - for kinds that ask on
        """Return the id that a creation's answer tells."""
        return str(answer.body["id"])

    def finish(self, operation: Operation, inputs: dict[str, Any]) -> dict[str, Any]:
        """Return the properties of what was just created, when it is ready."""
        if operation.begun_by is not None and operation.begun_by.body is None:
            work_request.follow(operation, self.service, operation.begun_by)
        return self.outputs(operation, self.settled(operation, inputs), inputs)

    def outputs(
        self,
        operation: Operation,  # noqa: ARG002 - for kinds that ask on
        body: Mapping[str, Any],
        kept: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Return the properties that an answer's body tells; those that no answer tells are in `kept`."""
        return state.outputs(self.schema, body, kept)

    def told(self, answer: Answer) -> dict[str, Any]:
        """Return what an answer tells of the resource; for kinds that read its headers too."""
        body: dict[str, Any] = answer.body
        return body

    # --- calls -------------------------------------------------------------------------------------------------------

    def look(self, operation: Operation, properties: Mapping[str, Any]) -> dict[str, Any] | None:
        """GET the resource; None where the answer is 404 or it is a tombstone."""
        path = self.path(operation.resource_id, properties)
        answer = operation.rest.call(self.service, "GET", path, operation=operation, accept=(_NOT_FOUND,))
        if answer.status == _NOT_FOUND or answer.body.get("lifecycleState") == _GONE:
            return None
        return self.told(answer)

    def get(self, operation: Operation, properties: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """GET a resource that must be there."""
        body = self.look(operation, operation.inputs if properties is None else properties)
        if body is None:
            raise NotThereError(
                f"{self.noun} {operation.resource_id} is gone, it was deleted by someone else; "
                "`pulumi refresh` takes it out of the state, then `up` creates it anew"
            )
        return body

    def settled(self, operation: Operation, properties: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """GET until the resource is on its way no more."""
        pauses = operation.pauses(f"{self.noun} {operation.resource_id}")
        while (body := self.get(operation, properties)).get("lifecycleState") in _ON_THE_WAY:
            pauses.take()
        return body

    def reached(self, operation: Operation, target: str, action: str) -> dict[str, Any]:
        """GET until the resource is in the state that an action leads to."""
        body = self.settled(operation)
        if body["lifecycleState"] != target:
            raise WorkRequestFailedError(
                f"{action} of {self.noun} {operation.resource_id}: expected {target}, found {body['lifecycleState']}: "
                f"{body.get('lifecycleDetails') or 'no details'}"
            )
        return body

    def act(self, operation: Operation, properties: Mapping[str, Any], action: str, body: Any = None) -> Answer:
        """POST one of the resource's actions."""
        path = f"{self.path(operation.resource_id, properties)}/actions/{action}"
        return operation.rest.call(self.service, "POST", path, operation=operation, body=body)

    def move(self, operation: Operation, olds: Mapping[str, Any], news: Mapping[str, Any]) -> None:
        """Change the compartment, if the program names another one than the state."""
        if olds.get("compartmentId") in (None, news.get("compartmentId")):
            return
        answer = self.act(operation, olds, "changeCompartment", {"compartmentId": news["compartmentId"]})
        if "opc-work-request-id" in answer.headers:
            work_request.follow(operation, self.service, answer)
        self.settled(operation)

    def put(self, operation: Operation, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Answer:
        """PUT what the program sets and, for the rest, what the state holds."""
        body = update_body(self.schema, news, olds)
        return operation.rest.call(
            self.service, "PUT", self.path(operation.resource_id, news), operation=operation, body=body
        )

    def send_delete(self, operation: Operation, olds: Mapping[str, Any]) -> Answer | None:
        """DELETE; None where there is nothing to delete any more."""
        path = self.path(operation.resource_id, olds)
        try:
            answer = operation.rest.call(self.service, "DELETE", path, operation=operation, accept=(_NOT_FOUND,))
        except ServiceError:
            if self.look(operation, olds) is None:
                return None  # a DELETE whose answer was lost, sent again, meets a tombstone
            raise
        return None if answer.status == _NOT_FOUND else answer

    def wait_until_gone(self, operation: Operation, olds: Mapping[str, Any]) -> None:
        """GET until the answer is 404 or a tombstone."""
        pauses = operation.pauses(f"deletion of {self.noun} {operation.resource_id}")
        while self.look(operation, olds) is not None:
            pauses.take()

    def _last_known(self, operation: Operation) -> dict[str, Any]:
        """Return the properties of a resource whose creation broke, also after a cancellation."""
        look = dataclasses.replace(operation, cancelled=threading.Event(), timeout_s=_LAST_LOOK_S)
        try:
            return self.outputs(look, self.get(look), operation.inputs)
        except OciProviderError as error:
            operation.warn(f"what became of {self.noun} {operation.resource_id} is not known: {error}")
            return state.outputs(self.schema, {}, {}) | operation.inputs | {"state": None}
