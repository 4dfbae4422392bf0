"""The pack's config.json: read whole, refused with all its mistakes; the committed one changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policy.governance.configuration import ConfigurationError, read_configuration, refuse_unknown_settings
from policy.governance.rule import defaults
from policy.governance.rules import RULES
from policy.governance.shape import SHAPE_BOUNDS

COMMITTED = Path(__file__).parents[2] / "policy" / "config.json"


def configured(tmp_path, content):
    path = tmp_path / "config.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return read_configuration(path, RULES)


def test_every_rule_has_a_name_of_its_own():
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_the_committed_configuration_names_every_rule_and_changes_no_default():
    committed = read_configuration(COMMITTED, RULES)

    assert list(committed) == [rule.name for rule in RULES]
    for rule in RULES:
        stated = dict(committed[rule.name])
        assert stated.pop("enforcementLevel") == rule.level
        assert stated.items() <= defaults(rule).items()


def test_a_level_alone_and_a_level_with_settings_are_both_read(tmp_path):
    read = configured(tmp_path, {"all": "mandatory", "shape-bounds": {"enforcementLevel": "advisory", "maxOcpus": 8}})

    assert read == {
        "all": {"enforcementLevel": "mandatory"},
        "shape-bounds": {"enforcementLevel": "advisory", "maxOcpus": 8},
    }


@pytest.mark.parametrize("content", ["", "{}"])
def test_an_empty_configuration_says_nothing(tmp_path, content):
    assert configured(tmp_path, content) == {}


def test_no_configuration_file_says_nothing(tmp_path):
    assert read_configuration(tmp_path / "config.json", RULES) == {}


def test_all_mistakes_are_told_at_once(tmp_path):
    wrong = {
        "log-on": "mandatory",
        "logs-on": "obligatory",
        "shape-bounds": {"maxOcpu": 8},
        "budget": 5,
        "all": {"enforcementLevel": "advisory", "maxOcpus": 8},
    }
    with pytest.raises(ConfigurationError) as refused:
        configured(tmp_path, wrong)

    told = str(refused.value).splitlines()
    assert told[0].startswith("config.json: log-on: unknown rule, expected all or one of logs-on, ")
    assert told[1:] == [
        "config.json: logs-on: enforcementLevel must be one of advisory, mandatory, disabled, found 'obligatory'",
        (
            "config.json: shape-bounds: unknown setting maxOcpu, expected one of "
            "allowedShapes, maxOcpus, maxMemoryGbs, maxInstances, maxBandwidthMbps"
        ),
        "config.json: budget: must be a level or an object, found 5",
        "config.json: all: has no setting but enforcementLevel, found maxOcpus",
    ]


@pytest.mark.parametrize("content", ["[]", "nonsense"])
def test_what_is_no_configuration_at_all_is_refused(tmp_path, content):
    with pytest.raises(ConfigurationError, match="must be"):
        configured(tmp_path, content)


def test_a_setting_that_no_rule_has_is_refused_wherever_it_came_from():
    with pytest.raises(ConfigurationError, match="shape-bounds: unknown setting maxOcpu"):
        refuse_unknown_settings(SHAPE_BOUNDS, {"maxOcpu": 8, "maxOcpus": 8})
