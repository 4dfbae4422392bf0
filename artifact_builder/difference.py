"""Whether a new artifact breaks those who call the old one: pure, from two manifests with their signatures.

A change is breaking where a request that the old one took would be refused or read wrongly, or where its answer could
no longer be read. score.py decides what that is:

- all columns must be in a request and no others: one more breaks callers as one less does, required or not;
- a list of values has no names: other names break callers that name columns, another order those that don't,
  and they are not even told;
- an answer has no names either: the names of ``predict``'s outputs may change, those of ``predict_proba`` are places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from artifact_builder.accepted_values import narrower, value_kind

_BY_KEY = "records"  # objects of which the estimator takes the keys it knows and leaves the others


@dataclass(frozen=True)
class Change:
    """``path``: what of the manifest changed; ``old``, ``new``: as they stand there, None where there is none."""

    path: str
    old: Any
    new: Any
    sentence: str


@dataclass(frozen=True)
class Difference:
    """``breaking`` and ``compatible`` changes of the signature; ``facts``: what changed besides, for people to know."""

    breaking: tuple[Change, ...]
    compatible: tuple[Change, ...]
    facts: tuple[Change, ...]

    @property
    def is_breaking(self) -> bool:
        """Whether there are callers of the old artifact that the new one would fail."""
        return bool(self.breaking)

    def to_json(self) -> dict[str, object]:
        """For programs."""
        groups = {"breaking": self.breaking, "compatible": self.compatible, "facts": self.facts}
        return {
            "isBreaking": self.is_breaking,
            **{name: [asdict(one) for one in group] for name, group in groups.items()},
        }


def difference(old_manifest: Mapping[str, Any], new_manifest: Mapping[str, Any]) -> Difference:
    """What changed from one artifact to another. Both manifests have a ``signature`` (see ``read_signature``)."""
    old, new = old_manifest["signature"], new_manifest["signature"]
    changes = [*_form_changes(old, new), *_input_changes(old, new), *_output_changes(old, new)]
    return Difference(
        breaking=tuple(change for is_breaking, change in changes if is_breaking),
        compatible=tuple(change for is_breaking, change in changes if not is_breaking),
        facts=tuple(_facts(old_manifest, new_manifest)),
    )


_Changes = Iterator[tuple[bool, Change]]


def _form_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> _Changes:
    kinds = old["input_kind"], new["input_kind"]
    if None not in kinds and kinds[0] != kinds[1]:
        # Frames and arrays take the same requests, but for columns that are named by their numbers: arrays only.
        sentence = f"requests were read as {kinds[0]}, and are read as {kinds[1]} now"
        yield kinds != ("frame", "array"), Change("input_kind", *kinds, sentence)
    if old["strict"] != new["strict"]:
        sentence = (
            "what was understood is refused now: columns in another order, 1.0 for 1, null where no sample has one, "
            "categories that no sample has"
            if new["strict"]
            else "more forms of the same request are understood now"
        )
        yield bool(new["strict"]), Change("strict", old["strict"], new["strict"], sentence)


def _input_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> _Changes:
    by_name = [{column["name"]: column for column in side["inputs"]} for side in (old, new)]
    is_by_key = old["input_kind"] == new["input_kind"] == _BY_KEY
    renamed = {} if is_by_key else _renamed(old["inputs"], new["inputs"])
    for name, column in by_name[0].items():
        path = f"inputs.{name}"
        if name in renamed:
            other = renamed[name]
            sentence = f"column {name!r} seems to be called {other['name']!r} now: requests that name it are refused"
            yield True, Change(path, column, other, sentence)
        elif name not in by_name[1]:
            is_left = f"requests that have {name!r} are {'taken, and it is left' if is_by_key else 'refused'}"
            yield not is_by_key, Change(path, column, None, f"column {name!r} is gone: {is_left}")
        else:
            yield from _column_changes(path, column, by_name[1][name])
    found_again = {column["name"] for column in renamed.values()}
    for name, column in by_name[1].items():
        if name not in by_name[0] and name not in found_again:
            sentence = _added(name, column, is_by_key=is_by_key)
            yield not is_by_key, Change(f"inputs.{name}", None, column, sentence)
    orders = [[name for name in side if name in by_name[0] and name in by_name[1]] for side in by_name]
    if orders[0] != orders[1] and not is_by_key:
        sentence = "columns have another order: lists of values would be read as other columns, without an error"
        yield True, Change("inputs", orders[0], orders[1], sentence)


def _added(name: str, column: Mapping[str, Any], *, is_by_key: bool) -> str:
    if is_by_key:
        return f"{name!r} is known now; requests without it are taken as before"
    may_be_null = "" if column["required"] else " (null will do)"
    return f"column {name!r} is new: requests without it are refused{may_be_null}"


def _renamed(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Columns of the same dtype in the same place under a name that the other side does not have."""
    names = [{column["name"] for column in side} for side in (old, new)]
    if len(old) != len(new):
        return {}
    return {
        before["name"]: after
        for before, after in zip(old, new, strict=True)
        if before["name"] not in names[1] and after["name"] not in names[0] and before["dtype"] == after["dtype"]
    }


