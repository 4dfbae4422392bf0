"""model.yaml: every mistake is told, at once, with its line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from artifact_builder_models import MODELS_DIR
from hypothesis import given
from hypothesis import strategies as st

from artifact_builder import ModelYamlError, load_models
from artifact_builder.overrides import flat_paths, with_overrides
from artifact_builder.rule_values import Values
from artifact_builder.rules import breaches
from artifact_builder.yaml_marks import parse

GOOD = "estimator: model.pkl\nsamples: {X: X.csv}\n"


def folder_of(tmp_path: Path, text: str, name: str = "wine") -> Path:
    folder = tmp_path / "models" / name
    folder.mkdir(parents=True)
    (folder / "model.yaml").write_text(text)
    for file in ("model.pkl", "X.csv"):
        (folder / file).write_bytes(b"")
    return tmp_path / "models"


def problems_of(models_dir: Path, overrides=None) -> list[str]:
    with pytest.raises(ModelYamlError) as caught:
        load_models(models_dir, overrides)
    return str(caught.value).splitlines()


def test_five_mistakes_are_five_problems_with_their_lines(tmp_path):
    text = """\
name: Wine
estimator: model.pkl
samples: {X: X.csv}
python_version: 3.11
deployment:
  instnaces: 2
  shape: VM.Standard3.Flex
  ocpus: 33
  load_balancer:
    bandwidth_mbps: 10
    maximum_bandwidth_mbps: 40
