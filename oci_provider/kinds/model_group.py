"""oci:DataScience/modelGroup:ModelGroup: several models under one name (OCI.md 4.5).

What a group holds cannot be changed. No answer tells what it was cloned from: the state keeps what the program said.
"""

from __future__ import annotations

from typing import Any

from oci_provider import work_request
from oci_provider.operation import Operation
from oci_provider.resource import Kind
from oci_provider.rest import DATA_SCIENCE
from oci_provider.schema import Field, Sent, Type, computed, fields, optional_computed, required


def _member(name: str, *, is_required: bool = False) -> Field:
    return (required if is_required else optional_computed)(name, force_new=True)


def _details() -> Field:
    return optional_computed(
        "model_group_details",
        Type.OBJECT,
        force_new=True,
        sent=Sent.CREATE,
        fields=fields(
            required("type", force_new=True, ignores_case=True, choices=("HETEROGENEOUS", "HOMOGENEOUS", "STACKED")),
            optional_computed("base_model_id", force_new=True, only_for=frozenset({"STACKED"})),
            optional_computed(
                "custom_metadata_list",
                Type.OBJECTS,
                plural="customMetadataLists",
                force_new=True,
                fields=fields(_member("category"), _member("description"), _member("key"), _member("value")),
            ),
            discriminator="type",
        ),
    )


_CLONE_SOURCE = optional_computed(
    "model_group_clone_source_details",
    Type.OBJECT,
    force_new=True,
    sent=Sent.CREATE,
    kept=True,
    fields=fields(
        required(
            "model_group_clone_source_type",
            force_new=True,
            ignores_case=True,
            choices=("MODEL_GROUP", "MODEL_GROUP_VERSION_HISTORY"),
        ),
        required("source_id", force_new=True),
        optional_computed(
            "modify_model_group_details",
            Type.OBJECT,
            force_new=True,
            fields=fields(
                optional_computed("defined_tags", Type.DEFINED_TAGS, force_new=True),
                _member("description"),
                _member("display_name"),
                optional_computed("freeform_tags", Type.MAP, force_new=True),
                _details(),
                _member("model_group_version_history_id"),
                _member("version_label"),
            ),
        ),
        optional_computed(
            "patch_model_group_member_model_details",
            Type.OBJECT,
            force_new=True,
            fields=fields(
                optional_computed(
                    "items",
                    Type.OBJECTS,
                    force_new=True,
                    fields=fields(
                        _member("operation", is_required=True),
                        required(
                            "values",
                            Type.OBJECTS,
                            force_new=True,
                            fields=fields(_member("model_id", is_required=True), _member("inference_key")),
                        ),
                    ),
                )
            ),
        ),
        discriminator="modelGroupCloneSourceType",
    ),
)
_MEMBERS = optional_computed(
    "member_model_entries",
    Type.OBJECT,
    force_new=True,
    sent=Sent.CREATE,
    fields=fields(
        optional_computed(
            "member_model_details",
            Type.OBJECTS,
            force_new=True,
            fields=fields(_member("inference_key"), _member("model_id")),
        )
    ),
)


class ModelGroup(Kind):
    """A model group; other members, details or sources ask for a new one."""

    pulumi_type = "oci:DataScience/modelGroup:ModelGroup"
    noun = "model group"
    schema = fields(
        required("compartment_id", sent=Sent.CREATE),
        required("create_type", force_new=True, sent=Sent.CREATE, ignores_case=True, choices=("CLONE", "CREATE")),
        required("project_id", force_new=True, sent=Sent.CREATE),
        optional_computed("defined_tags", Type.DEFINED_TAGS),
        optional_computed("description"),
        optional_computed("display_name"),
        optional_computed("freeform_tags", Type.MAP),
        _MEMBERS,
        _CLONE_SOURCE,
        _details(),
        optional_computed("model_group_version_history_id"),
        optional_computed("version_label"),
        computed("created_by"),
        computed("lifecycle_details"),
        computed("model_group_version_history_name"),
        computed("source_model_group_id"),
        computed("state", json="lifecycleState"),
        computed("system_tags", Type.DEFINED_TAGS),
        computed("time_created", Type.TIME),
        computed("time_updated", Type.TIME),
        computed("version_id"),
    )
    service = DATA_SCIENCE
    collection = "/modelGroups"
    deletion_has_work_request = True

    def finish(self, operation: Operation, inputs: dict[str, Any]) -> dict[str, Any]:
        """Follow the creation's work request."""
        if operation.begun_by is not None:
            work_request.follow(operation, self.service, operation.begun_by)
        return self.outputs(operation, self.settled(operation), inputs)

    def update(self, operation: Operation, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Move it if its compartment changed, then PUT."""
        self.move(operation, olds, news)
        answer = self.put(operation, olds, news)
        return self.outputs(operation, answer.body or self.get(operation), {**olds, **news})
