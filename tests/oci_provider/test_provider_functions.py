"""Data sources: the arguments and results of pulumi-oci's functions, asked of the real local OCI."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pulumi
import pulumi_oci as oci
import pytest
from plugin_engine import Engine
from pulumi_stack import Bench, Place, write_artifact

from oci_provider.functions import FUNCTIONS
from oci_provider.properties import from_struct, to_struct
from oci_provider.protocol import provider_pb2
from oci_provider.schema import Fields, Type

WANTED = {
    "DataScience": "ModelDeploymentShapes ModelDeployment ModelDeployments Model Models Project Projects "
    "ModelVersionSet ModelVersionSets",
    "Logging": "LogGroup LogGroups Log Logs",
    "Identity": "Tenancy Compartment Compartments AvailabilityDomains RegionSubscriptions",
}


def snake(name: str) -> str:
    return re.sub(r"(?<!^)[A-Z]", r"_\g<0>", name).lower()


def parts(token: str) -> tuple[Any, str]:
    """The Python module of a function and its name there."""
    module, name = re.fullmatch(r"oci:(\w+)/(\w+):\w+", token).groups()
    return importlib.import_module(f"pulumi_oci.{module.lower()}"), name


def theirs(module: Any, class_: type) -> Iterator[tuple[str, bool, Any]]:
    """A result's properties: name, whether it is a list, what class it holds."""
    for name, value in vars(class_).items():
        if isinstance(value, property):
            told = str(inspect.get_annotations(value.fget)["return"])
            held = re.search(r"outputs\.(\w+)", told)
            yield name, "Sequence" in told, getattr(module.outputs, held[1]) if held else None


def assert_same(module: Any, fields: Fields, class_: type, besides: set[str], where: str) -> None:
    found = {name: (is_list, held) for name, is_list, held in theirs(module, class_) if name not in besides}
    assert {snake(one.name) for one in fields.all} == found.keys(), where
    for one in fields.all:
        is_list, held = found[snake(one.name)]
        assert is_list == (one.type in (Type.OBJECTS, Type.STRINGS)), f"{where}.{one.name}"
        assert (held is None) == (one.fields is None), f"{where}.{one.name}"
        if one.fields:
            assert_same(module, one.fields, held, set(), f"{where}.{one.name}")


def test_the_table_has_every_function_that_is_promised():
    names = {f"oci:{module}/get{name}:get{name}" for module, told in WANTED.items() for name in told.split()}
    assert names == FUNCTIONS.keys()


@pytest.mark.parametrize("token", FUNCTIONS)
def test_arguments_are_those_of_pulumi_oci(token: str):
    module, name = parts(token)
    parameters = inspect.signature(getattr(module, snake(name))).parameters
    assert {snake(one.name) for one in FUNCTIONS[token].arguments.all} == parameters.keys() - {"opts"}


@pytest.mark.parametrize("token", FUNCTIONS)
def test_results_are_those_of_pulumi_oci(token: str):
    module, name = parts(token)
    one, class_ = FUNCTIONS[token], getattr(module, f"G{name[1:]}Result")
    arguments = {snake(argument.name) for argument in one.arguments.all} - {
        snake(field.name) for field in one.result.all
    }
    if not one.key:
        assert_same(module, one.result, class_, {*arguments, "id"}, name)
        return
    listed = {property_name: held for property_name, _, held in theirs(module, class_)}
    assert listed.keys() == {snake(argument.name) for argument in one.arguments.all} | {"id", snake(one.key)}
    assert_same(module, one.result, listed[snake(one.key)], set(), name)


def invoke(engine: Engine, token: str, **arguments: Any) -> Any:
    answer = engine.stub.Invoke(provider_pb2.InvokeRequest(tok=token, args=to_struct(arguments)))
    assert list(answer.failures) == []
    return from_struct(getattr(answer, "return"))


def test_a_project_is_found_by_its_id_and_in_a_list(engine: Engine, place: Place):
    token, listed = "oci:DataScience/getProject:getProject", "oci:DataScience/getProjects:getProjects"
    inputs = {"compartmentId": place.compartment, "displayName": "found", "freeformTags": {"a": "b"}}
    made = engine.create("oci:DataScience/project:Project", "found", inputs)
    one = invoke(engine, token, projectId=made["id"])
    assert {name: one[name] for name in ("id", "projectId", "displayName", "freeformTags", "timeCreated")} == {
        "id": made["id"],
        "projectId": made["id"],
        "displayName": "found",
        "freeformTags": {"a": "b"},
        "timeCreated": made["timeCreated"],
    }
    found = invoke(engine, listed, compartmentId=place.compartment, displayName="found", state="ACTIVE")
    assert [project["id"] for project in found["projects"]] == [made["id"]]
    assert found["id"].startswith("DatascienceProjectsDataSource-")


