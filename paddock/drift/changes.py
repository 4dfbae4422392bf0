"""What differs between a resource as it was declared last and as it was found: one Change for each property. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from oci_provider.property_path import Path
from paddock.drift.resources import DEPLOYMENT, Resource

SECRET: Final = "[secret]"  # noqa: S105 - what Pulumi prints in a secret's place
# A property path of no steps stands for the resource itself.
WHOLE: Final[Path] = ()
_BROKEN: Final = ("FAILED", "NEEDS_ATTENTION")
# What OCI moves by itself: no hand and no program sets these.
_MOVED_BY_OCI: Final = frozenset(
    {
        "artifactLastModified",
        "backupOperationDetails",
        "createdBy",
        "id",
        "lifecycleDetails",
        "modelDeploymentSystemDatas",
        "modelDeploymentUrl",
        "retentionOperationDetails",
        "systemTags",
        "tenancyId",
    }
)
# Oracle's tag defaults write this namespace when a resource is made or touched.
_ORACLE_TAGS: Final = "Oracle-Tags."
_DETAILS: Final = ("modelDeploymentConfigurationDetails", "modelConfigurationDetails")
# Compared and told whole: their parts mean nothing alone.
_TOLD_WHOLE: Final = frozenset(
    {(*_DETAILS, "scalingPolicy"), ("categoryLogDetails", "access"), ("categoryLogDetails", "predict")}
)


@dataclass(frozen=True)
class Change:
    """One property that was changed by hand, with Pulumi's values; at WHOLE the resource is gone (found None)."""

    resource: Resource
    path: Path
    declared: Any
    found: Any

    @property
    def is_gone(self) -> bool:
        """Whether the resource itself is not there."""
        return self.path == WHOLE


def changes(resource: Resource) -> tuple[Change, ...]:
    """All changes of one resource. A deployment that is broken counts, also where a refresh has told the state so."""
    if resource.found is None:
        return (Change(resource, WHOLE, resource.declared, None),)
    found = [Change(resource, *one) for one in _differences(resource.declared, resource.found, ())]
    found += [Change(resource, path, SECRET, SECRET) for path in _secret_paths(resource)]
    state = resource.found.get("state")
    if resource.kind == DEPLOYMENT and state in _BROKEN and not any(one.path == ("state",) for one in found):
        found.append(Change(resource, ("state",), resource.inputs.get("state") or "ACTIVE", state))
    return tuple(found)


def _differences(old: Any, new: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    if _same(old, new) or _is_moved_by_oci(path):
        return
    is_map = isinstance(old or new, Mapping) and isinstance(new or old, Mapping)
    if not is_map or path in _TOLD_WHOLE:
        yield path, old, new
        return
    old, new = old or {}, new or {}
    for key in sorted(old.keys() | new.keys()):
        yield from _differences(old.get(key), new.get(key), (*path, key))


def _same(old: Any, new: Any) -> bool:
    """As Terraform compares: what is not set, empty, false or 0 is the same; so are parts that are all unset."""
    if isinstance(old or new, Mapping) and isinstance(new or old, Mapping):
        old, new = old or {}, new or {}
        return all(key.startswith("__") or _same(old.get(key), new.get(key)) for key in old.keys() | new.keys())
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return all(map(_same, old, new))
    return bool(old == new) or (not old and not new)


def _is_moved_by_oci(path: Path) -> bool:
    if not path:
        return False
    name = str(path[0])
    if path[0] == "definedTags" and len(path) > 1:
        return str(path[1]).startswith(_ORACLE_TAGS)
    return name.startswith(("__", "time")) or name in _MOVED_BY_OCI


def _secret_paths(resource: Resource) -> Iterator[Path]:
    """Paths that the plugin calls changed and whose values Pulumi hides: they can't be compared here."""
    for told in resource.told:
        value: Any = resource.declared
        for depth, step in enumerate(told):
            value = value.get(step) if isinstance(value, Mapping) else None
            if value == SECRET:
                yield told[: depth + 1]
                break