def _column_changes(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> _Changes:
    name = old["name"]
    less = narrower(old, new)
    if less is not None:
        yield True, Change(f"{path}.dtype", _typed(old), _typed(new), f"column {name!r}: {less}")
    elif _typed(old) != _typed(new):
        yield False, Change(f"{path}.dtype", _typed(old), _typed(new), f"column {name!r} takes all that it took")
    if old["required"] != new["required"]:
        sentence = (
            f"column {name!r} could be null, and must have a value now (no sample is without)"
            if new["required"]
            else f"column {name!r} may be null now"
        )
        yield bool(new["required"]), Change(f"{path}.required", old["required"], new["required"], sentence)


def _typed(column: Mapping[str, Any]) -> object:
    return {"category": column["categories"]} if column.get("categories") else column["dtype"]


def _output_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> _Changes:
    if None not in (old["method"], new["method"]) and old["method"] != new["method"]:
        sentence = f"answers were those of {old['method']}, and are those of {new['method']} now"
        yield True, Change("method", old["method"], new["method"], sentence)
        return
    counts = len(old["outputs"]), len(new["outputs"])
    names = [[output["name"] for output in side["outputs"]] for side in (old, new)]
    if counts[0] != counts[1]:
        sentence = f"an answer had {_counted(counts[0])} for each row, and has {_counted(counts[1])} now"
        yield True, Change("outputs", names[0], names[1], sentence)
        return
    if names[0] != names[1]:
        are_places = new["method"] != "predict" or set(names[0]) == set(names[1])
        sentence = (
            "the values of an answer, which has no names, stand for something else now"
            if are_places
            else "only the names changed, which are in no answer"
        )
        yield are_places, Change("outputs", names[0], names[1], sentence)
    for before, after in zip(old["outputs"], new["outputs"], strict=True):
        yield from _answer_changes(f"outputs.{after['name']}", before, after)


def _answer_changes(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> _Changes:
    if old["dtype"] != new["dtype"]:
        kinds = value_kind(old["dtype"]), value_kind(new["dtype"])
        is_read_alike = kinds[0] == kinds[1] or kinds in {("float", "int"), ("category", "text"), ("text", "category")}
        sentence = (
            "answers are read as before"
            if is_read_alike
            else f"answers were {old['dtype']} and are {new['dtype']}: JSON has another type for them"
        )
        yield not is_read_alike, Change(f"{path}.dtype", old["dtype"], new["dtype"], sentence)
    labels = old.get("classes"), new.get("classes")
    if labels[0] is None or labels[1] is None or labels[0] == labels[1]:
        return
    unheard = [label for label in labels[1] if label not in labels[0]]
    gone = [label for label in labels[0] if label not in labels[1]]
    sentence = (
        f"answers can be {', '.join(map(repr, unheard))}, of which callers have not heard"
        if unheard
        else f"answers are never {', '.join(map(repr, gone))} any more"
        if gone
        else "the same classes in another order, which no answer shows"
    )
    yield bool(unheard), Change(f"{path}.classes", *labels, sentence)


def _counted(count: int) -> str:
    return "1 value" if count == 1 else f"{count} values"


def _facts(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for path in ("name", "format", "model_file_name"):
        yield from _fact(path, old.get(path), new.get(path))
    for group in ("estimator", "metrics", "versions"):
        before, after = old.get(group) or {}, new.get(group) or {}
        for key in sorted({*before, *after}):
            yield from _fact(f"{group}.{key}", before.get(key), after.get(key))
    members = [{one["name"]: one["sha256"] for one in side.get("members", [])} for side in (old, new)]
    for name in sorted({*members[0], *members[1]}):
        hashes = members[0].get(name), members[1].get(name)
        yield from _fact(f"members.{name}", *(sha256 and sha256[:12] for sha256 in hashes))


def _fact(path: str, old: object, new: object) -> Iterator[Change]:
    if old != new:
        what = "is new" if old is None else "is gone" if new is None else "changed"
        yield Change(path, old, new, f"{path} {what}")
