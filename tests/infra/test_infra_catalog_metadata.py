"""What a catalog entry tells of its artifact."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.catalog_metadata_plan import (
    LARGEST_LIST_BYTES,
    LARGEST_VALUE_BYTES,
    custom_metadata,
    defined_metadata,
    use_case_type,
)

MANIFEST = {
    "versions": {"scikit_learn": "1.9.1"},
    "inference_env": {"conda_env": "generalml_p311_cpu_x86_64_v1", "python_version": "3.11"},
    "estimator": {"class": "Pipeline", "algorithm": "LogisticRegression", "kind": "classifier"},
    "hyperparameters": {"logisticregression__C": 1.0},
    "signature": {
        "input_kind": "frame",
        "strict": False,
        "method": "predict",
        "inputs": [{"name": "a", "dtype": "float64", "required": True}],
        "outputs": [{"name": "y", "dtype": "object", "classes": ["no", "yes"]}],
    },
    "metrics": {"accuracy": 0.98765432109},
}
# oci.data_science.models.Metadata.category
ORACLES_CATEGORIES = {
    "Performance",
    "Training Profile",
    "Training and Validation Datasets",
    "Training Environment",
    "Reports",
    "Readme",
    "other",
}


def values(entries):
    return {entry["key"]: entry["value"] for entry in entries}


def test_custom_metadata_tells_what_the_schemas_do_not():
    told = values(custom_metadata(MANIFEST))

    assert told == {
        "InferenceCondaEnv": "generalml_p311_cpu_x86_64_v1",
        "Metrics": '{"accuracy":0.987654}',
        "Signature": '{"classes":[["no","yes"]],"input_kind":"frame","method":"predict","strict":false}',
        "SklearnVersion": "1.9.1",
    }


def test_defined_metadata_has_oracles_keys():
    assert values(defined_metadata(MANIFEST)) == {
        "Algorithm": "LogisticRegression",
        "Framework": "scikit-learn",
        "FrameworkVersion": "1.9.1",
        "Hyperparameters": '{"logisticregression__C":1.0}',
        "UseCaseType": "binary_classification",
    }


def test_categories_are_oracles():
    assert {entry["category"] for entry in custom_metadata(MANIFEST)} <= ORACLES_CATEGORIES


def test_what_the_manifest_does_not_tell_is_left_out():
    manifest = {"versions": {"scikit_learn": "1.9.1"}, "estimator": {"algorithm": "Ridge"}}

    assert values(custom_metadata(manifest)) == {"SklearnVersion": "1.9.1"}
    assert set(values(defined_metadata(manifest))) == {"Algorithm", "Framework", "FrameworkVersion", "UseCaseType"}


def test_the_last_digits_of_a_measure_make_no_change():
    other = {**MANIFEST, "metrics": {"accuracy": 0.98765432110}}

    assert custom_metadata(other) == custom_metadata(MANIFEST)


@given(labels=st.lists(st.text(max_size=4000), max_size=12), names=st.lists(st.text(max_size=4000), max_size=12))
def test_no_entry_is_more_than_oci_takes_and_none_is_cut(labels, names):
    signature = {**MANIFEST["signature"], "outputs": [{"name": "y", "dtype": "object", "classes": labels}]}
    manifest = {**MANIFEST, "signature": signature, "hyperparameters": dict.fromkeys(names, 1)}

    for entries in (custom_metadata(manifest), defined_metadata(manifest)):
        sizes = [len(entry["value"].encode()) for entry in entries]
        assert all(size <= LARGEST_VALUE_BYTES for size in sizes)
        assert sum(sizes) <= LARGEST_LIST_BYTES
    told = values(custom_metadata(manifest)).get("Signature")
    assert told is None or json.loads(told)["classes"] == [labels]


@pytest.mark.parametrize(
    ("kind", "signature", "expected"),
    [
        ("regressor", {}, "regression"),
        ("clusterer", {}, "clustering"),
        ("transformer", {}, "other"),
        ("classifier", {"method": "predict", "outputs": [{"classes": [0, 1, 2]}]}, "multinomial_classification"),
        ("classifier", {"method": "predict_proba", "outputs": [{}, {}]}, "binary_classification"),
        ("classifier", {"method": "predict", "outputs": [{"classes": [0, 1]}, {"classes": [0, 1]}]}, "other"),
        ("classifier", {}, "other"),
    ],
)
def test_the_use_case_is_one_of_oracles(kind, signature, expected):
    assert use_case_type({"estimator": {"kind": kind}, "signature": signature}) == expected
