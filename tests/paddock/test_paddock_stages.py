"""Stages are found from what differs alone."""

from hypothesis import given
from hypothesis import strategies as st

from infra import option_groups
from paddock.staged_up import stages
from paddock.staged_up.stages import ORDER

CHANGES = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.sets(st.sampled_from(ORDER)).map(sorted))


def test_one_group_needs_no_stages():
    assert stages({"wine": ["logs"], "diabetes": []}) == ()


def test_variables_go_before_the_model_that_may_need_them():
    first, second = stages({"wine": ["model, shape and instances", "environment"]})

    assert first.applied == {"wine": "environment"}
    assert first.held_back == {"wine": ("model, shape and instances",)}
    assert second.applied == {"wine": "model, shape and instances"}
    assert second.held_back == {}


@given(CHANGES)
def test_each_group_is_applied_once_and_never_together_with_another_of_its_model(changes):
    found = stages(changes)

    for name, groups in changes.items():
        applied = [stage.applied[name] for stage in found if name in stage.applied]
        assert sorted(applied) == (sorted(groups) if len(groups) > 1 else [])
        for number, stage in enumerate(found):
            waiting = set(stage.held_back.get(name, ()))
            assert waiting == {later.applied[name] for later in found[number + 1 :] if name in later.applied}


def test_every_group_that_oci_has_has_its_place():
    assert set(ORDER) == set(option_groups.GROUPS)
