"""Which steps of a plan belong to which model, and which catalog entry its deployment serves before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from paddock.model_report.catalog_manifest import model_name_of
from paddock.model_report.deployment_settings import Sides, model_id_of, sides, with_written_logs
from paddock.model_report.plan import LOG, MODEL, MODEL_DEPLOYMENT, UNKNOWN, Plan, Resource, Step

_SERVICE = "paddock:infra:ModelService"
# Pulumi's operations after which there is a resource that was not there, or not in the stack.
MAKING = frozenset({"create", "replace", "import", "import-replacement"})


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
        pieces = _of_deployment(step, family)
        found[pieces.name] = pieces
        owners.update({entry.urn: pieces.name for entry in pieces.served if entry is not None})
        owners.setdefault(family.service_of(step) or "", pieces.name)
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


def _of_deployment(step: Step, family: _Family) -> Pieces:
    both = sides(step.old, None if step.operation == "same" else step.new)
    after = both.old if step.operation == "same" else both.new
    served = (family.entry_before(model_id_of(both.old)), family.entry_after(model_id_of(after), step))
    written = Sides(
        with_written_logs(both.old, family.disabled_logs[0]), with_written_logs(after, family.disabled_logs[1])
    )
    return Pieces(step.resource.name, step, written, served)


class _Family:
    """Who is whose: catalog entries by OCID, components by what is in them. Looked up, so that models may be many."""

    def __init__(self, plan: Plan) -> None:
        self._parents: Mapping[str, str | None] = {
            side.urn: side.parent for step in plan.steps for side in (step.old, step.new) if side is not None
        }
        entries = [step for step in plan.steps if step.resource.type == MODEL]
        self._old_by_id = {resource.id: resource for resource in plan.old_resources if resource.type == MODEL}
        stays = [step for step in entries if step.new is not None and step.operation != "replace"]
        self._new_by_id = {_id(step): step.new for step in stays}
        logs = [step for step in plan.steps if step.resource.type == LOG]
        self.disabled_logs = tuple(
            {_id(step) for step, side in ((step, getattr(step, name)) for step in logs) if side and _is_disabled(side)}
            for name in ("old", "new")
        )
        self._made: dict[str, list[Resource]] = {}
        for step in entries:
            if step.operation in MAKING and step.new is not None:
                for key in (step.new.urn, self.service_of(step), f"model {model_name_of(step.new)}"):
                    self._made.setdefault(key or "", []).append(step.new)

    def entry_before(self, model_id: str | None) -> Resource | None:
        """The entry with this OCID, as it is."""
        return self._old_by_id.get(model_id)

    def entry_after(self, model_id: str | None, deployment: Step) -> Resource | None:
        """The entry with this OCID, as it will be; for one that is only made, the one that this deployment can mean.

        That is the one it depends on, else the only one in the same service, else the only one of its name.
        """
        if model_id != UNKNOWN:
            return self._new_by_id.get(model_id) or self._old_by_id.get(model_id)
        inputs = [entry for urn in sorted(deployment.resource.dependencies) for entry in self._made.get(urn, [])]
        siblings = self._made.get(self.service_of(deployment) or "no service", [])
        namesakes = self._made.get(f"model {deployment.resource.name}", [])
        return next((meant[0] for meant in (inputs, siblings, namesakes) if len(meant) == 1), None)

    def service_of(self, step: Step) -> str | None:
        """The URN of the ModelService that the resource is in."""
        urn: str | None = step.resource.urn
        while urn is not None:
            if urn.rsplit("::", 2)[-2].rsplit("$", 1)[-1] == _SERVICE:
                return urn
            urn = self._parents.get(urn)
        return None


def _id(step: Step) -> str | None:
    """The OCID that the resource has; Pulumi leaves it out of the side after where it stays."""
    sides = (step.new, step.old)
    return next((side.id for side in sides if side is not None and side.id is not None), None)


def _is_disabled(log: Resource) -> bool:
    """As it is; as declared where it is only about to be."""
    return log.get("isEnabled") is False
