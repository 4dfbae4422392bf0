"""Our fields are those of Terraform's provider, argument by argument, and of pulumi-oci's classes, name by name."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from oci_provider import package_schema
from oci_provider.kinds import KINDS
from oci_provider.schema import Fields, Mode, Type

TF_SCHEMAS = (Path(__file__).parent / "official" / "tf_schemas.txt").read_text()
FILES = {
    "oci:DataScience/project:Project": "datascience_project_resource.go",
    "oci:DataScience/modelVersionSet:ModelVersionSet": "datascience_model_version_set_resource.go",
    "oci:DataScience/model:Model": "datascience_model_resource.go",
    "oci:DataScience/modelProvenance:ModelProvenance": "datascience_model_provenance_resource.go",
    "oci:DataScience/modelDeployment:ModelDeployment": "datascience_model_deployment_resource.go",
    "oci:DataScience/modelGroup:ModelGroup": "datascience_model_group_resource.go",
    "oci:DataScience/modelArtifactExport:ModelArtifactExport": "datascience_model_artifact_export_resource.go",
    "oci:DataScience/modelArtifactImport:ModelArtifactImport": "datascience_model_artifact_import_resource.go",
    "oci:DataScience/privateEndpoint:PrivateEndpoint": "datascience_data_science_private_endpoint_resource.go",
    "oci:Logging/logGroup:LogGroup": "logging_log_group_resource.go",
    "oci:Logging/log:Log": "logging_log_resource.go",
    "oci:Monitoring/alarm:Alarm": "monitoring_alarm_resource.go",
    "oci:Identity/dynamicGroup:DynamicGroup": "identity_dynamic_group_resource.go",
    "oci:Identity/policy:Policy": "identity_policy_resource.go",
}
MODES = {
    Mode.REQUIRED: {"R"},
    Mode.OPTIONAL: {"O"},
    Mode.OPTIONAL_COMPUTED: {"O", "C"},
    Mode.COMPUTED: {"C"},
}
TYPES = {
    Type.STRING: "String",
    Type.TIME: "String",
    Type.INT: "Int",
    Type.FLOAT: "Float",
    Type.BOOL: "Bool",
    Type.MAP: "Map",
    Type.DEFINED_TAGS: "Map",
    Type.STRINGS: "List",
    Type.STRING_SET: "Set",
    Type.OBJECT: "List",
    Type.OBJECTS: "List",
}


def terraforms(token: str) -> dict[tuple[str, ...], tuple[str, set[str]]]:
    """Terraform's arguments: path → (type, flags)."""
    section = next(part for part in TF_SCHEMAS.split("### ") if part.splitlines()[0].endswith("/" + FILES[token]))
    found: dict[tuple[str, ...], tuple[str, set[str]]] = {}
    path: list[str] = []
    for line in section.splitlines()[1:]:
        indent, name, type_, flags = re.fullmatch(r"( *)- (\w+): (\w+) ([\w,]+)", line).groups()
        path = [*path[: len(indent) // 2], name]
        found[tuple(path)] = (type_, set(flags.split(",")))
    return found


def ours(fields: Fields, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], tuple[str, set[str]]]]:
    for one in fields.all:
        flags = set(MODES[one.mode])
        flags |= {"FN"} if one.force_new else set()
        flags |= {"max1"} if one.type is Type.OBJECT else set()
        yield (*path, one.tf_name), (TYPES[one.type], flags)
        if one.fields:
            yield from ours(one.fields, (*path, one.tf_name))


def test_every_kind_is_compared():
    assert FILES.keys() == KINDS.keys()


@pytest.mark.parametrize("token", FILES)
def test_every_argument_is_that_of_terraforms_provider(token: str):
    assert dict(ours(KINDS[token].schema)) == terraforms(token)


def snake(name: str) -> str:
    return re.sub(r"(?<!^)[A-Z]", r"_\g<0>", name).lower()


@pytest.mark.parametrize("token", FILES)
def test_every_property_is_that_of_pulumi_oci(token: str):
    module = importlib.import_module("pulumi_oci." + token.split(":")[1].split("/", maxsplit=1)[0].lower())
    resource = token.rpartition(":")[2]
    fields = KINDS[token].schema
    assert {snake(one.name) for one in fields.inputs()} == properties(getattr(module, f"{resource}Args"))
    assert {snake(one.name) for one in fields.all} == properties(getattr(module, resource))


def properties(class_: type) -> set[str]:
    return {name for name, value in vars(class_).items() if isinstance(value, property)}


def nested(fields: Fields, prefix: str) -> Iterator[tuple[str, Fields]]:
    for one in fields.inputs():
        if one.fields:
            name = prefix + package_schema.type_suffix(one)
            yield name, one.fields
            yield from nested(one.fields, name)


@pytest.mark.parametrize("token", FILES)
def test_every_nested_property_is_that_of_pulumi_oci(token: str):
    module = importlib.import_module("pulumi_oci." + token.split(":")[1].split("/", maxsplit=1)[0].lower())
    for name, fields in nested(KINDS[token].schema, token.rpartition(":")[2]):
        assert {snake(one.name) for one in fields.inputs()} == properties(getattr(module, f"{name}Args")), name


def test_the_package_schema_names_every_kind_and_only_types_that_it_has():
    package = json.loads(package_schema.text())
    assert package["resources"].keys() == KINDS.keys()
    references = set(re.findall(r'"#/types/([^"]+)"', package_schema.text()))
    assert references == package["types"].keys()


def test_types_are_called_as_in_pulumi_oci():
    package = json.loads(package_schema.text())
    module = importlib.import_module("pulumi_oci.datascience")
    told = [token.rpartition(":")[2] for token in package["types"] if token.startswith("oci:DataScience/")]
    names = [f"{name}Result" if name.startswith("Get") else name for name in told]
    outputs = importlib.import_module("pulumi_oci.datascience.outputs")
    assert [name for name in names if not hasattr(module, f"{name}Args") and not hasattr(outputs, name)] == []
