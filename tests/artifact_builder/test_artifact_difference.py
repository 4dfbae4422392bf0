"""What breaks callers of an old artifact, judged from their side; and the signature that it is judged by."""

from __future__ import annotations

import copy
import json

import pytest

from artifact_builder import ArtifactBuilderError
from artifact_builder.accepted_values import narrower
from artifact_builder.difference import difference
from artifact_builder.signature import read_signature, signature

SIGNATURE = {
    "input_kind": "frame",
    "strict": False,
    "method": "predict",
    "inputs": [
        {"name": "age", "dtype": "int64", "required": True},
        {"name": "bmi", "dtype": "float64", "required": False},
        {"name": "city", "dtype": "category", "required": True, "categories": ["Rome", "Pisa"]},
    ],
    "outputs": [{"name": "ill", "dtype": "object", "classes": ["no", "yes"]}],
}
MANIFEST = {
    "name": "health",
    "format": "joblib",
    "metrics": {"accuracy": 0.9},
    "versions": {"numpy": "2.4.6"},
    "members": [{"name": "model.joblib", "size": 1, "sha256": "a" * 64}],
    "signature": SIGNATURE,
}


def changed(**keys):
    return {**MANIFEST, "signature": {**copy.deepcopy(SIGNATURE), **keys}}


def inputs(*columns):
    return changed(inputs=list(columns))


def with_column(index, **keys):
    manifest = changed()
    manifest["signature"]["inputs"][index].update(keys)
    return manifest


def with_output(**keys):
    manifest = changed()
    manifest["signature"]["outputs"][0].update(keys)
    return manifest


AGE, BMI, CITY = SIGNATURE["inputs"]
HEIGHT = {"name": "height", "dtype": "float32", "required": False}
BREAKING = {
    "required column removed": (inputs(BMI, CITY), "inputs.age", "'age' are refused"),
    "optional column removed": (inputs(AGE, CITY), "inputs.bmi", "'bmi' are refused"),
    "required column added": (inputs(AGE, BMI, CITY, {**HEIGHT, "required": True}), "inputs.height", "without it are"),
    "nullable column added": (inputs(AGE, BMI, CITY, HEIGHT), "inputs.height", "(null will do)"),
    "column renamed": (inputs(AGE, {**BMI, "name": "BMI"}, CITY), "inputs.bmi", "seems to be called 'BMI' now"),
    "columns reordered": (inputs(BMI, AGE, CITY), "inputs", "without an error"),
    "float to int": (with_column(1, dtype="int64"), "inputs.bmi.dtype", "whole numbers are expected now"),
    "int to a narrower int": (with_column(0, dtype="int8"), "inputs.age.dtype", "-128 to 127 are now"),
    "int to unsigned": (with_column(0, dtype="uint64"), "inputs.age.dtype", "0 to"),
    "int to text": (with_column(0, dtype="object"), "inputs.age.dtype", "texts are expected now"),
    "category removed": (with_column(2, categories=["Rome"]), "inputs.city.dtype", "'Pisa' are not known any more"),
    "nullable to required": (with_column(1, required=True), "inputs.bmi.required", "must have a value now"),
    "strict": (changed(strict=True), "strict", "refused now"),
    "frame to texts": (changed(input_kind="texts"), "input_kind", "read as texts now"),
    "array to frame": (changed(input_kind="array"), "input_kind", "read as array"),
    "probabilities": (changed(method="predict_proba"), "method", "are those of predict_proba now"),
    "two outputs": (changed(outputs=SIGNATURE["outputs"] * 2), "outputs", "has 2 values now"),
    "class added": (with_output(classes=["no", "yes", "maybe"]), "outputs.ill.classes", "'maybe', of which"),
    "class renamed": (with_output(classes=["no", "oui"]), "outputs.ill.classes", "'oui'"),
    "labels to numbers": (with_output(dtype="int64"), "outputs.ill.dtype", "another type"),
}
COMPATIBLE = {
    "int to float": (with_column(0, dtype="float64"), "inputs.age.dtype"),
    "int to a wider int": (with_column(0, dtype="Int64"), "inputs.age.dtype"),
    "category added": (with_column(2, categories=["Rome", "Pisa", "Bari"]), "inputs.city.dtype"),
    "category to text": (with_column(2, dtype="object", categories=None), "inputs.city.dtype"),
    "required to nullable": (with_column(0, required=False), "inputs.age.required"),
    "frame to array": (changed(input_kind="array"), "input_kind"),
    "class removed": (with_output(classes=["no"]), "outputs.ill.classes"),
    "classes reordered": (with_output(classes=["yes", "no"]), "outputs.ill.classes"),
    "output renamed": (with_output(name="sick"), "outputs"),
    "labels as a category": (with_output(dtype="category"), "outputs.ill.dtype"),
}


@pytest.mark.parametrize("what", BREAKING)
def test_it_breaks_callers(what):
    new, path, words = BREAKING[what]
    old = MANIFEST
    if what == "array to frame":
        old, new = new, old
    found = difference(old, new)
    assert [change.path for change in found.breaking] == [path]
    assert words in found.breaking[0].sentence
    assert found.is_breaking


