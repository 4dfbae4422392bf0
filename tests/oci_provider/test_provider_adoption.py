"""What exists already comes into a stack with a clean preview: `pulumi import`, the option `import_`, `.get()`."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_oci as oci
import pytest
from every_kind_program import Words, declare
from pulumi import automation as auto
from pulumi_stack import Bench, plan, resources

from oci_provider.kinds import KINDS


@pytest.fixture
def words(bench: Bench) -> Words:
    return Words(1, bench.place.compartment, bench.place.environment["TF_VAR_tenancy_ocid"])


@pytest.fixture
def made(bench: Bench, words: Words) -> dict[str, dict[str, Any]]:
    """One resource of each kind that no stack knows any more: a stack made them and forgot them."""
    stack = bench.stack(lambda: declare(words), "maker")
    stack.up()
    found = resources(stack)
    forget(stack)
    return found


def forget(stack: auto.Stack) -> None:
    exported = stack.export_stack()
    exported.deployment["resources"] = []
    stack.import_stack(exported)


def import_id(one: dict[str, Any]) -> str:
    if one["type"] != "oci:Logging/log:Log":
        return str(one["id"])
    return f"logGroupId/{one['outputs']['logGroupId']}/logId/{one['id']}"


def tell_artifact(stack: auto.Stack, path: str) -> None:
    """Write into the state which file an imported model came from."""
    exported = stack.export_stack()
    for one in exported.deployment["resources"]:
        if one["type"] == "oci:DataScience/model:Model":
            one["outputs"]["modelArtifact"] = path
    stack.import_stack(exported)


def test_every_kind_is_imported_and_then_shows_no_change(bench: Bench, words: Words, made: dict[str, dict[str, Any]]):
    transfers = {token for token in KINDS if "Artifact" in token}
    assert {one["type"] for one in made.values()} == KINDS.keys() - transfers
    ids = {name: import_id(one) for name, one in made.items()}

    by_command = bench.stack(lambda: declare(words), "by-command")
    told = [{"type": made[name]["type"], "name": name, "id": id_} for name, id_ in ids.items()]
    by_command.import_resources(resources=told, protect=False, generate_code=False)
    assert {name: one["id"] for name, one in resources(by_command).items()} == {
        name: one["id"] for name, one in made.items()
    }
    assert plan(by_command)["model"] == ("replace", {"modelArtifact": "add-replace"})  # OCI does not tell the path
    tell_artifact(by_command, made["model"]["outputs"]["modelArtifact"])
    assert plan(by_command) == {}
    by_command.refresh()
    assert plan(by_command) == {}
    forget(by_command)

    importing = Words(words.number, words.compartment, words.tenancy, ids)
    by_option = bench.stack(lambda: declare(importing), "by-option")
    assert {step for step, _ in plan(by_option).values()} == {"import"}
    by_option.up()
    assert plan(by_option) == {}
    by_option.refresh()
    assert plan(by_option) == {}
    assert_readable(bench, ids)


def assert_readable(bench: Bench, ids: dict[str, str]) -> None:
    """`.get()` reads what another stack has."""
    classes = {
        "project": oci.datascience.Project,
        "versions": oci.datascience.ModelVersionSet,
        "model": oci.datascience.Model,
        "provenance": oci.datascience.ModelProvenance,
        "group": oci.datascience.ModelGroup,
        "endpoint": oci.datascience.PrivateEndpoint,
        "deployment": oci.datascience.ModelDeployment,
        "log-group": oci.logging.LogGroup,
        "log": oci.logging.Log,
        "alarm": oci.monitoring.Alarm,
        "dynamic-group": oci.identity.DynamicGroup,
        "policy": oci.identity.Policy,
    }

    def program() -> None:
        for name, class_ in classes.items():
            pulumi.export(name, class_.get(name, ids[name]).id)

    reader = bench.stack(program, "reader")
    told = {name: output.value for name, output in reader.up().outputs.items()}
    assert told == ids
    assert {step for step, _ in plan(reader).values()} == {"read"}
