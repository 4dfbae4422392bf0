"""Names that Pulumi makes up, as the official plugin's `SetAutonaming(255, "-")` does."""

from __future__ import annotations

import re
from typing import Any

import pytest
from plugin_engine import Engine, urn

from oci_provider.autonaming import Mode, Naming
from oci_provider.properties import from_struct, to_struct
from oci_provider.protocol import provider_pb2

VERSION_SET = "oci:DataScience/modelVersionSet:ModelVersionSet"
INPUTS = {"compartmentId": "c", "projectId": "p"}


def test_a_name_is_that_of_the_resource_and_seven_hexadecimal_digits():
    assert re.fullmatch(r"wine-[0-9a-f]{7}", Naming("wine").name() or "")


def test_the_same_seed_gives_the_same_name():
    assert Naming("wine", b"seed").name() == Naming("wine", b"seed").name() != Naming("wine", b"other").name()


def test_a_long_name_is_cut_to_255_characters():
    assert len(Naming("w" * 300).name() or "") == 255


@pytest.mark.parametrize(("mode", "name"), [(Mode.ENFORCE, "fixed"), (Mode.PROPOSE, "fixed"), (Mode.DISABLE, None)])
def test_the_stacks_configuration_decides_on_the_name(mode: Mode, name: str | None):
    assert Naming("wine", proposed="fixed", mode=mode).name() == name


def checked(engine: Engine, news: dict[str, Any], olds: dict[str, Any] | None = None, **autonaming: Any) -> Any:
    request = provider_pb2.CheckRequest(urn=urn(VERSION_SET, "wine"), news=to_struct(news), olds=to_struct(olds or {}))
    if autonaming:
        request.autonaming.CopyFrom(provider_pb2.CheckRequest.AutonamingOptions(**autonaming))
    return engine.stub.Check(request)


def test_a_name_that_was_made_up_is_noted_and_stays(engine: Engine):
    first = from_struct(checked(engine, INPUTS).inputs)
    assert first["__defaults"] == ["name"]
    assert from_struct(checked(engine, INPUTS, first).inputs) == first


def test_a_name_that_the_program_sets_is_not_noted(engine: Engine):
    assert from_struct(checked(engine, {**INPUTS, "name": "mine"}).inputs)["__defaults"] == []


def test_a_name_that_must_not_be_made_up_is_asked_for(engine: Engine):
    [failure] = checked(engine, INPUTS, mode=int(Mode.DISABLE)).failures
    assert (failure.property, failure.reason) == ("name", "missing; expected a string")


@pytest.mark.parametrize("defaults", [["name"], []])
def test_what_has_a_name_of_the_programs_is_deleted_before_it_is_replaced(defaults: list[str], engine: Engine):
    olds = {"id": "ocid1.x", **INPUTS, "name": "one"}
    answer = engine.diff(VERSION_SET, "wine", olds, {**INPUTS, "projectId": "q", "name": "one", "__defaults": defaults})
    assert (list(answer.replaces), answer.deleteBeforeReplace) == (["projectId"], not defaults)
