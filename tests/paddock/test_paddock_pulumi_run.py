"""What is read out of the engine's event log."""

from __future__ import annotations

import json

import pytest

from paddock.pulumi_run import _has_new_state


def log(tmp_path, *events):
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    return path


def step(**new):
    old = {"type": "oci:DataScience/model:Model", "protect": True, "parent": "p", "outputs": {"a": 1}}
    return {"resourcePreEvent": {"metadata": {"op": "same", "old": old, "new": {**old, **new}}}}


def stack(old, new):
    sides = [{"type": "pulumi:pulumi:Stack", "outputs": outputs} for outputs in (old, new)]
    return {"resOutputsEvent": {"metadata": {"op": "same", "old": sides[0], "new": sides[1]}}}


def test_nothing_new_is_no_new_state(tmp_path):
    assert not _has_new_state(log(tmp_path, step(), stack({"url": "a"}, {}), stack({"url": "a"}, {"url": "a"})))


@pytest.mark.parametrize("changed", [{"protect": None}, {"parent": "q"}, {"retainOnDelete": True}])
def test_what_only_the_state_holds_is_new_state(tmp_path, changed):
    assert _has_new_state(log(tmp_path, step(**changed), stack({}, {})))


def test_other_outputs_of_the_stack_are_new_state(tmp_path):
    assert _has_new_state(log(tmp_path, step(), stack({"url": "a"}, {"url": "b"})))


def test_no_log_is_no_new_state(tmp_path):
    assert not _has_new_state(tmp_path / "absent")