@pytest.mark.parametrize("what", COMPATIBLE)
def test_it_breaks_nobody(what):
    new, path = COMPATIBLE[what]
    found = difference(MANIFEST, new)
    assert ([change.path for change in found.compatible], found.breaking) == ([path], ())


def test_strict_turned_off_breaks_nobody():
    found = difference(changed(strict=True), MANIFEST)
    assert (found.is_breaking, [change.path for change in found.compatible]) == (False, ["strict"])


def test_an_artifact_does_not_differ_from_itself():
    found = difference(MANIFEST, copy.deepcopy(MANIFEST))
    assert (found.breaking, found.compatible, found.facts) == ((), (), ())


def test_metrics_versions_and_the_model_are_facts():
    new = {
        **MANIFEST,
        "metrics": {"accuracy": 0.8},
        "versions": {"numpy": "2.5.0"},
        "members": [{"name": "model.joblib", "size": 1, "sha256": "b" * 64}],
    }
    found = difference(MANIFEST, new)
    assert not found.is_breaking
    assert [(fact.path, fact.old, fact.new) for fact in found.facts] == [
        ("metrics.accuracy", 0.9, 0.8),
        ("versions.numpy", "2.4.6", "2.5.0"),
        ("members.model.joblib", "a" * 12, "b" * 12),
    ]


def test_objects_of_any_keys_may_lose_and_gain_columns():
    old, new = changed(input_kind="records"), changed(input_kind="records", inputs=[AGE, HEIGHT])
    found = difference(old, new)
    assert (found.breaking, [change.path for change in found.compatible]) == (
        (),
        ["inputs.bmi", "inputs.city", "inputs.height"],
    )


@pytest.mark.parametrize("swapped", [True, False])
def test_the_classes_of_probabilities_are_their_places(swapped):
    classes = [{"name": "no", "dtype": "float64"}, {"name": "yes", "dtype": "float64"}]
    old = changed(method="predict_proba", outputs=classes)
    new = changed(method="predict_proba", outputs=classes[::-1] if swapped else classes)
    assert difference(old, new).is_breaking is swapped


def test_a_difference_is_json():
    told = json.loads(json.dumps(difference(MANIFEST, BREAKING["strict"][0]).to_json()))
    assert (told["isBreaking"], told["breaking"][0]["path"]) == (True, "strict")


@pytest.mark.parametrize(
    ("old", "new", "is_narrower"),
    [
        ("float64", "float32", True),
        ("float32", "float64", False),
        ("uint8", "int16", False),
        ("uint8", "int8", True),
        ("bool", "int64", True),
        ("datetime64[ns]", "datetime64[us]", False),
        ("datetime64[ns]", "datetime64[ns, UTC]", True),
        ("object", "datetime64[ns]", True),
        ("object", "str", False),
    ],
)
def test_a_type_is_narrower_where_it_takes_less(old, new, is_narrower):
    assert (narrower({"dtype": old}, {"dtype": new}) is not None) is is_narrower


def entry(name, dtype, order, *, required=True, constraints=()):
    return {
        "name": name,
        "dtype": dtype,
        "order": order,
        "required": required,
        "domain": {"constraints": [{"expression": text, "language": "python"} for text in constraints]},
    }


SCHEMA = {"schema": [entry("b", "int64", 1), entry("a", "category", 0, required=False, constraints=["$x in ['p', 1]"])]}
OUTPUT = {"schema": [entry("kind", "object", 0)]}


def test_a_signature_has_the_columns_in_order_with_their_categories_and_classes():
    made = signature(SCHEMA, OUTPUT, input_kind="frame", method="predict", classes=[["x", "y"]])
    assert made == {
        "input_kind": "frame",
        "strict": False,
        "method": "predict",
        "inputs": [
            {"name": "a", "dtype": "category", "required": False, "categories": ["p", 1]},
            {"name": "b", "dtype": "int64", "required": True},
        ],
        "outputs": [{"name": "kind", "dtype": "object", "classes": ["x", "y"]}],
    }


def test_an_array_has_one_dtype_for_all_columns():
    schema = {"schema": [entry("a", "int64", 0), entry("b", "float32", 1)]}
    made = signature(schema, OUTPUT, input_kind="array", method="predict")
    assert {column["dtype"] for column in made["inputs"]} == {"float64"}


def test_an_old_artifact_without_a_signature_is_judged_by_its_schemas(tmp_path):
    (tmp_path / "input_schema.json").write_text(json.dumps(SCHEMA))
    (tmp_path / "output_schema.json").write_text(json.dumps(OUTPUT))
    old = {"name": "old", "signature": read_signature({"name": "old"}, tmp_path)}
    new = {"name": "old", "signature": signature(SCHEMA, OUTPUT, input_kind="array", method="transform")}
    assert difference(old, new).breaking == ()


def test_a_manifest_without_signature_and_schemas_says_so(tmp_path):
    with pytest.raises(ArtifactBuilderError, match=r"has no signature.*build the model again"):
        read_signature({"name": "old"}, tmp_path)
