"""A change that breaks callers goes on with permission only."""

from __future__ import annotations

import pytest
from recorded_previews import told

from artifact_builder import load_models
from infra.settings import Settings
from paddock.errors import PaddockError
from paddock.model_report.gate import Permission, in_advance, permission, refuse_breaking

BROKEN = told("column-dropped")["risk"]
FINE = told("bandwidth")["risk"]


def models(tmp_path, text):
    folder = tmp_path / "models" / "risk"
    folder.mkdir(parents=True)
    for name in ("model.pkl", "X.csv"):
        (folder / name).write_text("a\n1\n")
    (folder / "model.yaml").write_text(f"estimator: model.pkl\nsamples: {{X: X.csv}}\n{text}")
    return load_models(tmp_path / "models")


def test_a_refusal_names_model_change_callers_and_the_ways_on():
    with pytest.raises(PaddockError) as caught:
        refuse_breaking([FINE, BROKEN], Permission(is_for_all=False))

    text = str(caught.value)
    assert caught.value.exit_code == 1
    assert text.startswith(f"risk: the new version ({BROKEN.new.digest[:12]}) breaks callers")
    assert BROKEN.old.digest[:12] in text
    assert "column 'weight' is gone: requests that have 'weight' are refused" in text
    assert f"whoever calls {BROKEN.endpoint}" in text
    for way in ("--allow-breaking", "`breaking: allowed`", "paddock:breaking allowed", "risk-2"):
        assert way in text


@pytest.mark.parametrize(
    "given", [Permission(is_for_all=True), Permission(is_for_all=False, models=frozenset({"risk"}))]
)
def test_permission_lets_it_go_on(given):
    refuse_breaking([BROKEN], given)

    assert in_advance([BROKEN], given) == "`paddock up` goes on all the same: that callers break is allowed."


def test_permission_for_another_model_does_not():
    with pytest.raises(PaddockError, match="risk: the new version"):
        refuse_breaking([BROKEN], Permission(is_for_all=False, models=frozenset({"other"})))


def test_what_breaks_nobody_needs_none():
    refuse_breaking([FINE], Permission(is_for_all=False))

    assert in_advance([FINE], Permission(is_for_all=False)) is None


def test_a_preview_says_that_up_will_stop():
    text = in_advance([BROKEN], Permission(is_for_all=False))

    assert text.startswith("`paddock up` will stop: risk would break callers. --allow-breaking")


@pytest.mark.parametrize(
    ("settings", "text", "is_allowed_once", "expected"),
    [
        (Settings("c"), "", False, False),
        (Settings("c"), "breaking: allowed\n", False, True),
        (Settings("c", is_breaking_allowed=True), "", False, True),
        (Settings("c"), "", True, True),
    ],
)
def test_permission_comes_from_the_stack_the_model_or_the_command(tmp_path, settings, text, is_allowed_once, expected):
    given = permission(settings, models(tmp_path, text), is_allowed_once=is_allowed_once)

    assert given.allows(BROKEN) is expected
