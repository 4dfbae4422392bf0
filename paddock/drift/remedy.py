"""What `paddock up --refresh` will do about a change: read from `pulumi preview --refresh --json`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from oci_provider import property_path
from oci_provider.property_path import Path
from paddock.drift import model_words
from paddock.drift.changes import WHOLE, Change
from paddock.drift.resources import DEPLOYMENT, ENTRY, LOG, Resource, kind_of, name_of
from paddock.yaml_edit import flow

# In the order in which one of them says what happens to a resource that has several steps.
_OPERATIONS: Final = ("replace", "create", "update", "delete", "same")


class Preview:
    """The steps of a preview, one for each resource. None stands for a preview that failed: nothing is known."""

    def __init__(self, preview: Mapping[str, Any] | None) -> None:
        self._is_known = preview is not None
        self._steps: dict[str, Mapping[str, Any]] = {}
        for step in (preview or {}).get("steps") or []:
            before = self._steps.get(step["urn"])
            if step["op"] in _OPERATIONS and (before is None or _rank(step) < _rank(before)):
                self._steps[step["urn"]] = step

    def remedy(self, change: Change) -> str:
        """What happens to the changed property, as the end of a sentence that begins with the command."""
        if not self._is_known:
            return "not known"
        step = self._steps.get(change.resource.urn)
        operation = step["op"] if step else None
        if step is None or operation == "same":
            return "nothing: the program does not want it" if change.is_gone else "leaves it"
        if operation == "create":
            is_endpoint = change.resource.kind == DEPLOYMENT
            return "makes it anew, with another address" if is_endpoint else "makes it anew"
        if operation == "delete":
            return "deletes the resource"
        if operation == "replace":
            return "replaces the resource"
        return _update(change, step)

    def missing(self, resources: Iterable[Resource]) -> tuple[Change, ...]:
        """What the program wants, the stack once made and its state has no more: a refresh took it out.

        A deployment of a model whose catalog entry is there; a log that the model's deployment still writes to.
        """
        known = {resource.urn: resource for resource in resources}
        found = []
        for urn, step in self._steps.items():
            if step["op"] == "create" and urn not in known:
                model = _owner(urn, known.values())
                wanted = Resource(urn, kind_of(urn), name_of(urn), model, {}, None, {})
                if model is not None and _was_made(wanted, known.values()):
                    found.append(Change(wanted, WHOLE, {}, None))
        return tuple(found)

    def unapplied_count(self, changes: Iterable[Change]) -> int:
        """How many resources an `up` changes that nobody changed by hand."""
        by_hand = {change.resource.urn for change in changes}
        return sum(step["op"] != "same" and urn not in by_hand for urn, step in self._steps.items())


def _update(change: Change, step: Mapping[str, Any]) -> str:
    touched = [property_path.parse(path) for path in step.get("detailedDiff") or {}]
    if not any(_meet(path, change.path) for path in touched):
        return "leaves it"
    wanted = model_words.value_words(change, _at(step.get("newState", {}).get("inputs"), change.path))
    if wanted is None:
        return "takes it away"
    is_as_before = wanted == model_words.value_words(change, change.declared)
    return "puts it back" if is_as_before else f"sets {flow(wanted)}"


def _meet(one: Path, other: Path) -> bool:
    """Whether one path is the other, or holds it."""
    return property_path.covers(one, other) or property_path.covers(other, one)


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _owner(urn: str, known: Iterable[Resource]) -> str | None:
    """The model that a resource belongs to by its name: `wine`, `wine-access`."""
    name = name_of(urn)
    models = {resource.model for resource in known if resource.model is not None}
    return next((model for model in models if name in (model, f"{model}-access", f"{model}-predict")), None)


def _was_made(wanted: Resource, known: Iterable[Resource]) -> bool:
    of_model = [resource for resource in known if resource.model == wanted.model]
    if wanted.kind == DEPLOYMENT:
        return any(resource.kind == ENTRY and resource.found is not None for resource in of_model)
    category = model_words.log_category(wanted)
    if wanted.kind != LOG or category is None:
        return False
    logs = {resource.found.get("id") for resource in of_model if resource.kind == LOG and resource.found}
    written = [
        ((resource.found or {}).get("categoryLogDetails") or {}).get(category)
        for resource in of_model
        if resource.kind == DEPLOYMENT
    ]
    return any(details and details.get("logId") not in logs for details in written)


def _rank(step: Mapping[str, Any]) -> int:
    return _OPERATIONS.index(step["op"])
