"""From a plan to what it means for each model: pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from artifact_builder.difference import difference
from infra import option_groups
from infra.catalog_metadata_plan import rounded
from paddock.model_report.catalog_manifest import digest_of, manifest_from_entry, model_name_of
from paddock.model_report.deployment_settings import changed_groups, model_id_of, settings
from paddock.model_report.model_change import Downtime, Kind, ModelChange, ResourceChange, SchemaChange, Version
from paddock.model_report.pieces import MAKING, Pieces, pieces_of
from paddock.model_report.plan import Plan, Resource, Step

# (model, digest) → the manifest in the artifact's folder; None where that is not on this machine.
ManifestOf = Callable[[str, str], Mapping[str, Any] | None]

_COMPONENTS = "paddock:infra:"
_LABELS = ("freeformTags", "definedTags", "description", "displayName")
_ENDINGS: dict[Kind, str] = {
    "deleted": "the endpoint goes",
    "replaced": "another deployment takes its place, under another address",
    "deactivated": "an INACTIVE deployment answers nobody",
}
# Oracle names all others as updates without downtime, and says nothing of the environment (OCI.md 4.4).
_DOWNTIME_UNKNOWN = {"environment"}


def model_changes(plan: Plan, manifest_of: ManifestOf) -> tuple[ModelChange, ...]:
    """The models of the plan that do not stay as they are, by name."""
    changes = (_change(pieces, manifest_of) for pieces in pieces_of(plan))
    return tuple(change for change in changes if change is not None)


def _change(pieces: Pieces, manifest_of: ManifestOf) -> ModelChange | None:
    paths = pieces.deployment.paths if pieces.deployment else ()
    operation = pieces.deployment.operation if pieces.deployment else None
    groups = changed_groups(pieces.both, paths) if operation == "update" else ()
    kind = _kind(pieces, operation, groups)
    if kind is None:
        return None
    manifests = _manifests(pieces, manifest_of)
    return ModelChange(
        name=pieces.name,
        kind=kind,
        endpoint=_endpoint(pieces.both.old),
        old=_version(manifests[0]),
        new=_version(manifests[1]),
        schema=_schema_change(pieces, *manifests),
        downtime=_downtime(pieces, kind, groups),
        stages=_stages(pieces, groups),
        settings=settings(pieces.both, paths),
        pruned=_pruned(pieces),
        resources=_resource_changes([*pieces.entries, *pieces.others]),
    )


def _kind(pieces: Pieces, operation: str | None, groups: tuple[str, ...]) -> Kind | None:
    by_operation: dict[str | None, Kind] = {
        "create": "created",
        "import": "imported",
        "delete": "deleted",
        "replace": "replaced",
        "import-replacement": "replaced",
    }
    if operation in by_operation:
        return by_operation[operation]
    return _kind_of_update(pieces, groups) if operation == "update" else _kind_around(pieces)


def _kind_of_update(pieces: Pieces, groups: tuple[str, ...]) -> Kind:
    states = _state(pieces.both.old), _state(pieces.both.new)
    if states[1] == "INACTIVE" and states[0] != "INACTIVE":
        return "deactivated"
    if states == ("INACTIVE", "ACTIVE"):
        return "activated"
    if pieces.serves_another:
        made = {step.resource.urn for step in pieces.entries if step.operation in MAKING}
        after = pieces.served[1]
        return "new version" if after is None or after.urn in made else "kept version"
    paths = pieces.deployment.paths if pieces.deployment else ()
    return "labels" if not groups and all(path.startswith(_LABELS) for path in paths) else "settings"


def _kind_around(pieces: Pieces) -> Kind | None:
    """What changes while the deployment, if there is one, stays as it is."""
    if pieces.both.old != pieces.both.new:
        return "settings"
    operations = {step.operation for step in pieces.entries} - {"same"}
    if operations - {"update", "read"}:
        return "catalog"
    if operations:
        return "labels"
    return "resources" if _not_same(pieces.others) else None


def _manifests(pieces: Pieces, manifest_of: ManifestOf) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    """What is known of the artifacts served before and after; without a deployment, of the entry's two sides."""
    served = pieces.served
    if pieces.deployment is None and len(pieces.entries) == 1:
        served = (pieces.entries[0].old, pieces.entries[0].new)
    before = _manifest(served[0], manifest_of)
    after = _manifest(served[1], manifest_of)
    return before, after


def _manifest(entry: Resource | None, manifest_of: ManifestOf) -> Mapping[str, Any] | None:
    """The folder's manifest goes first; what it lacks, the catalog entry may tell."""
    if entry is None:
        return None
    digest = digest_of(entry)
    there = manifest_of(model_name_of(entry), digest) if digest else None
    return {**manifest_from_entry(entry), **(there or {})}


