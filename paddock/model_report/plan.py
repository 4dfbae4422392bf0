"""What Pulumi is about to do, from either of its two tellings: the engine's event log, or `pulumi preview --json`.

The event log has a step for every resource, unchanged ones too. The JSON leaves unchanged ones out: they are taken from
the stack's state before (`pulumi stack export`). Property names are the provider's, values as Pulumi writes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MODEL = "oci:DataScience/model:Model"
LOG = "oci:Logging/log:Log"
MODEL_DEPLOYMENT = "oci:DataScience/modelDeployment:ModelDeployment"
# Pulumi's stand-in for a value that is known only after the update (sdk/go/common/resource/plugin/rpc.go).
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# Pulumi's key of a secret value in a state (sdk/go/common/resource/sig), and its stand-in in events and JSON.
_SECRET_KEY, _SECRET_TEXT = "4dabf18193072939515e22adb298388d", "[secret]"

# `replace` stands for its halves (`create-replacement`, `delete-replaced`).
_OPERATIONS = frozenset({"same", "create", "update", "replace", "delete", "import", "import-replacement", "read"})


@dataclass(frozen=True)
class Resource:
    """A resource on one side of the plan. `id` is None where it is not made yet."""

    urn: str
    type: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    id: str | None = None
    parent: str | None = None
    dependencies: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The name that the program gave it."""
        return self.urn.rsplit("::", 1)[-1]

    def get(self, key: str) -> Any:
        """A property as it is (`outputs`), else as it was declared."""
        value = self.outputs.get(key)
        return self.inputs.get(key) if value is None else value


@dataclass(frozen=True)
class Step:
    """One resource's fate: `operation` is Pulumi's word; `paths`: what differs, as its `detailedDiff` has it."""

    operation: str
    old: Resource | None
    new: Resource | None
    paths: tuple[str, ...] = ()

    @property
    def resource(self) -> Resource:
        """The resource after it, or before where there is no after."""
        found = self.new or self.old
        assert found is not None  # noqa: S101 - a step has a side
        return found


@dataclass(frozen=True)
class Plan:
    """All steps. `pending_deletes`: what an update before this one replaced and did not come to delete."""

    steps: tuple[Step, ...]
    pending_deletes: tuple[Resource, ...] = field(default=())

    @property
    def old_resources(self) -> Iterator[Resource]:
        """All that is there before, the pending deletes too."""
        yield from (step.old for step in self.steps if step.old is not None)
        yield from self.pending_deletes


def plan_from_event_log(path: Path) -> Plan:
    """The plan of the one preview, or of the preview part of an `up`, that wrote this event log."""
    with path.open(encoding="utf-8") as lines:
        return plan_from_events(json.loads(line) for line in lines if '"resourcePreEvent"' in line)


def plan_from_events(events: Iterable[Mapping[str, Any]]) -> Plan:
    """The plan that the engine's events tell. Events of an update that is carried out do not count."""
    told = [event["resourcePreEvent"] for event in events if "resourcePreEvent" in event]
    metadata = [one["metadata"] for one in told if one.get("planning")]
    steps = [
        Step(one["op"], _resource(one.get("old")), _resource(one.get("new")), _paths(one.get("detailedDiff"), one))
        for one in metadata
        if one["op"] in _OPERATIONS
    ]
    leftovers = [_resource(one.get("old")) for one in metadata if one["op"] == "delete-replaced"]
    return _plan(steps, [resource for resource in leftovers if resource is not None])


def plan_from_preview(preview: Mapping[str, Any], state_before: Mapping[str, Any] | None) -> Plan:
    """The plan of `pulumi preview --json`; `state_before`: the stack's export, None where there is no stack yet."""
    steps = [
        Step(
            one["op"], _resource(one.get("oldState")), _resource(one.get("newState")), _paths(one["detailedDiff"], one)
        )
        for one in preview.get("steps") or []
        if one["op"] in _OPERATIONS
    ]
    resources = ((state_before or {}).get("deployment") or {}).get("resources") or []
    known = {step.resource.urn for step in steps}
    unchanged = [_resource(one) for one in resources if one["urn"] not in known and not one.get("delete")]
    steps += [Step("same", resource, resource) for resource in unchanged if resource is not None]
    leftovers = [_resource(one) for one in resources if one.get("delete")]
    return _plan(steps, [resource for resource in leftovers if resource is not None])


def is_secret(value: object) -> bool:
    """Whether Pulumi hides the value."""
    return value == _SECRET_TEXT or (isinstance(value, Mapping) and _SECRET_KEY in value)


def _plan(steps: Sequence[Step], leftovers: Sequence[Resource]) -> Plan:
    """A resource that this very plan replaces is no leftover."""
    replaced = {step.old.id for step in steps if step.old is not None}
    return Plan(tuple(steps), tuple(resource for resource in leftovers if resource.id not in replaced))


def _resource(state: Mapping[str, Any] | None) -> Resource | None:
    if not state:
        return None
    by_property = state.get("propertyDependencies") or {}
    urns = [urn for group in by_property.values() for urn in group or []]
    return Resource(
        urn=state["urn"],
        type=state["type"],
        inputs=_mapping(state.get("inputs")),
        outputs=_mapping(state.get("outputs")),
        id=state.get("id") or None,
        parent=state.get("parent") or None,
        dependencies=frozenset([*urns, *(state.get("dependencies") or [])]),
    )


def _paths(detailed: Mapping[str, Any] | None, step: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(detailed or step.get("diffs") or step.get("diffReasons") or ()))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