"""
    assert problems_of(folder_of(tmp_path, text)) == [
        (
            "models/wine/model.yaml:1: name: must be 1 to 63 of a-z, 0-9 and -, beginning and ending with a letter "
            "or digit, found 'Wine'"
        ),
        'models/wine/model.yaml:4: python_version: must be a text, in quotes: "3.11", found 3.11',
        "models/wine/model.yaml:6: deployment.instnaces: is not a known key, did you mean instances?",
        "models/wine/model.yaml:8: deployment.ocpus: must be 1 to 32 OCPUs for VM.Standard3.Flex, found 33",
        (
            "models/wine/model.yaml:11: deployment.load_balancer.maximum_bandwidth_mbps: must be above 10 and at most "
            "20 (twice bandwidth_mbps), found 40"
        ),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "",
            "1: must be a mapping (key: value), found nothing",
        ),
        (
            "- a\n",
            "1: must be a mapping (key: value), found a list",
        ),
        (
            "name: [\n",
            "2: is not valid YAML: while parsing a flow node did not find expected node content",
        ),
        (
            "a: 1\n\tb: 2\n",
            ("2: is not valid YAML: while scanning a plain scalar found a tab character that violates indentation"),
        ),
        (
            GOOD + "estimator: other.pkl\n",
            "3: estimator: is written twice, first on line 1: keep one",
        ),
        (
            GOOD + "tags: &t {a: b}\nhooks: *t\n",
            "4: hooks: must be written out, an alias (*name) is not supported here",
        ),
        (
            GOOD + "? [a]\n: b\n",
            "3: must have plain texts as keys",
        ),
        (
            GOOD + "name: !!python/object:os.system x\n",
            (
                "3: is not valid YAML: could not determine a constructor for the tag "
                "'tag:yaml.org,2002:python/object:os.system'"
            ),
        ),
        (
            GOOD + "x: " + "[" * 60 + "]" * 60,
            "3: is not valid YAML: nested deeper than 50 levels",
        ),
        (
            GOOD + "conda_env: 'a b'\n",
            (
                "3: conda_env: must be a service conda pack's slug, or a published one's "
                "oci://bucket@namespace/path, found 'a b'"
            ),
        ),
        (
            GOOD + "format: pmml\n",
            "3: format: must be 'joblib', 'onnx' or 'auto', found 'pmml'",
        ),
        (
            GOOD + "model_file_name: m.onnx\n",
            "3: model_file_name: must end in .joblib (format: joblib), found m.onnx",
        ),
        (
            GOOD + "format: auto\nmodel_file_name: m.onnx\n",
            (
                "4: model_file_name: must be left out where format is auto: its ending depends on the format that "
                "is chosen"
            ),
        ),
        (
            GOOD + "trust: churn\n",
            "3: trust: must be a list, found 'churn'",
        ),
        (
            GOOD + "trust: [churn, 'a b']\n",
            "3: trust.1: must be a module's dotted name, found 'a b'",
        ),
        (
            "estimator: model.pkl\nsamples: {X: X.xlsx}\n",
            "2: samples.X: must be a .csv, .parquet, .jsonl, .ndjson or .npy file, found 'X.xlsx'",
        ),
        (
            GOOD + "hooks: hooks.py\n",
            "3: hooks: must be a file that is there, relative to the model's folder, found no file hooks.py",
        ),
        (
            GOOD + "hooks: ../x.py\n",
            "3: hooks: must be a path inside the model's folder, found '../x.py'",
        ),
        (
            GOOD + "deployment:\n",
            "3: deployment: must be a mapping (key: value), found nothing",
        ),
        (
            GOOD + "deployment: {state: STOPPED}\n",
            "3: deployment.state: must be 'ACTIVE' or 'INACTIVE', found 'STOPPED'",
        ),
        (
            GOOD + "deployment: {logs: {access: 1}}\n",
            "3: deployment.logs.access: must be true or false, found 1",
        ),
        (
            GOOD + "deployment: {instances: true}\n",
            "3: deployment.instances: must be a whole number, found true",
        ),
        (
            GOOD + "deployment: {load_balancer: {bandwidth_mbps: 9}}\n",
            "3: deployment.load_balancer.bandwidth_mbps: must be at least 10, found 9",
        ),
        (
            GOOD + "deployment: {memory_gbs: 2000}\n",
            "3: deployment.memory_gbs: must be 6 to 1024 GB for VM.Standard.E4.Flex, found 2000",
        ),
        (
            GOOD + "deployment: {shape: VM.Standard2.1, ocpus: 1}\n",
            "3: deployment.ocpus: must be left out: VM.Standard2.1 is a fixed shape, found 1",
        ),
        (
            GOOD + "deployment: {instances: 2, autoscaling: {min: 1, max: 2}}\n",
            "3: deployment.instances: must be left out where autoscaling is given: it counts the instances",
        ),
        (
            GOOD + "deployment: {autoscaling: {min: 3, max: 2}}\n",
            "3: deployment.autoscaling.max: must be at least 3 (min), found 2",
        ),
        (
            GOOD + "deployment: {autoscaling: {min: 1}}\n",
            "3: deployment.autoscaling.max: must be given",
        ),
        (
            GOOD + "tags: {a: 1}\n",
            '3: tags.a: must be a text, in quotes: "1", found 1',
        ),
        (
            "estimator: model.pkl\nsamples: {X: X.csv}\ndeployment: {logs: {access: {log_group_id: x}}}\n",
            "3: deployment.logs.access.log_group_id: must be an OCID (ocid1.…), found 'x'",
        ),
        (
            "samples: {X: X.csv}\n",
            "1: estimator: must be given (a fitted estimator's file), or train instead",
        ),
        (
            "estimator: model.pkl\n",
            "1: samples: must be given: {X: file, y: file}, y where true values are known",
        ),
        (
            "\nestimator: no.pkl\nsamples: {X: X.csv}\n",
            ("2: estimator: must be a file that is there, relative to the model's folder, found no file no.pkl"),
        ),
        (
            "train: no.py:train\n",
            "1: train: must be a file that is there, relative to the model's folder, found no file no.py",
        ),
    ],
)
def test_each_mistake_is_told_with_its_line(tmp_path, text, problem):
    assert problems_of(folder_of(tmp_path, text)) == [f"models/wine/model.yaml:{problem}"]


def test_a_file_that_is_not_utf8_is_told_with_its_line(tmp_path):
    models_dir = folder_of(tmp_path, GOOD)
    (models_dir / "wine" / "model.yaml").write_bytes(b"estimator: model.pkl\nname: \xff\n")
    assert problems_of(models_dir) == ["models/wine/model.yaml:2: must be UTF-8 text, found byte 27"]


def test_a_folder_that_is_not_there_is_told(tmp_path):
    assert problems_of(tmp_path / "models") == ["models: must be a folder that holds a folder for each model"]


def test_two_models_of_one_name_are_told(tmp_path):
    folder_of(tmp_path, "name: wine\n" + GOOD, "one")
    models_dir = folder_of(tmp_path, GOOD + "name: wine\n", "two")
    assert problems_of(models_dir) == [
        "models/two/model.yaml:3: name: must be no other model's, but models/one/model.yaml has it too, found 'wine'"
    ]


def test_problems_of_all_files_come_together(tmp_path):
    folder_of(tmp_path, "a: 1\n" + GOOD, "one")
    models_dir = folder_of(tmp_path, "b: 1\n" + GOOD, "two")
    lines = problems_of(models_dir, {"thre": {}})
    assert [line.split(": ")[0] for line in lines] == [
        "Pulumi.<stack>.yaml → paddock:models",
        "models/one/model.yaml:1",
        "models/two/model.yaml:1",
    ]


def test_defaults_are_oracles_own(tmp_path):
    (model,) = load_models(folder_of(tmp_path, GOOD))
    deployment = model.deployment
    assert (model.name, model.format, model.model_file_name) == ("wine", "joblib", None)
    assert (deployment.shape, deployment.ocpus, deployment.memory_gbs) == ("VM.Standard.E4.Flex", 1, 16)
    assert (deployment.instances, deployment.load_balancer.bandwidth_mbps) == (1, 10)


def test_a_fixed_shape_has_no_ocpus(tmp_path):
    (model,) = load_models(folder_of(tmp_path, GOOD + "deployment: {shape: VM.Standard2.1}\n"))
    assert (model.deployment.ocpus, model.deployment.memory_gbs) == (None, None)


def test_a_stack_overrides_deployment_values(tmp_path):
    text = GOOD + "deployment: {instances: 1, load_balancer: {bandwidth_mbps: 10, maximum_bandwidth_mbps: 20}}\n"
    overrides = {"wine": {"instances": 4, "load_balancer": {"bandwidth_mbps": 15}}}
    (model,) = load_models(folder_of(tmp_path, text), overrides)
    balancer = model.deployment.load_balancer
    assert model.deployment.instances == 4
    assert (balancer.bandwidth_mbps, balancer.maximum_bandwidth_mbps) == (15, 20)


def test_instances_of_a_stack_take_the_place_of_autoscaling(tmp_path):
    models_dir = folder_of(tmp_path, GOOD + "deployment: {autoscaling: {min: 1, max: 2}}\n")
    (model,) = load_models(models_dir, {"wine": {"instances": 1}})
    assert (model.deployment.instances, model.deployment.autoscaling) == (1, None)


def test_mistakes_in_overrides_are_told_where_they_were_written(tmp_path):
    text = GOOD + "deployment: {load_balancer: {maximum_bandwidth_mbps: 20}}\n"
    overrides = {"wine": {"shap": "x", "instances": 0, "load_balancer": {"bandwidth_mbps": 20}}, "win": {}}
    place = "Pulumi.<stack>.yaml → paddock:models"
    assert sorted(problems_of(folder_of(tmp_path, text), overrides)) == [
        f"{place}: win: is not the name of a model, did you mean wine?",
        f"{place}: wine.instances: must be at least 1, found 0",
        (
            f"{place}: wine.load_balancer.maximum_bandwidth_mbps: must be above 20 and at most 40 "
            "(twice bandwidth_mbps), found 20"
        ),
        f"{place}: wine.shap: is not a known key, did you mean shape?",
    ]


def test_the_sample_models_are_valid():
    assert [model.name for model in load_models(MODELS_DIR)] == ["diabetes-progression", "wine-cultivar"]


def test_importing_and_loading_imports_nothing_heavy():
    code = (
        "import sys, pathlib, artifact_builder\n"
        f"artifact_builder.load_models(pathlib.Path({str(MODELS_DIR)!r}))\n"
        "print(sorted({'sklearn', 'pandas', 'numpy', 'joblib', 'scipy'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=MODELS_DIR.parent
    )
    assert run.stdout.strip() == "[]"


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("deployment", "estimator", "train", "samples", "load_balancer", "bandwidth_mbps", "shape", "ocpus", "hooks")


@given(st.dictionaries(st.sampled_from(KEYS), plain_values | st.dictionaries(st.sampled_from(KEYS), plain_values)))
def test_rules_bear_any_values(document):
    list(breaches(Values(document, set()), MODELS_DIR))


@given(st.integers(10, 10_000), st.integers(0, 40_000))
def test_the_maximum_bandwidth_is_refused_exactly_out_of_its_bounds(low, high):
    balancer = {"bandwidth_mbps": low, "maximum_bandwidth_mbps": high}
    values = Values({"deployment": {"load_balancer": balancer}}, set())
    paths = [breach.path for breach in breaches(values, MODELS_DIR)]
    assert ("deployment.load_balancer.maximum_bandwidth_mbps" in paths) == (not low < high <= 2 * low)


@given(st.text(max_size=200))
def test_any_text_is_parsed_or_refused_with_words(text):
    marked = parse(text, file="model.yaml")
    assert all(problem.line and problem.message for problem in marked.problems)


@given(
    st.dictionaries(st.sampled_from(KEYS), st.integers() | st.dictionaries(st.sampled_from(KEYS), st.integers())),
    st.dictionaries(st.sampled_from(KEYS), st.integers() | st.dictionaries(st.sampled_from(KEYS), st.integers())),
)
def test_what_a_stack_says_stands_after_overriding(written, overrides):
    document, problems = with_overrides({"deployment": written}, overrides, name="wine")
    assert problems == []
    assert flat_paths(overrides, "deployment") <= flat_paths(document, "") | flat_paths(
        document["deployment"], "deployment"
    )