def test_a_list_is_read_to_its_last_page(engine: Engine, place: Place):
    for number in range(3):
        inputs = {"compartmentId": place.compartment, "displayName": f"group-{number}"}
        engine.create("oci:Logging/logGroup:LogGroup", f"group-{number}", inputs)
    groups = invoke(engine, "oci:Logging/getLogGroups:getLogGroups", compartmentId=place.compartment)["logGroups"]
    assert {f"group-{number}" for number in range(3)} <= {group["displayName"] for group in groups}


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"name": "name", "values": ["VM.Standard.E4.Flex"]}, {"VM.Standard.E4.Flex"}),
        ({"name": "name", "values": [r"^VM\.Standard\.E4\.Flex$"], "regex": True}, {"VM.Standard.E4.Flex"}),
        ({"name": "shape_series", "values": ["none of these"]}, set()),
    ],
)
def test_filters_are_applied_on_this_side(wanted: dict[str, Any], names: set[str], engine: Engine, place: Place):
    token = "oci:DataScience/getModelDeploymentShapes:getModelDeploymentShapes"
    shapes = invoke(engine, token, compartmentId=place.compartment, filters=[wanted])["modelDeploymentShapes"]
    assert {shape["name"] for shape in shapes} == names


def test_a_model_tells_its_artifact_and_what_is_inside_as_lists(engine: Engine, place: Place):
    common = {"compartmentId": place.compartment}
    path = write_artifact(place.work_dir / "art.zip")
    project = engine.create("oci:DataScience/project:Project", "p", {**common, "displayName": "p"})
    inputs = {
        **common,
        "projectId": project["id"],
        "modelArtifact": "art.zip",
        "artifactContentLength": str(path.stat().st_size),
        "retentionSetting": {"archiveAfterDays": 30},
        "customMetadataLists": [{"key": "k", "value": "v"}],
    }
    made = engine.create("oci:DataScience/model:Model", "m", inputs)
    one = invoke(engine, "oci:DataScience/getModel:getModel", modelId=made["id"])
    assert one["artifactContentMd5"] == made["artifactContentMd5"]
    assert [setting["archiveAfterDays"] for setting in one["retentionSettings"]] == [30]
    assert [(entry["key"], entry["value"]) for entry in one["customMetadataLists"]] == [("k", "v")]


def test_what_is_not_there_is_an_error_that_names_it(engine: Engine):
    with pytest.raises(grpc.RpcError) as refused:
        invoke(engine, "oci:DataScience/getModel:getModel", modelId="ocid1.datasciencemodel.oc1..none")
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    assert "there is no model ocid1.datasciencemodel.oc1..none" in refused.value.details()


def test_wrong_arguments_are_told_all_at_once(engine: Engine):
    request = provider_pb2.InvokeRequest(
        tok="oci:DataScience/getProjects:getProjects", args=to_struct({"displayNam": "x"})
    )
    failures = {one.property: one.reason for one in engine.stub.Invoke(request).failures}
    assert failures == {
        "displayNam": "no such property; did you mean 'displayName'?",
        "compartmentId": "missing; expected a string",
    }


def test_a_function_that_is_not_here_is_refused_with_those_that_are(engine: Engine):
    with pytest.raises(grpc.RpcError) as refused:
        engine.stub.Invoke(provider_pb2.InvokeRequest(tok="oci:Core/getVcn:getVcn"))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "oci:Core/getVcn:getVcn: the local oci plugin does not have this function" in refused.value.details()
    assert "oci:DataScience/getModel:getModel" in refused.value.details()


def test_a_program_asks_in_a_preview_too(bench: Bench, tmp_path: Path):
    told: dict[str, Any] = {}
    tenancy = bench.place.environment["TF_VAR_tenancy_ocid"]

    def program() -> None:
        told["tenancy"] = oci.identity.get_tenancy(tenancy_id=tenancy).name
        told["regions"] = oci.identity.get_region_subscriptions(tenancy_id=tenancy).region_subscriptions
        told["domains"] = oci.identity.get_availability_domains(compartment_id=tenancy).availability_domains
        told["compartments"] = oci.identity.get_compartments(compartment_id=tenancy).compartments
        told["compartment"] = oci.identity.get_compartment(id=bench.place.compartment).name
        project = oci.datascience.Project("project", compartment_id=bench.place.compartment, display_name="asked")
        found = oci.datascience.get_project_output(project_id=project.id)
        pulumi.export("name", found.display_name)

    stack = bench.stack(program)
    stack.preview()
    assert told["regions"][0].is_home_region
    assert told["domains"]
    assert bench.place.compartment in [one.id for one in told["compartments"]]
    assert stack.up().outputs["name"].value == "asked"
