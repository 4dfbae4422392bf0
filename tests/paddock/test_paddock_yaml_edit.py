"""Edits of YAML that people wrote: the value changes, every other byte stays."""

from __future__ import annotations

import string

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from paddock.yaml_edit import REMOVED, Edit, YamlEditError, edited, flow

TEXT = """\
# How it is served
name: wine        # the name
deployment:       # a stack may say otherwise
  state: ACTIVE             # INACTIVE stops it
  instances: 1              # or autoscaling

  # Mbps
  load_balancer: {bandwidth_mbps: 10, maximum_bandwidth_mbps: 20}   # twice
  logs:
    access: true
    predict: true  # score.py

tags: {team: "oenology"}
"""


def once(text, path, value, instead_of=None):
    return edited(text, [Edit(tuple(path.split(".")), value, instead_of)], file="model.yaml")


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        ("deployment.state", "INACTIVE", "state: ACTIVE  ", "state: INACTIVE  "),
        ("deployment.load_balancer.bandwidth_mbps", 15, "mbps: 10,", "mbps: 15,"),
        ("deployment.load_balancer.maximum_bandwidth_mbps", REMOVED, ", maximum_bandwidth_mbps: 20}", "}"),
        ("deployment.load_balancer.bandwidth_mbps", REMOVED, "{bandwidth_mbps: 10, m", "{m"),
        ("deployment.logs.access", REMOVED, "    access: true\n", ""),
        ("deployment.logs.predict", REMOVED, "predict: true  # score", "  # score"),
        ("deployment.logs", {"access": False}, "logs:\n    access: true\n    predict: true ", "logs: {access: false} "),
        ("deployment.shape", "VM.Standard3.Flex", "score.py\n", "score.py\n  shape: VM.Standard3.Flex\n"),
        ("deployment.environment.A_B", "1: x", "score.py\n", 'score.py\n  environment: {A_B: "1: x"}\n'),
        ("tags.cost", "42", '{team: "oenology"}', '{team: "oenology", cost: "42"}'),
        ("description", "by hand", '"oenology"}\n', '"oenology"}\ndescription: by hand\n'),
    ],
)
def test_only_what_was_asked_for_changes(path, value, old, new):
    assert once(TEXT, path, value) == TEXT.replace(old, new)


def test_a_key_takes_the_place_of_its_alternative_and_the_comment_stays():
    found = once(TEXT, "deployment.autoscaling", {"min": 1, "max": 4}, instead_of="instances")
    assert found == TEXT.replace("instances: 1 ", "autoscaling: {min: 1, max: 4} ")


def test_a_value_that_is_there_already_changes_nothing():
    assert once(TEXT, "deployment.state", "ACTIVE") == TEXT
    assert once(TEXT, "deployment.environment", REMOVED) == TEXT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "a: {b: 1}\n"),
        ("# only a comment\n", "# only a comment\na: {b: 1}\n"),
        ("a:   # nothing yet\n", "a: {b: 1}   # nothing yet\n"),
        ("a: {}\n", "a: {b: 1}\n"),
        ("x: |\n  text\n\n# end\n", "x: |\n  text\na: {b: 1}\n\n# end\n"),
        ("x: 1", "x: 1\na: {b: 1}\n"),
    ],
)
def test_a_missing_place_is_made(text, expected):
    assert once(text, "a.b", 1) == expected


def test_what_it_cannot_write_is_refused_with_the_place():
    with pytest.raises(YamlEditError) as caught:
        once("a: &x {b: 1}\nc: *x\n", "c.b", 2)
    assert "model.yaml: c.b" in str(caught.value)


VALUES = st.one_of(st.integers(), st.booleans(), st.text(string.printable, max_size=12), st.none())
KEYS = st.text(string.ascii_letters + "_-.: #", min_size=1, max_size=6)


@given(st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=3), max_size=3), KEYS, KEYS, VALUES, st.booleans())
def test_any_edit_gives_what_was_meant_or_is_refused(document, outer, inner, value, is_flow):
    text = yaml.safe_dump(document, default_flow_style=is_flow or None)
    found = edited(text, [Edit((outer, inner), value)], file="model.yaml")
    assert yaml.safe_load(found) == {**document, outer: {**document.get(outer, {}), inner: value}}
    back = edited(found, [Edit((outer, inner), REMOVED)], file="model.yaml")
    assert inner not in yaml.safe_load(back)[outer]


@given(st.recursive(VALUES, lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=5))
def test_a_value_on_one_line_reads_as_itself(value):
    assert yaml.safe_load(flow(value)) == value