def _version(manifest: Mapping[str, Any] | None) -> Version | None:
    if manifest is None:
        return None
    return Version(
        digest=manifest.get("digest"),
        scikit_learn=(manifest.get("versions") or {}).get("scikit_learn"),
        algorithm=(manifest.get("estimator") or {}).get("algorithm"),
        conda_env=(manifest.get("inference_env") or {}).get("conda_env"),
        metrics=rounded(manifest["metrics"]) if manifest.get("metrics") else None,
        hyperparameters=manifest.get("hyperparameters"),
    )


def _schema_change(pieces: Pieces, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> SchemaChange | None:
    """None where there are no callers, or nothing for them to go on with: a model that comes or goes."""
    deployment = pieces.deployment
    if deployment is None or deployment.old is None or deployment.new is None:
        return None
    if not (pieces.serves_another or deployment.operation == "replace"):
        return SchemaChange(is_breaking=False)
    if _state(pieces.both.old) == "FAILED":
        return SchemaChange(is_breaking=False, compatible=("the deployment is FAILED: nobody is answered now",))
    if old is None:
        because = f"the catalog entry that is served, {model_id_of(pieces.both.old)}, is not in the stack's state"
        return SchemaChange(is_breaking=None, unknown_because=because)
    if new is None:
        return SchemaChange(is_breaking=None, unknown_because="which catalog entry will be served is known only at up")
    return compare(old, new)


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> SchemaChange:
    """Whether `new` breaks callers of `old`, where both tell what callers rely on."""
    if old.get("digest") is not None and old.get("digest") == new.get("digest"):
        return SchemaChange(is_breaking=False)
    for side, word in ((old, "served"), (new, "new")):
        if side.get("signature") is None:
            because = f"the {word} version has no artifact on this machine, and its catalog entry tells no schema"
            return SchemaChange(is_breaking=None, unknown_because=because)
    signatures = [dict(old["signature"]), dict(new["signature"])]
    if signatures[0]["strict"] is None:  # an entry that does not tell; unknown is no change
        signatures[0]["strict"] = signatures[1]["strict"]
    found = difference({"signature": signatures[0]}, {"signature": signatures[1]})
    return SchemaChange(
        is_breaking=found.is_breaking,
        breaking=tuple(one.sentence for one in found.breaking),
        compatible=tuple(one.sentence for one in found.compatible),
    )


def _downtime(pieces: Pieces, kind: Kind, groups: tuple[str, ...]) -> Downtime | None:
    """Only where somebody is answered now: a deployment that is new, INACTIVE or FAILED has no callers to miss it."""
    if _state(pieces.both.old) not in ("ACTIVE", "NEEDS_ATTENTION", "UPDATING"):
        return None
    if kind in _ENDINGS:
        return Downtime(is_expected=True, why=_ENDINGS[kind])
    if not groups:
        return None
    unnamed = [group for group in groups if group in _DOWNTIME_UNKNOWN]
    if unnamed:
        why = f"{' and '.join(unnamed)}: not among the updates that Oracle names as without downtime"
        return Downtime(is_expected=None, why=why)
    return Downtime(is_expected=False, why=f"{', '.join(groups)}: Oracle updates an ACTIVE deployment in place")


def _stages(pieces: Pieces, groups: tuple[str, ...]) -> tuple[str, ...]:
    """The groups that OCI takes one at a time; a deployment that is INACTIVE or FAILED takes all at once."""
    states = _state(pieces.both.old), _state(pieces.both.new)
    is_one_at_a_time = states[0] != "FAILED" and option_groups.is_one_at_a_time(*states)
    return groups if is_one_at_a_time and len(groups) > 1 else ()


def _pruned(pieces: Pieces) -> tuple[str, ...]:
    """Digests of the catalog entries that go."""
    gone = [step for step in pieces.entries if step.operation in ("delete", "replace") and step.old is not None]
    digests = [(digest_of(step.old) if step.old else None, digest_of(step.resource), step.operation) for step in gone]
    return tuple(sorted(old for old, new, operation in digests if old and (operation == "delete" or old != new)))


def _endpoint(properties: Mapping[str, Any]) -> str | None:
    url = properties.get("modelDeploymentUrl")
    return f"{url}/predict" if isinstance(url, str) else None


def _state(properties: Mapping[str, Any]) -> str | None:
    state = properties.get("state")
    return str(state).upper() if state else None


def _not_same(steps: list[Step]) -> list[Step]:
    return [
        step
        for step in steps
        if step.operation not in ("same", "read") and not step.resource.type.startswith(_COMPONENTS)
    ]


def _resource_changes(steps: list[Step]) -> tuple[ResourceChange, ...]:
    """Sorted: the engine's order is that of its threads. Components are left out: they are names, not things."""
    told = [
        ResourceChange(step.operation, step.resource.type.rsplit(":", 1)[-1], step.resource.name, _properties(step))
        for step in _not_same(steps)
    ]
    return tuple(sorted(told, key=lambda one: (one.type, one.name, one.operation)))


def _properties(step: Step) -> tuple[str, ...]:
    """The properties that hold what differs, each once."""
    return tuple(sorted({re.split(r"[.\[]", path, maxsplit=1)[0] for path in step.paths}))
