"""Which steps of a plan belong to which model, and which catalog entry its deployment serves before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from paddock.model_report.catalog_manifest import model_name_of
from paddock.model_report.deployment_settings import Sides, model_id_of, sides
from paddock.model_report.plan import MODEL, MODEL_DEPLOYMENT, UNKNOWN, Plan, Resource, Step

_SERVICE = "paddock:infra:ModelService"


@dataclass
class Pieces:
    """A model's steps. `served`: the catalog entries that the deployment serves before and after, where known."""

    name: str
    deployment: Step | None = None
    both: Sides = field(default_factory=lambda: Sides({}, {}))
    served: tuple[Resource | None, Resource | None] = (None, None)
    entries: list[Step] = field(default_factory=list)
    others: list[Step] = field(default_factory=list)

    @property
    def serves_another(self) -> bool:
        """Whether the deployment goes from one catalog entry to another."""
        before, after = model_id_of(self.both.old), model_id_of(self.both.new)
        return before is not None and after is not None and before != after


def pieces_of(plan: Plan) -> tuple[Pieces, ...]:
    """One for each model that has a deployment or a catalog entry on either side, by name.

    A deployment gives its model the name; entries that no deployment serves belong to the model of their tag.
    """
    family = _Family(plan)
    found: dict[str, Pieces] = {}
    owners: dict[str, str] = {}  # an entry's URN, or a service's → the model
    for step in plan.steps:
        if step.resource.type != MODEL_DEPLOYMENT:
            continue
        name = step.resource.name
        both = sides(step.old, step.new)
        served = (family.entry(model_id_of(both.old), step), family.entry(model_id_of(both.new), step))
        found[name] = Pieces(name, step, both, served)
        owners.update({entry.urn: name for entry in served if entry is not None})
        owners.setdefault(family.service_of(step) or "", name)
    for step in plan.steps:
        if step.resource.type == MODEL_DEPLOYMENT or (step.resource.type != MODEL and step.operation == "same"):
            continue
        service = family.service_of(step)
        if step.resource.type == MODEL:
            name = owners.get(step.resource.urn) or model_name_of(step.resource)
            found.setdefault(name, Pieces(name)).entries.append(step)
        elif service is not None:
            name = owners.get(service) or service.rsplit("::", 1)[-1]
            found.setdefault(name, Pieces(name)).others.append(step)
    return tuple(found[name] for name in sorted(found))


class _Family:
    """Who is whose: catalog entries by OCID, components by what is in them."""

    def __init__(self, plan: Plan) -> None:
        self._entries = [step for step in plan.steps if step.resource.type == MODEL]
        old = [resource for resource in plan.old_resources if resource.type == MODEL]
        self._old_by_id = {resource.id: resource for resource in old}
        self._new_by_id = {
            step.new.id or (step.old.id if step.old else None): step.new
            for step in self._entries
            if step.new is not None and step.operation != "replace"
        }
        self._parents: Mapping[str, str | None] = {
            side.urn: side.parent for step in plan.steps for side in (step.old, step.new) if side is not None
        }

    def entry(self, model_id: str | None, deployment: Step) -> Resource | None:
        """The entry with this OCID; for one that is only made, the one that this deployment can mean."""
        if model_id is None:
            return None
        if model_id != UNKNOWN:
            return self._new_by_id.get(model_id) or self._old_by_id.get(model_id)
        made = [step for step in self._entries if step.operation in ("create", "replace", "import") and step.new]
        for is_meant in (self._is_input, self._is_sibling, self._has_its_name):
            meant = [step.new for step in made if is_meant(step, deployment)]
            if len(meant) == 1:
                return meant[0]
        return None

    def service_of(self, step: Step) -> str | None:
        """The URN of the ModelService that the resource is in."""
        urn: str | None = step.resource.urn
        while urn is not None:
            if urn.rsplit("::", 2)[-2].rsplit("$", 1)[-1] == _SERVICE:
                return urn
            urn = self._parents.get(urn)
        return None

    def _is_input(self, entry: Step, deployment: Step) -> bool:
        return deployment.new is not None and entry.resource.urn in deployment.new.dependencies

    def _is_sibling(self, entry: Step, deployment: Step) -> bool:
        service = self.service_of(deployment)
        return service is not None and self.service_of(entry) == service

    def _has_its_name(self, entry: Step, deployment: Step) -> bool:
        return model_name_of(entry.resource) == deployment.resource.name
