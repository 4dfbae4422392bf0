"""The functions that this plugin has, by token: one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oci_provider import artifact
from oci_provider.data_source import FILTERS, DataSource, shown
from oci_provider.errors import UnknownTokenError
from oci_provider.kinds import KINDS
from oci_provider.operation import Operation
from oci_provider.resource import Kind
from oci_provider.rest import IDENTITY
from oci_provider.schema import Field, Fields, Sent, Type, computed, fields, optional, required

_ID = computed("id")
_COMPARTMENT = required("compartment_id")
_STATE = optional("state", json="lifecycleState")
_TAGS = (computed("defined_tags", Type.DEFINED_TAGS), computed("freeform_tags", Type.MAP))
_COMPARTMENT_FIELDS = (
    computed("compartment_id"),
    *_TAGS,
    computed("description"),
    computed("inactive_state", json="inactiveStatus"),
    computed("is_accessible", Type.BOOL),
    computed("name"),
    computed("state", json="lifecycleState"),
    computed("time_created", Type.TIME),
)


class _ModelSource(DataSource):
    """The function that reads one model: its artifact's headers tell the rest."""

    def read(self, operation: Operation, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Add what the headers tell."""
        told = super().read(operation, arguments)
        operation.resource_id = told["id"]
        return {**told, **artifact.facts(operation, told), "emptyModel": None}


def _one(kind: Kind, *path_arguments: str, source: type[DataSource] = DataSource) -> DataSource:
    """The function that reads one resource of a kind."""
    module, _, resource = kind.pulumi_type.rpartition(":")[0].partition("/")
    name = f"get{resource[0].upper()}{resource[1:]}"
    places = [required(argument, sent=Sent.NEVER) for argument in path_arguments]
    return source(
        pulumi_type=f"{module}/{name}:{name}",
        service=kind.service,
        path=f"{kind.collection}/{{{places[-1].name}}}",
        arguments=fields(*places),
        result=shown(kind.schema),
        noun=kind.noun,
    )


def _many(kind: Kind, key: str, *arguments: Field, place: Field = _COMPARTMENT) -> DataSource:
    """The function that lists the resources of a kind."""
    module = kind.pulumi_type.partition("/")[0]
    name = f"get{key[0].upper()}{key[1:]}"
    return DataSource(
        pulumi_type=f"{module}/{name}:{name}",
        service=kind.service,
        path=kind.collection,
        arguments=fields(place, *arguments, FILTERS),
        result=Fields((_ID, *shown(kind.schema).all)),
        key=key,
    )


def _of(name: str) -> Kind:
    return next(kind for token, kind in KINDS.items() if token.endswith(f":{name}"))


def _texts(*names: str) -> tuple[Field, ...]:
    return tuple(optional(name) for name in names)


_COMMON = (*_texts("created_by", "display_name", "id"), _STATE)
_TABLE = (
    _one(_of("Project"), "project_id"),
    _many(_of("Project"), "projects", *_COMMON),
    _one(_of("Model"), "model_id", source=_ModelSource),
    _many(
        _of("Model"),
        "models",
        *_COMMON,
        *_texts("category", "model_version_set_name", "project_id", "version_label"),
        optional("model_version_set_id", sent=Sent.NEVER),  # the service has no such filter, Terraform's has no effect
    ),
    _one(_of("ModelVersionSet"), "model_version_set_id"),
    _many(
        _of("ModelVersionSet"),
        "modelVersionSets",
        *_texts("category", "created_by", "id", "name", "project_id"),
        _STATE,
    ),
    _one(_of("ModelDeployment"), "model_deployment_id"),
    _many(_of("ModelDeployment"), "modelDeployments", *_COMMON, *_texts("project_id")),
    _one(_of("LogGroup"), "log_group_id"),
    _many(_of("LogGroup"), "logGroups", *_texts("display_name"), optional("is_compartment_id_in_subtree", Type.BOOL)),
    _one(_of("Log"), "log_group_id", "log_id"),
    _many(
        _of("Log"),
        "logs",
        *_texts("display_name", "log_type", "source_resource", "source_service"),
        _STATE,
        place=required("log_group_id", sent=Sent.NEVER),
    ),
    DataSource(
        pulumi_type="oci:DataScience/getModelDeploymentShapes:getModelDeploymentShapes",
        service=_of("Model").service,
        path="/modelDeploymentShapes",
        arguments=fields(_COMPARTMENT, FILTERS),
        result=fields(
            computed("core_count", Type.INT),
            computed("memory_in_gbs", Type.INT, json="memoryInGBs"),
            computed("name"),
            computed("shape_series"),
        ),
        key="modelDeploymentShapes",
    ),
    DataSource(
        pulumi_type="oci:Identity/getTenancy:getTenancy",
        service=IDENTITY,
        path="/tenancies/{tenancyId}",
        arguments=fields(required("tenancy_id", sent=Sent.NEVER)),
        result=fields(
            *_TAGS,
            computed("description"),
            computed("home_region_key"),
            computed("name"),
            computed("upi_idcs_compatibility_layer_endpoint"),
        ),
        noun="tenancy",
    ),
    DataSource(
        pulumi_type="oci:Identity/getCompartment:getCompartment",
        service=IDENTITY,
        path="/compartments/{id}",
        arguments=fields(required("id", sent=Sent.NEVER)),
        result=fields(*_COMPARTMENT_FIELDS),
        noun="compartment",
    ),
    DataSource(
        pulumi_type="oci:Identity/getCompartments:getCompartments",
        service=IDENTITY,
        path="/compartments",
        arguments=fields(
            _COMPARTMENT,
            *_texts("access_level", "name"),
            optional("compartment_id_in_subtree", Type.BOOL),
            _STATE,
            FILTERS,
        ),
        result=fields(_ID, *_COMPARTMENT_FIELDS, computed("enable_delete", Type.BOOL)),
        key="compartments",
    ),
    DataSource(
        pulumi_type="oci:Identity/getAvailabilityDomains:getAvailabilityDomains",
        service=IDENTITY,
        path="/availabilityDomains",
        arguments=fields(_COMPARTMENT, FILTERS),
        result=fields(_ID, computed("compartment_id"), computed("name")),
        key="availabilityDomains",
    ),
    DataSource(
        pulumi_type="oci:Identity/getRegionSubscriptions:getRegionSubscriptions",
        service=IDENTITY,
        path="/tenancies/{tenancyId}/regionSubscriptions",
        arguments=fields(required("tenancy_id", sent=Sent.NEVER), FILTERS),
        result=fields(
            computed("is_home_region", Type.BOOL),
            computed("region_key"),
            computed("region_name"),
            computed("state", json="status"),
            computed("tenancy_id"),
        ),
        key="regionSubscriptions",
    ),
)
FUNCTIONS: dict[str, DataSource] = {one.pulumi_type: one for one in _TABLE}


def named(token: str) -> DataSource:
    """Return the function of a token; raises UnknownTokenError with the list of those that are there."""
    if token not in FUNCTIONS:
        raise UnknownTokenError(
            f"{token}: the local oci plugin does not have this function; it has {', '.join(sorted(FUNCTIONS))}. "
            "Use the official plugin for it (`paddock env --official`)"
        )
    return FUNCTIONS[token]
