"""A state moved to the official plugin: its way back to Terraform's state gives every argument, by name and by type.

`recovered` is what pulumi-terraform-bridge does with `__pulumi_raw_state_delta` (pkg/tfbridge/rawstate.go).
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from test_provider_diff import objects, only_for_its_subtype, state_of
from test_provider_schema import terraforms

from oci_provider.kinds import KINDS


class TerraformMap(dict[str, Any]):
    """What Terraform holds as a map and not as an object."""


class TerraformSet(list[Any]):
    """What Terraform holds as a set."""


def recovered(value: Any, delta: dict[str, Any]) -> Any:
    if "plu" in delta:
        return [] if value is None else [recovered(value, delta["plu"].get("i", {}))]
    if "map" in delta:
        return TerraformMap(value)
    if "obj" in delta:
        return _object(value, delta["obj"])
    for word, kind in (("arr", list), ("set", TerraformSet)):
        if word in delta:
            elements = delta[word].get("el", {})
            return kind(recovered(item, elements.get(str(index), {})) for index, item in enumerate(value))
    assert not isinstance(value, dict), f"the bridge cannot tell a map from an object: {value}"
    return value


def _object(value: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    parts, renamed = told.get("ps", {}), told.get("renamed", {})
    return {
        renamed.get(name, re.sub(r"(?<!^)[A-Z]", r"_\g<0>", name).lower()): recovered(item, parts.get(name, {}))
        for name, item in value.items()
        if not name.startswith("__")
    }


PRIMITIVES = {"String": str, "Int": int, "Float": (int, float), "Bool": bool}


def assert_typed(value: Any, path: tuple[str, ...], schema: dict[tuple[str, ...], tuple[str, set[str]]]) -> None:
    inside = {one[-1] for one in schema if one[:-1] == path}
    assert value.keys() == inside | ({"id"} if not path else set()), path
    for name in inside:
        type_, flags = schema[(*path, name)]
        held, where = value[name], (*path, name)
        if type_ in PRIMITIVES:
            assert held is None or isinstance(held, PRIMITIVES[type_]), where
        elif type_ == "Map":
            assert isinstance(held, TerraformMap), where
        else:
            assert type(held) is (TerraformSet if type_ == "Set" else list), where
            assert len(held) <= 1 or "max1" not in flags, where
            for item in held:
                if isinstance(item, dict):
                    assert_typed(item, where, schema)
                else:
                    assert isinstance(item, str), where


@pytest.mark.parametrize("token", KINDS)
def test_terraforms_state_is_whole_and_typed(token: str):
    fields, schema = KINDS[token].schema, terraforms(token)

    @settings(max_examples=25, deadline=None)
    @given(objects(fields))
    def holds(inputs: dict[str, Any]) -> None:
        state = state_of(fields, only_for_its_subtype(fields, inputs))
        assert set(json.loads(state["__meta"])) == {"e2bfb730-ecaa-11e6-8f88-34363bc7c4c0"}
        assert_typed(recovered(state, state["__pulumi_raw_state_delta"]), (), schema)

    holds()
