"""Every kind through its whole life, in a table: the real plugin process, the real local OCI."""

from __future__ import annotations

from typing import Any

import pytest
from lives import BY_TOKEN, EXPORT, IMPORT, LIVES, LOG, PROJECT, PROVENANCE, Life
from plugin_engine import Engine
from pulumi_stack import Place, write_artifact

from oci_provider.kinds import KINDS
from oci_provider.properties import UNKNOWN
from oci_provider.protocol import provider_pb2


class World:
    """Creates what a life needs."""

    def __init__(self, engine: Engine, place: Place) -> None:
        self._engine = engine
        self._values = {"$C": place.compartment, "$T": place.environment["TF_VAR_tenancy_ocid"]}
        path = write_artifact(place.work_dir / "art.zip")
        self._values["$SIZE"] = str(path.stat().st_size)

    def inputs(self, life: Life) -> dict[str, Any]:
        for token in life.needs:
            if token not in self._values:
                made = self._engine.create(token, "needed", self.inputs(BY_TOKEN[token]))
                self._values[token] = made["id"]
        return self._filled(life.inputs)

    def _filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        return self._values.get(value, value) if isinstance(value, str) else value


@pytest.fixture
def world(engine: Engine, place: Place) -> World:
    return World(engine, place)


NONE, SOME = provider_pb2.DiffResponse.DIFF_NONE, provider_pb2.DiffResponse.DIFF_SOME


def test_the_table_has_every_kind():
    assert {*BY_TOKEN, EXPORT, IMPORT} == KINDS.keys()


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.token)
def test_the_whole_life(life: Life, engine: Engine, world: World):
    token = life.token
    inputs = engine.check(token, "one", world.inputs(life))
    planned = engine.create(token, "one", inputs, preview=True)
    assert {name for name, value in planned.items() if value is UNKNOWN} >= {
        one.name for one in KINDS[token].schema.all if one.is_computed and one.name not in inputs
    }
    made = engine.create(token, "one", inputs)
    assert engine.diff(token, "one", made, engine.check(token, "one", inputs, made)).changes == NONE

    read = engine.read(token, made["id"], made, inputs)
    assert (read.id, as_dict(read.properties), as_dict(read.inputs)) == (made["id"], made, inputs)

    news = engine.check(token, "one", {**inputs, **life.change}, made)
    answer = engine.diff(token, "one", made, news)
    assert (answer.changes, list(answer.replaces)) == (SOME, [])
    assert set(answer.diffs) == life.change.keys()
    previewed = engine.update(token, "one", made, news, preview=True)
    changed = engine.update(token, "one", made, news)
    assert {name: changed[name] for name in life.change} == {name: previewed[name] for name in life.change}
    assert changed["id"] == made["id"]
    assert engine.diff(token, "one", changed, news).changes == NONE

    engine.delete(token, "one", changed)
    if token != PROVENANCE:  # it goes with its model
        assert engine.read(token, made["id"], changed, news).id == ""
    engine.delete(token, "one", changed)


def as_dict(struct: Any) -> dict[str, Any]:
    from oci_provider.properties import from_struct

    return from_struct(struct)


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.token)
def test_an_import_is_the_state_without_a_difference(life: Life, engine: Engine, world: World):
    token = life.token
    made = engine.create(token, "one", engine.check(token, "one", world.inputs(life)))
    import_id = f"logGroupId/{made['logGroupId']}/logId/{made['id']}" if token == LOG else made["id"]
    read = engine.read(token, import_id)
    found, inputs = as_dict(read.properties), as_dict(read.inputs)
    assert read.id == made["id"]
    assert {name for name in made if found.get(name) != made[name]} == life.unknown_to_import
    assert engine.diff(token, "one", found, inputs).changes == NONE


def test_a_log_needs_its_group_to_be_imported(engine: Engine):
    with pytest.raises(Exception, match="a log is imported as 'logGroupId/"):
        engine.read(LOG, "ocid1.log.oc1..x")


def test_another_compartment_is_a_move_in_place(engine: Engine, world: World):
    life = BY_TOKEN[PROJECT]
    made = engine.create(PROJECT, "one", world.inputs(life))
    news = {**world.inputs(life), "compartmentId": "ocid1.compartment.oc1..elsewhere"}
    with pytest.raises(Exception, match="elsewhere"):
        engine.update(PROJECT, "one", made, news)
