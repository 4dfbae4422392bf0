"""Which changes can be written into the user's files, where, and why the others can't. Pure.

A value goes to where it is written now: into the stack's overrides (`paddock:models`) if they set it, else into
model.yaml.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from artifact_builder import ModelYaml
from paddock.drift import model_words
from paddock.drift.changes import SECRET, Change
from paddock.drift.resources import DEPLOYMENT, ENTRY, LOG, Resource
from paddock.yaml_edit import REMOVED, Edit

_TAGGED: Final = (DEPLOYMENT, ENTRY, LOG)
_ALTERNATIVES: Final = {"instances": "autoscaling", "autoscaling": "instances"}


@dataclass(frozen=True)
class Left:
    """A change that is not adopted, and why."""

    change: Change
    why: str


@dataclass(frozen=True)
class Adoption:
    """Edits of each model's model.yaml, edits of the stack's file, the changes they take over, and what is left."""

    model_edits: Mapping[str, tuple[Edit, ...]] = field(default_factory=dict)
    stack_edits: tuple[Edit, ...] = ()
    adopted: tuple[Change, ...] = ()
    left: tuple[Left, ...] = ()


@dataclass(frozen=True)
class Context:
    """What the plan must know besides: the models with the stack's overrides on, the overrides and tags themselves.

    `tagged_counts`: how many resources of each model carry its tags. `into_stack`: all of `deployment` goes into the
    stack's file, whatever stands there now.
    """

    models: Mapping[str, ModelYaml]
    overrides: Mapping[str, Mapping[str, object]]
    stack_tags: Mapping[str, str]
    tagged_counts: Mapping[str, int]
    into_stack: bool = False


def tagged_counts(resources: Sequence[Resource]) -> dict[str, int]:
    """How many resources of each model carry its tags: catalog entry, deployment, logs."""
    return Counter(resource.model for resource in resources if resource.model is not None and resource.kind in _TAGGED)


def adoption(changes: Sequence[Change], context: Context) -> Adoption:
    """The plan: each change is adopted by edits, or left with a reason."""
    model_edits: dict[str, list[Edit]] = {}
    stack_edits: list[Edit] = []
    adopted: list[Change] = []
    left: list[Left] = []
    for change in changes:
        planned = _edit(change, changes, context)
        if isinstance(planned, str):
            left.append(Left(change, planned))
            continue
        adopted.append(change)
        model = str(change.resource.model)
        if planned.path[0] == "deployment" and _is_overridden(planned, context.overrides.get(model, {}), context):
            stack_edits.append(_in_stack(planned, model))
        else:
            model_edits.setdefault(model, []).append(planned)
    once = {model: tuple(_once(edits)) for model, edits in model_edits.items()}
    return Adoption(once, tuple(_once(stack_edits)), tuple(adopted), tuple(left))


def _once(edits: Sequence[Edit]) -> list[Edit]:
    """Each edit once: a tag of all resources is found on all of them."""
    return [edit for position, edit in enumerate(edits) if edit not in edits[:position]]


def _edit(change: Change, changes: Sequence[Change], context: Context) -> Edit | str:
    """The edit of model.yaml that takes a change over, or why there is none."""
    keys = model_words.keys(change)
    if (why := _obstacle(change, context)) is not None:
        return why
    if keys is None:
        return _no_keys(change)
    if keys[0] in ("tags", "description"):
        return _shared(change, keys, changes, context)
    return _log(change, keys) if keys[:2] == ("deployment", "logs") else _plain(change, keys)


def _obstacle(change: Change, context: Context) -> str | None:
    """What keeps any change of this resource, or of this property, out of model.yaml."""
    model = change.resource.model
    if model is None:
        return "it belongs to the whole stack; no model.yaml says it"
    if model not in context.models:
        return f"there is no model.yaml of {model} any more"
    if SECRET in (change.declared, change.found):
        return "it is a secret: `pulumi config set --secret` sets it"
    if change.path == model_words.SERVED:
        return "model.yaml names no model by its OCID: a pin in the stack's configuration, or the model's files, decide"
    return None


def _no_keys(change: Change) -> str:
    if not change.is_gone:
        return "model.yaml has no key for it"
    if change.resource.kind == DEPLOYMENT:
        return f"what is gone can't be declared; to end it for good, remove models/{change.resource.model}"
    return "what is gone can't be declared"


def _plain(change: Change, keys: tuple[str, ...]) -> Edit | str:
    value = model_words.value_words(change, change.found)
    if keys == ("deployment", "state") and value not in ("ACTIVE", "INACTIVE"):
        return f"{value} is no state that can be declared, only ACTIVE and INACTIVE are"
    if change.path != model_words.SCALING:
        return Edit(keys, REMOVED if value is None else value)
    if isinstance(value, Mapping) and "min" not in value:
        return "model.yaml's autoscaling can't say it: one threshold policy with one predefined metric is what it has"
    key = "instances" if isinstance(value, int) else "autoscaling"
    return Edit(("deployment", key), value, instead_of=_ALTERNATIVES[key])


def _log(change: Change, keys: tuple[str, ...]) -> Edit | str:
    if change.is_gone or change.resource.kind == LOG:
        return Edit(keys, bool(change.found))
    if model_words.value_words(change, change.found):
        return "it is another log than the stack's"
    return f"its log is still there, and `{keys[-1]}: false` in model.yaml would delete it"


def _shared(change: Change, keys: tuple[str, ...], changes: Sequence[Change], context: Context) -> Edit | str:
    """A tag or the description: model.yaml says them for all resources of the model, `deployment` for itself alone."""
    model = str(change.resource.model)
    value = REMOVED if change.found in (None, "") else change.found
    alike = [
        other
        for other in changes
        if other.resource.model == model and model_words.keys(other) == keys and other.found == change.found
    ]
    kinds = 2 if keys[0] == "description" else context.tagged_counts.get(model, 0)
    if keys[0] == "tags" and keys[1] in context.stack_tags:
        return f"paddock:tags of the stack says {keys[1]} for all its resources"
    if len(alike) == kinds:
        return Edit(keys, value)
    if change.resource.kind != DEPLOYMENT:
        return f"model.yaml's {keys[0]} is that of all resources of the model, and this one alone was changed"
    if value is REMOVED and not _is_own(keys, context.models[model]):
        return (
            f"model.yaml's {keys[0]} is that of all resources of the model, and it was taken from the deployment alone"
        )
    return Edit(("deployment", *keys), value)


def _is_own(keys: tuple[str, ...], model: ModelYaml) -> bool:
    """Whether the deployment says this tag or this description for itself."""
    return keys[-1] in model.deployment.tags if keys[0] == "tags" else model.deployment.description is not None


def _is_overridden(edit: Edit, overrides: Mapping[str, object], context: Context) -> bool:
    if context.into_stack:
        return True
    below: Any = overrides
    for key in edit.path[1:]:
        if not isinstance(below, Mapping) or not {key, edit.instead_of} & below.keys():
            return False
        below = below.get(key)
    return True


def _in_stack(edit: Edit, model: str) -> Edit:
    """The same in `Pulumi.<stack>.yaml`. No key there means model.yaml's value: what is not set is written as null."""
    is_entry_of_map = edit.path[1] in ("tags", "defined_tags", "environment")
    value = None if edit.value is REMOVED and not is_entry_of_map else edit.value
    return Edit(("config", "paddock:models", model, *edit.path[1:]), value, edit.instead_of)
