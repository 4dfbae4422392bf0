"""oci:DataScience/model:Model: an entry of the model catalog with its artifact (OCI.md 3.4).

`modelArtifact` is the path of a local file, relative to the program's folder; the service never tells it, so the state
keeps what the program said. An imported model has none in its state: as with the official plugin, a program that names
one then asks for a replacement, unless `modelArtifact` is under `ignoreChanges` or was written into the state.
A creation that broke before its artifact arrived leaves `emptyModel: true`; the next `up` uploads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oci_provider import artifact
from oci_provider.autonaming import Naming
from oci_provider.check import Checked, Failure
from oci_provider.diff import Change, Difference
from oci_provider.operation import Operation
from oci_provider.properties import has_unknown, plain
from oci_provider.resource import Kind
from oci_provider.rest import DATA_SCIENCE
from oci_provider.schema import Fields, Sent, Type, computed, fields, optional_computed, required


def _metadata() -> Fields:
    return fields(
        optional_computed("category"),
        optional_computed("description"),
        optional_computed("has_artifact", Type.BOOL, zero_is_absent=True),
        optional_computed("key"),
        optional_computed("keywords", Type.STRINGS),
        optional_computed("value"),
    )


class Model(Kind):
    """A catalog entry; another artifact, schema or project asks for a new one."""

    pulumi_type = "oci:DataScience/model:Model"
    noun = "model"
    schema = fields(
        required("artifact_content_length", force_new=True, sent=Sent.NEVER, kept=True),
        required("model_artifact", force_new=True, sent=Sent.NEVER, kept=True),
        required("compartment_id", sent=Sent.CREATE),
        required("project_id", force_new=True, sent=Sent.CREATE),
        optional_computed("model_version_set_name", sent=Sent.NEVER),
        optional_computed("model_version_set_id", sent=Sent.UPDATE),
        optional_computed("version_label"),
        optional_computed(
            "backup_setting",
            Type.OBJECT,
            fields=fields(
                required("backup_region"),
                required("is_backup_enabled", Type.BOOL),
                optional_computed("customer_notification_type"),
            ),
        ),
        optional_computed("custom_metadata_list", Type.OBJECTS, plural="customMetadataLists", fields=_metadata()),
        optional_computed("defined_metadata_list", Type.OBJECTS, plural="definedMetadataLists", fields=_metadata()),
        optional_computed("artifact_content_disposition", force_new=True, sent=Sent.NEVER, kept=True),
        optional_computed("defined_tags", Type.DEFINED_TAGS),
        optional_computed("description"),
        optional_computed("display_name"),
        optional_computed("freeform_tags", Type.MAP),
        optional_computed("input_schema", force_new=True, sent=Sent.CREATE),
        optional_computed("output_schema", force_new=True, sent=Sent.CREATE),
        optional_computed(
            "retention_setting",
            Type.OBJECT,
            fields=fields(
                required("archive_after_days", Type.INT),
                optional_computed("customer_notification_type"),
                optional_computed("delete_after_days", Type.INT),
            ),
        ),
        optional_computed(
            "state", json="lifecycleState", sent=Sent.NEVER, ignores_case=True, choices=("ACTIVE", "INACTIVE")
        ),
        computed(
            "backup_operation_details",
            Type.OBJECTS,
            json_is_single=True,
            fields=fields(
                computed("backup_state"), computed("backup_state_details"), computed("time_last_backup", Type.TIME)
            ),
        ),
        computed("category", empty_is_text=True),
        computed("is_model_by_reference", Type.BOOL),
        computed("lifecycle_details"),
        computed(
            "retention_operation_details",
            Type.OBJECTS,
            json_is_single=True,
            fields=fields(
                computed("archive_state"),
                computed("archive_state_details"),
                computed("delete_state"),
                computed("delete_state_details"),
                computed("time_archival_scheduled", Type.TIME),
                computed("time_deletion_scheduled", Type.TIME),
            ),
        ),
        computed("artifact_content_md5", kept=True),
        computed("artifact_last_modified", kept=True),
        computed("created_by"),
        computed("empty_model", Type.BOOL, kept=True),
        computed("time_created", Type.TIME),
    )
    service = DATA_SCIENCE
    collection = "/models"

    def check(self, news: Mapping[str, Any], olds: Mapping[str, Any], naming: Naming) -> Checked:
        """Besides its fields, check the artifact's file, unless it is the one that was uploaded already."""
        checked = super().check(news, olds, naming)
        inputs, before = plain(checked.inputs), plain(dict(olds))
        told = ("modelArtifact", "artifactContentLength")
        if any(inputs.get(name) is None or has_unknown(inputs[name]) for name in told):
            return checked
        if any(inputs[name] != before.get(name) for name in told):
            problems = artifact.problems(Path(str(inputs[told[0]])), str(inputs[told[1]]))
            checked.failures += [Failure(property_name, reason) for property_name, reason in problems]
        return checked

    def diff(self, olds: dict[str, Any], news: dict[str, Any], ignore_changes: list[str]) -> list[Difference]:
        """Besides its fields, a model whose artifact never arrived differs."""
        found = super().diff(olds, news, ignore_changes)
        if olds.get("emptyModel") is True and not any(one.path[0] == "modelArtifact" for one in found):
            found.append(Difference(("modelArtifact",), Change.UPDATE))
        return found

    def finish(self, operation: Operation, inputs: dict[str, Any]) -> dict[str, Any]:
        """See it ACTIVE, deactivate it if the program says so, then upload the artifact."""
        self.settled(operation)
        if _wants(inputs, "INACTIVE"):
            self._switch(operation, "deactivate", "INACTIVE")
        artifact.upload(operation, inputs)
        return self.outputs(operation, self.get(operation), inputs)

    def outputs(self, operation: Operation, body: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
        """Add what the artifact's headers tell."""
        return super().outputs(operation, body, {**kept, **artifact.facts(operation, kept)})

    def update(self, operation: Operation, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Upload an artifact that is missing, deactivate, move, PUT, activate: a model is changed while INACTIVE."""
        body = self.settled(operation)
        if artifact.facts(operation, news)["emptyModel"]:
            artifact.upload(operation, news)
        end_inactive = _wants(news, "INACTIVE") or (news.get("state") is None and body["lifecycleState"] == "INACTIVE")
        if body["lifecycleState"] == "ACTIVE":
            self._switch(operation, "deactivate", "INACTIVE")
        self.move(operation, olds, news)
        body = self.put(operation, olds, news).body or self.get(operation)
        if not end_inactive:
            body = self._switch(operation, "activate", "ACTIVE")
        return self.outputs(operation, body, news)

    def _switch(self, operation: Operation, action: str, target: str) -> dict[str, Any]:
        self.act(operation, {}, action)
        return self.reached(operation, target, action)


def _wants(inputs: Mapping[str, Any], state: str) -> bool:
    return str(inputs.get("state") or "").upper() == state
