"""What a stack has deployed, read from its state: also after an `up` that failed half-way, when outputs are old."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.catalog_entry_plan import DIGEST_TAG, MODEL_TAG
from paddock import pulumi_run
from paddock.errors import PaddockError, WordsError
from paddock.session import Session

_MODEL = "oci:DataScience/model:Model"
_DEPLOYMENT = "oci:DataScience/modelDeployment:ModelDeployment"


@dataclass(frozen=True)
class CatalogVersion:
    """One catalog entry of a model. `time_created` as the state has it; it sorts as text."""

    digest: str
    model_id: str
    time_created: str = ""


@dataclass(frozen=True)
class DeployedModel:
    """A model and its deployment; each OCID is None where the stack has not (or no longer) made it.

    `digest` and `model_id` are those of the catalog entry that the deployment serves; `versions`: all entries that the
    stack has of the model, the newest first.
    """

    name: str
    digest: str | None = None
    model_id: str | None = None
    deployment_id: str | None = None
    # {"access": (log group's OCID, log's OCID), "predict": …}
    logs: Mapping[str, tuple[str, str]] | None = None
    url: str | None = None
    compartment_id: str | None = None
    versions: tuple[CatalogVersion, ...] = ()

    @property
    def endpoint(self) -> str | None:
        """Where to POST rows to."""
        return f"{self.url}/predict" if self.url else None


def deployed_models(session: Session) -> tuple[DeployedModel, ...]:
    """All models of the stack, by name."""
    export = pulumi_run.read(session, ["stack", "export", "--stack", session.stack])
    return from_state(export)


def deployed_model(session: Session, name: str) -> DeployedModel:
    """The named model; raises WordsError where the stack has no such model."""
    models = {model.name: model for model in deployed_models(session)}
    if name not in models:
        there = ", ".join(sorted(models)) or "none yet; `paddock up` makes them"
        raise WordsError(f"stack {session.stack} has no model named {name}; it has: {there}")
    return models[name]


def require_endpoint(model: DeployedModel) -> str:
    """The model's endpoint; raises PaddockError where there is none yet."""
    if model.endpoint is None:
        raise PaddockError(
            f"{model.name} has no endpoint yet; `paddock up` makes it, `paddock status` says how far it is"
        )
    return model.endpoint


def from_state(export: Mapping[str, Any]) -> tuple[DeployedModel, ...]:
    """Pure: `pulumi stack export` → models. Resources that are about to be deleted do not count."""
    resources = [
        resource
        for resource in (export.get("deployment") or {}).get("resources") or []
        if not resource.get("delete") and resource.get("id")
    ]
    versions: dict[str, list[CatalogVersion]] = {}
    for resource in resources:
        if resource["type"] == _MODEL:
            name, version = _version(resource)
            versions.setdefault(name, []).append(version)
    deployments = {_name(resource): resource for resource in resources if resource["type"] == _DEPLOYMENT}
    return tuple(
        _merged(name, versions.get(name, []), deployments.get(name))
        for name in sorted(versions.keys() | deployments.keys())
    )


def _version(resource: Mapping[str, Any]) -> tuple[str, CatalogVersion]:
    outputs = resource.get("outputs") or {}
    tags = outputs.get("freeformTags") or {}
    name = tags.get(MODEL_TAG, _name(resource))
    return name, CatalogVersion(tags.get(DIGEST_TAG, ""), resource["id"], str(outputs.get("timeCreated") or ""))


def _merged(name: str, versions: list[CatalogVersion], deployment: Mapping[str, Any] | None) -> DeployedModel:
    newest_first = tuple(sorted(versions, key=lambda version: (version.time_created, version.model_id), reverse=True))
    outputs = (deployment or {}).get("outputs") or {}
    served = _served(newest_first, outputs)
    categories = outputs.get("categoryLogDetails") or {}
    return DeployedModel(
        name=name,
        digest=served.digest or None if served else None,
        model_id=served.model_id if served else None,
        deployment_id=(deployment or {}).get("id"),
        logs={
            category: (details["logGroupId"], details["logId"]) for category, details in categories.items() if details
        },
        url=outputs.get("modelDeploymentUrl"),
        compartment_id=outputs.get("compartmentId"),
        versions=newest_first,
    )


def _served(versions: tuple[CatalogVersion, ...], outputs: Mapping[str, Any]) -> CatalogVersion | None:
    """The version that the deployment names; where there is no deployment (or an odd one), the newest."""
    details = outputs.get("modelDeploymentConfigurationDetails") or {}
    model_id = (details.get("modelConfigurationDetails") or {}).get("modelId")
    named = next((version for version in versions if version.model_id == model_id), None)
    return named or (versions[0] if versions else None)


def _name(resource: Mapping[str, Any]) -> str:
    return str(resource["urn"]).rsplit("::", 1)[-1]
