"""After an import: the components around what was imported, and the proof that nothing else would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from paddock import pulumi_run
from paddock.drift.resources import kind_of, name_of
from paddock.errors import PaddockError
from paddock.session import Session

_PLATFORM: Final = "paddock:infra:ModelPlatform"
_COMPONENTS: Final = "paddock:infra:"


@dataclass(frozen=True)
class Settlement:
    """A preview after the import.

    `to_make`: URNs that the stack still has to be told of; `broken`: what would change of the resources that were
    imported, `retagged` where it is only that they get the stack's tags, in place; `others`: what would change of other
    models.
    """

    to_make: tuple[str, ...]
    broken: tuple[str, ...]
    retagged: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def pending(self) -> tuple[str, ...]:
        """What the next `up` would change for the adopted model; nothing where the adoption is whole."""
        return (*self.broken, *self.retagged, *(f"create {kind_of(urn)} {name_of(urn)}" for urn in self.to_make))


def settle(session: Session, model: str, imported: frozenset[str]) -> Settlement:
    """Lets components follow, makes what the stack itself lacks, and returns what the last preview says.

    Components are Pulumi's alone. The project and the log group of a stack that has none yet, and what the stack's
    configuration asks for each model besides (alarms, a version set), are created; what was imported is not touched.
    Raises PaddockError where a preview would change that.
    """
    plan = settlement(_preview(session), model, imported)
    if plan.broken:
        raise PaddockError(
            "the import is in the state, but the next `up` would change what was imported, so nothing more was done:\n"
            + "\n".join(f"  {line}" for line in plan.broken)
        )
    if plan.to_make:
        targets = [word for urn in plan.to_make for word in ("--target", urn)]
        pulumi_run.output(session, ["up", "--stack", session.stack, "--yes", "--skip-preview", *targets])
        plan = settlement(_preview(session), model, imported)
    return plan


def settlement(steps: Sequence[Mapping[str, Any]], model: str, imported: frozenset[str]) -> Settlement:
    """Pure. `imported`: URNs of the adopted resources; what other models wait for is not ours to make."""
    to_make: list[str] = []
    broken: list[str] = []
    retagged: list[str] = []
    others: list[str] = []
    for step in steps:
        urn, operation = step["urn"], step["op"]
        if operation == "same" or kind_of(urn).startswith("pulumi:"):
            continue
        words = f"{operation} {kind_of(urn).rsplit(':', 1)[-1]} {name_of(urn)}"
        if urn in imported:
            paths = list(step.get("detailedDiff") or step.get("diffReasons") or ["?"])
            is_tagged = operation == "update" and all(path.startswith("freeformTags") for path in paths)
            (retagged if is_tagged else broken).append(f"{words}: {', '.join(paths)}")
        elif _is_ours(urn, model) and operation in ("create", "update"):
            to_make.append(urn)
        else:
            others.append(words)
    return Settlement(tuple(to_make), tuple(broken), tuple(retagged), tuple(others))


def _is_ours(urn: str, model: str) -> bool:
    """The adopted model's own components and what hangs on its service, or the stack's platform."""
    chain, name = urn.split("::")[2], name_of(urn)
    if chain.startswith(_PLATFORM):
        return True
    is_inside = chain.startswith(f"{_COMPONENTS}ModelService") and (name == model or name.startswith(f"{model}-"))
    return is_inside and kind_of(urn) not in _NEVER_MADE


# A preview that would make one of these beside what was imported has the import wrong.
_NEVER_MADE: Final = ("oci:DataScience/model:Model", "oci:DataScience/modelDeployment:ModelDeployment")


def _preview(session: Session) -> Sequence[Mapping[str, Any]]:
    steps: Sequence[Mapping[str, Any]] = pulumi_run.read(session, ["preview", "--stack", session.stack, "--json"])[
        "steps"
    ]
    return steps
