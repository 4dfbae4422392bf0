"""What the stack's last checkpoint has of the models: the entries that may stay, and what each deployment serves.

The program reads its own stack: an old catalog entry stays declared, as it was recorded, though the artifact that it
was made from may be on no machine any more.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pulumi

from infra.catalog_entry_plan import DIGEST_TAG, MODEL_TAG, CatalogEntryPlan
from infra.provenance_plan import ProvenancePlan

_PATIENCE_S, _PAUSE_S = 10.0, 0.05
_MODEL = "oci:DataScience/model:Model"
_PROVENANCE = "oci:DataScience/modelProvenance:ModelProvenance"
_DEPLOYMENT = "oci:DataScience/modelDeployment:ModelDeployment"
_LOG = "oci:Logging/log:Log"
_PLAIN = {
    "displayName": "display_name",
    "description": "description",
    "modelArtifact": "model_artifact",
    "artifactContentLength": "artifact_content_length",
    "artifactContentDisposition": "artifact_content_disposition",
    "inputSchema": "input_schema",
    "outputSchema": "output_schema",
    "freeformTags": "freeform_tags",
}
_LISTS = {"definedMetadataLists": "defined_metadata_lists", "customMetadataLists": "custom_metadata_lists"}
_METADATA = ("key", "value", "category", "description", "keywords")
_PROVENANCE_KEYS = {
    "gitCommit": "git_commit",
    "gitBranch": "git_branch",
    "repositoryUrl": "repository_url",
    "scriptDir": "script_dir",
    "trainingScript": "training_script",
}


@dataclass(frozen=True)
class RecordedEntry:
    """A catalog entry of the checkpoint. `resource_name`: its name in the stack; `time_created`: sorts as text."""

    model_id: str
    resource_name: str
    time_created: str
    compartment_id: str
    project_id: str
    version_set_id: str | None
    version_label: str | None
    plan: CatalogEntryPlan


@dataclass(frozen=True)
class StackRecord:
    """`entries`: by model, the newest first. `served`: model → OCID of the entry its deployment serves.

    `log_categories`: model → the categories its deployment writes to logs of this stack. `without_environment`:
    models whose deployment was made without an environment block; one that appears would have it replaced.
    `maximum_bandwidths_mbps`:
    model → what its balancer scales up to, where it does.
    """

    entries: Mapping[str, tuple[RecordedEntry, ...]] = field(default_factory=dict)
    served: Mapping[str, str] = field(default_factory=dict)
    log_categories: Mapping[str, frozenset[str]] = field(default_factory=dict)
    without_environment: frozenset[str] = frozenset()
    maximum_bandwidths_mbps: Mapping[str, int] = field(default_factory=dict)


class StackRecordError(Exception):
    """The checkpoint of the stack can't be read."""


@cache
def read_own_stack() -> StackRecord:
    """Asks the engine for the checkpoint of the stack that runs, as it was when the program began.

    To be called before anything is declared: the engine writes the checkpoint with each resource. A state in files is
    not written at once, so a read may meet half a file; it is tried again, for seconds. Raises StackRecordError.
    """
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    deadline_s = time.monotonic() + _PATIENCE_S
    while True:
        try:
            answer = pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {"stackName": name}).value
        except Exception as error:  # the SDK raises no narrower one
            if time.monotonic() > deadline_s:
                raise StackRecordError(f"the stack's own state can't be read: {error}") from error
            time.sleep(_PAUSE_S)
        else:
            return stack_record((answer or {}).get("outputs") or {})


def stack_record(resources: Mapping[str, Mapping[str, Any]]) -> StackRecord:
    """Pure: URN → `{"type", "outputs"}` → what there is of the models."""
    outputs = {urn: (resource.get("outputs") or {}) for urn, resource in resources.items()}
    provenances = {values.get("modelId"): _provenance(values) for values in _of_type(outputs, _PROVENANCE).values()}
    entries: dict[str, list[RecordedEntry]] = {}
    for urn, values in _of_type(outputs, _MODEL).items():
        tags = values.get("freeformTags") or {}
        if MODEL_TAG in tags and DIGEST_TAG in tags and values.get("id"):
            entries.setdefault(tags[MODEL_TAG], []).append(_entry(urn, values, provenances.get(values["id"])))
    deployments = {_name(urn): values for urn, values in _of_type(outputs, _DEPLOYMENT).items()}
    log_ids = frozenset(values.get("id") for values in _of_type(outputs, _LOG).values())
    return StackRecord(
        {
            model: tuple(sorted(found, key=lambda entry: (entry.time_created, entry.model_id), reverse=True))
            for model, found in entries.items()
        },
        {name: _served(values) for name, values in deployments.items() if _served(values)},
        {name: frozenset(_categories(values, log_ids)) for name, values in deployments.items()},
        frozenset(name for name, values in deployments.items() if not _has_environment(values)),
        {
            name: int(maximum)
            for name, values in deployments.items()
            if (maximum := _model_details(values).get("maximumBandwidthMbps"))
        },
    )


def _of_type(outputs: Mapping[str, Mapping[str, Any]], token: str) -> dict[str, Mapping[str, Any]]:
    return {urn: values for urn, values in outputs.items() if urn.split("::")[2].split("$")[-1] == token}


def _entry(urn: str, values: Mapping[str, Any], provenance: ProvenancePlan | None) -> RecordedEntry:
    tags = values["freeformTags"]
    arguments = {ours: values[theirs] for theirs, ours in _PLAIN.items() if values.get(theirs)}
    for theirs, ours in _LISTS.items():
        arguments[ours] = [
            {key: item[key] for key in _METADATA if item.get(key)} for item in values.get(theirs) or []
        ] or None
    return RecordedEntry(
        model_id=values["id"],
        resource_name=_name(urn),
        time_created=str(values.get("timeCreated") or ""),
        compartment_id=values["compartmentId"],
        project_id=values["projectId"],
        version_set_id=values.get("modelVersionSetId") or None,
        version_label=values.get("versionLabel") or None,
        plan=CatalogEntryPlan(tags[MODEL_TAG], tags[DIGEST_TAG], arguments, provenance),
    )


def _provenance(values: Mapping[str, Any]) -> ProvenancePlan:
    return ProvenancePlan(**{ours: values.get(theirs) or None for theirs, ours in _PROVENANCE_KEYS.items()})


def _served(values: Mapping[str, Any]) -> str:
    return str(_model_details(values).get("modelId") or "")


def _model_details(values: Mapping[str, Any]) -> Mapping[str, Any]:
    details = values.get("modelDeploymentConfigurationDetails") or {}
    return details.get("modelConfigurationDetails") or {}


def _has_environment(values: Mapping[str, Any]) -> bool:
    return bool((values.get("modelDeploymentConfigurationDetails") or {}).get("environmentConfigurationDetails"))


def _categories(values: Mapping[str, Any], log_ids: frozenset[Any]) -> set[str]:
    """A log that someone deleted, or that is another's, is not the stack's to go on declaring."""
    written = (values.get("categoryLogDetails") or {}).items()
    return {category for category, details in written if details and details.get("logId") in log_ids}


def _name(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]
