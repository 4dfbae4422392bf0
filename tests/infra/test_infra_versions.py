"""Which catalog entries a program declares, over all that a stack may have been through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.catalog_entry_plan import CatalogEntryPlan
from infra.catalog_versions_plan import PinError, VersionChoice, declared_entries
from infra.load_balancer_plan import for_traffic
from infra.stack_record import stack_record

URN = "urn:pulumi:s::p::paddock:infra:ModelService$"
DIGESTS = [character * 64 for character in "0123456789abcdef"]


def outputs(digest, number, *, name=None):
    urn = f"{URN}oci:DataScience/model:Model::{name or f'wine-{digest[:12]}'}"
    tags = {"paddock-model": "wine", "paddock-digest": digest}
    values = {
        "id": f"ocid-{number}",
        "timeCreated": f"2026-01-{number + 1:02d}",
        "compartmentId": "c",
        "projectId": "p",
    }
    return urn, {"outputs": {**values, "freeformTags": tags, "modelArtifact": f"{digest}.zip", "description": ""}}


def record(digests, served=None, **names):
    resources = dict(outputs(digest, number, name=names.get("name")) for number, digest in enumerate(digests))
    if served is not None:
        details = {"modelConfigurationDetails": {"modelId": f"ocid-{served}"}}
        resources[f"{URN}oci:DataScience/modelDeployment:ModelDeployment::wine"] = {
            "outputs": {
                "modelDeploymentConfigurationDetails": details,
                "categoryLogDetails": {"access": {"logId": "l"}},
            }
        }
    return stack_record(resources)


def current(digest):
    return CatalogEntryPlan("wine", digest, {})


HISTORY = st.lists(st.sampled_from(DIGESTS), min_size=1, max_size=8, unique=True)


@given(HISTORY, st.integers(0, 5), st.sampled_from(DIGESTS))
def test_one_entry_is_served_and_no_name_is_declared_twice(digests, keep, now):
    entries = declared_entries(current(now), VersionChoice(keep), record(digests, served=0))

    assert [entry.is_served for entry in entries].count(True) == 1
    assert entries[0].plan.digest == now
    assert len({entry.name for entry in entries}) == len(entries)
    names = [name for entry in entries for name in (entry.name, *entry.former_names)]
    assert len(set(names)) == len(names), "an alias would claim another entry's resource"


@given(HISTORY, st.integers(1, 5), st.sampled_from(DIGESTS))
def test_the_newest_old_entries_stay_as_many_as_are_kept(digests, keep, now):
    entries = declared_entries(current(now), VersionChoice(keep), record(digests))

    old = [digest for digest in reversed(digests) if digest != now]
    assert [entry.plan.digest for entry in entries[1:]] == old[:keep]


@given(HISTORY, st.integers(0, 5), st.sampled_from(DIGESTS), st.data())
def test_a_pinned_entry_is_served_whatever_the_code_has(digests, keep, now, data):
    pinned = data.draw(st.sampled_from(digests))

    entries = declared_entries(current(now), VersionChoice(keep, pin=pinned[:12]), record(digests, served=0))

    assert entries[0].plan.digest == pinned
    assert now in {entry.plan.digest for entry in entries}


@given(HISTORY, st.integers(0, 5), st.sampled_from(DIGESTS), st.data())
def test_a_held_back_model_goes_on_being_served(digests, keep, now, data):
    served = data.draw(st.integers(0, len(digests) - 1))

    entries = declared_entries(current(now), VersionChoice(keep, is_model_held=True), record(digests, served=served))

    assert entries[0].plan.digest == digests[served]


def test_the_first_kept_entry_was_named_like_the_model():
    entries = declared_entries(current(DIGESTS[1]), VersionChoice(1), record([DIGESTS[0]], name="wine"))

    assert [entry.former_names for entry in entries] == [(), ("wine",)]


def test_without_kept_entries_the_name_is_the_models():
    (entry,) = declared_entries(current(DIGESTS[1]), VersionChoice(0), record([DIGESTS[0]]))

    assert entry.name == "wine"


def test_a_pin_to_nothing_names_what_there_is():
    with pytest.raises(PinError, match="111111111111"):
        declared_entries(current(DIGESTS[0]), VersionChoice(2, pin="f" * 12), record([DIGESTS[1]]))


def test_an_entry_that_paddock_did_not_make_is_left_alone():
    urn, values = outputs(DIGESTS[0], 0)
    del values["outputs"]["freeformTags"]

    assert stack_record({urn: values}).entries == {}


@given(st.floats(0.1, 1000), st.floats(0.1, 1000), st.floats(1, 2))
def test_a_balancer_for_a_traffic_is_one_that_oci_takes(payload_kb, requests_per_second, peak_factor):
    plan = for_traffic(payload_kb=payload_kb, requests_per_second=requests_per_second, peak_factor=peak_factor)

    assert plan.bandwidth_mbps >= max(10, payload_kb * requests_per_second * 8 / 1024)
    if plan.maximum_bandwidth_mbps is not None:
        assert plan.bandwidth_mbps < plan.maximum_bandwidth_mbps <= 2 * plan.bandwidth_mbps
