"""The resources of `pulumi refresh --preview-only --json`: as they were declared last, and as they were found.

Of Pulumi's forms this one tells a property's old and new value: each step carries `oldState` and `newState` whole, and
secrets stay "[secret]" in it (Pulumi CLI 3.257.0). The engine's event log names the changed paths only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from infra.catalog_entry_plan import MODEL_TAG
from oci_provider import property_path
from oci_provider.property_path import Path

DEPLOYMENT: Final = "oci:DataScience/modelDeployment:ModelDeployment"
ENTRY: Final = "oci:DataScience/model:Model"
LOG: Final = "oci:Logging/log:Log"
SERVICE: Final = "paddock:infra:ModelService"


@dataclass(frozen=True)
class Resource:
    """One resource; `found` None: it is gone. `told` are the paths that the plugin itself calls changed.

    `model` is the name of the ModelService that it belongs to, None for what models share.
    """

    urn: str
    kind: str
    name: str
    model: str | None
    declared: Mapping[str, Any]
    found: Mapping[str, Any] | None
    inputs: Mapping[str, Any]
    told: tuple[Path, ...] = ()


def refreshed_resources(refresh: Mapping[str, Any]) -> tuple[Resource, ...]:
    """The resources that a cloud holds, sorted by URN; components and providers are left out."""
    steps = {step["urn"]: step for step in refresh.get("steps") or []}
    parents = {urn: _before(step).get("parent") or "" for urn, step in steps.items()}
    found = [_resource(step, parents) for step in steps.values() if _is_in_a_cloud(_before(step))]
    return tuple(sorted(found, key=lambda resource: resource.urn))


def kind_of(urn: str) -> str:
    """The type at the end of a URN's chain of types."""
    return urn.split("::")[2].rsplit("$", 1)[-1]


def name_of(urn: str) -> str:
    """The resource's name in the program."""
    return urn.split("::", 3)[-1]


def _resource(step: Mapping[str, Any], parents: Mapping[str, str]) -> Resource:
    urn, before = str(step["urn"]), _before(step)
    declared = before.get("outputs") or {}
    is_gone = step["op"] == "delete" or "newState" not in step
    return Resource(
        urn=urn,
        kind=kind_of(urn),
        name=name_of(urn),
        model=_model(urn, parents) or (declared.get("freeformTags") or {}).get(MODEL_TAG),
        declared=declared,
        found=None if is_gone else step["newState"].get("outputs") or {},
        inputs=before.get("inputs") or {},
        told=tuple(property_path.parse(path) for path in step.get("detailedDiff") or {}),
    )


def _model(urn: str, parents: Mapping[str, str]) -> str | None:
    return next((name_of(above) for above in _ancestors(urn, parents) if kind_of(above) == SERVICE), None)


def _ancestors(urn: str, parents: Mapping[str, str]) -> Iterator[str]:
    while urn := parents.get(urn, ""):
        yield urn


def _before(step: Mapping[str, Any]) -> Mapping[str, Any]:
    return step.get("oldState") or {}


def _is_in_a_cloud(state: Mapping[str, Any]) -> bool:
    return bool(state.get("custom") and state.get("id")) and not str(state.get("type")).startswith("pulumi:")
