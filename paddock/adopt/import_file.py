"""The file for `pulumi import --file`: what an adopted deployment is, below the program's components. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from paddock.adopt.found import Found
from paddock.adopt.model_yaml_text import is_imported
from paddock.drift.resources import DEPLOYMENT, ENTRY, LOG, SERVICE

_COMPONENT: Final = "paddock:infra:"


@dataclass(frozen=True)
class ImportedResource:
    """One line of the file. `key`: its name in the file; `parent`: another one's key; no `id`: a component."""

    key: str
    kind: str
    name: str
    urn: str
    parent: str | None = None
    id: str | None = None


def imported_resources(
    found: Found, *, model: str, entry_name: str, stack: str, project: str
) -> tuple[ImportedResource, ...]:
    """Parents before their children. `entry_name`: what the program calls the catalog entry."""
    prefix = f"urn:pulumi:{stack}::{project}::"

    def component(key: str, noun: str, name: str) -> ImportedResource:
        kind = f"{_COMPONENT}{noun}"
        return ImportedResource(key, kind, name, f"{prefix}{SERVICE}${kind}::{name}", "service")

    def child(parent: ImportedResource, kind: str, name: str, resource_id: str) -> ImportedResource:
        chain = parent.urn.removeprefix(prefix).split("::")[0]
        return ImportedResource(
            f"{parent.key}/{name}", kind, name, f"{prefix}{chain}${kind}::{name}", parent.key, resource_id
        )

    entry = component("entry", "ModelCatalogEntry", entry_name)
    logs = component("logs", "LoggingGroup", model)
    deployment = component("deployment", "ModelDeployment", model)
    return (
        ImportedResource("service", SERVICE, model, f"{prefix}{SERVICE}::{model}"),
        entry,
        child(entry, ENTRY, entry_name, found.model["id"]),
        logs,
        *(child(logs, LOG, f"{model}-{one.category}", one.import_id) for one in found.logs if is_imported(one)),
        deployment,
        child(deployment, DEPLOYMENT, model, found.deployment["id"]),
    )


def import_file(resources: Sequence[ImportedResource], known_urns: Collection[str], version: str) -> dict[str, Any]:
    """The document for those that the stack has not yet; `version`: of the `oci` plugin."""
    missing = [resource for resource in resources if resource.urn not in known_urns]
    parents = {resource.key: resource.urn for resource in resources if resource.urn in known_urns}
    return {"nameTable": parents, "resources": [_line(resource, version) for resource in missing]}


def _line(resource: ImportedResource, version: str) -> Mapping[str, Any]:
    line: dict[str, Any] = {"type": resource.kind, "name": resource.key, "logicalName": resource.name}
    if resource.parent is not None:
        line["parent"] = resource.parent
    return {**line, "component": True} if resource.id is None else {**line, "id": resource.id, "version": version}
