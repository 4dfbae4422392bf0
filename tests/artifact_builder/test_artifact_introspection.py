"""Oracle's introspection tests and file formats (OCI.md 1.2, 1.3, 1.8), checked as Oracle's own scripts check them."""

from __future__ import annotations

import ast
import json
import re
import runpy

import pandas as pd
import pytest
import yaml
from artifact_builder_models import MODELS_DIR
from hypothesis import given
from hypothesis import strategies as st

from artifact_builder.runtime_yaml import runtime_yaml
from artifact_builder.service_packs import pack
from artifact_builder.worker.schema import schema_json

PYTHON_OF_ADS = re.compile(r"^([3])(\.([6-9]|1[0-2]))(\.\d+)?$")


def introspection(folder) -> dict[str, bool]:
    """The checks by Oracle's keys; ``runtime_path_exist`` only as far as it goes with no cloud: its form."""
    functions = {}
    arguments = None
    score = folder / "score.py"
    if score.is_file():
        functions = {node.name: node for node in ast.parse(score.read_text()).body if isinstance(node, ast.FunctionDef)}
        arguments = functions["predict"].args if "predict" in functions else None
    runtime = yaml.safe_load((folder / "runtime.yaml").read_text())
    conda = runtime["MODEL_DEPLOYMENT"]["INFERENCE_CONDA_ENV"]
    return {
        "score_py": score.is_file(),
        "runtime_yaml": (folder / "runtime.yaml").is_file(),
        "score_syntax": bool(ast.parse(score.read_text(), feature_version=(3, 8))),
        "score_load_model": "load_model" in functions,
        "score_predict": "predict" in functions,
        "score_predict_data": arguments.args[0].arg == "data",
        "score_predict_arg": len(arguments.defaults) == len(arguments.args) - 1,
        "runtime_version": runtime["MODEL_ARTIFACT_VERSION"] == "3.0",
        "runtime_env_python": bool(PYTHON_OF_ADS.match(conda["INFERENCE_PYTHON_VERSION"])),
        "runtime_env_path": bool(conda["INFERENCE_ENV_PATH"]),
        "runtime_path_exist": conda["INFERENCE_ENV_PATH"].startswith("oci://service-conda-packs@"),
    }


def test_the_sample_models_pass_all_eleven_tests(samples_built):
    results = [introspection(artifact.folder) for artifact in samples_built.values()]
    assert [list(result.values()) for result in results] == [[True] * 11] * 2


def test_runtime_yaml_has_oracle_adss_keys_in_their_order():
    loaded = yaml.safe_load(runtime_yaml(conda_env="generalml_p311_cpu_x86_64_v1", python_version="3.11"))
    provenance = loaded["MODEL_PROVENANCE"]
    training = provenance.pop("TRAINING_CONDA_ENV")
    code = provenance.pop("TRAINING_CODE")
    assert list(loaded) == ["MODEL_ARTIFACT_VERSION", "MODEL_DEPLOYMENT", "MODEL_PROVENANCE"]
    assert provenance == dict.fromkeys(
        (
            "PROJECT_OCID",
            "TENANCY_OCID",
            "TRAINING_COMPARTMENT_OCID",
            "TRAINING_REGION",
            "TRAINING_RESOURCE_OCID",
            "USER_OCID",
            "VM_IMAGE_INTERNAL_ID",
        ),
        "",
    )
    names = ("TRAINING_ENV_PATH", "TRAINING_ENV_SLUG", "TRAINING_ENV_TYPE", "TRAINING_PYTHON_VERSION")
    assert training == dict.fromkeys(names, "")
    assert code == {"ARTIFACT_DIRECTORY": ""}


SERVICE_PATH = pack("generalml_p312_cpu_x86_64_v1").path


@pytest.mark.parametrize(
    ("conda_env", "path", "slug", "kind"),
    [
        ("generalml_p312_cpu_x86_64_v1", SERVICE_PATH, "generalml_p312_cpu_x86_64_v1", "data_science"),
        (SERVICE_PATH, SERVICE_PATH, "generalml_p312_cpu_x86_64_v1", "data_science"),
        ("oci://packs@ns/conda/my_v1", "oci://packs@ns/conda/my_v1", "", "published"),
        ("other_v1", "other_v1", "other_v1", "data_science"),
        ("123", "123", "123", "data_science"),
    ],
)
def test_a_conda_env_is_a_slug_or_a_path(conda_env, path, slug, kind):
    loaded = yaml.safe_load(runtime_yaml(conda_env=conda_env, python_version="3.10"))
    assert loaded["MODEL_DEPLOYMENT"]["INFERENCE_CONDA_ENV"] == {
        "INFERENCE_ENV_PATH": path,
        "INFERENCE_ENV_SLUG": slug,
        "INFERENCE_ENV_TYPE": kind,
        "INFERENCE_PYTHON_VERSION": "3.10",
    }


def test_schemas_have_a_column_for_each_feature_in_order(samples_built):
    for artifact in samples_built.values():
        schema = json.loads((artifact.folder / "input_schema.json").read_text())
        columns = schema["schema"]
        assert schema["version"] == "1.1"
        assert [column["order"] for column in columns] == list(range(len(columns)))
        assert [column["name"] for column in columns] == list(artifact.manifest["golden"]["rows"][0])
        assert all(column["required"] for column in columns)


def test_each_kind_of_column_has_oracle_adss_words():
    frame = pd.DataFrame(
        {
            "float": [1.0, 2.0, None],
            "int": [1, 2, 3],
            "bool": [True, False, True],
            "text": ["a", "b", None],
            "category": pd.Categorical(["a", "b", "a"]),
            "date": pd.to_datetime(["2024-01-01", "2024-01-02", None]),
        }
    )
    columns = {column["name"]: column for column in json.loads(schema_json(frame))["schema"]}
    assert {name: column["feature_type"] for name, column in columns.items()} == {
        "float": "Continuous",
        "int": "Integer",
        "bool": "Boolean",
        "text": "String",
        "category": "Category",
        "date": "DateTime",
    }
    assert [name for name, column in columns.items() if not column["required"]] == ["float", "text", "date"]
    assert columns["text"]["domain"]["stats"] == {"count": 2, "unique": 2, "missing": 1}
    assert columns["category"]["domain"]["constraints"] == [{"expression": "$x in ['a', 'b']", "language": "python"}]
    assert list(columns["int"]["domain"]["stats"]) == [
        "count",
        "mean",
        "standard deviation",
        "sample minimum",
        "lower quartile",
        "median",
        "upper quartile",
        "sample maximum",
    ]


@given(st.lists(st.floats(), min_size=1, max_size=6))
def test_a_schema_is_json_whatever_the_numbers(numbers):
    text = schema_json(pd.DataFrame({"x": numbers}))
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


@pytest.mark.parametrize("name", ["wine-cultivar", "diabetes-progression"])
def test_the_committed_samples_are_what_train_returns(name):
    folder = MODELS_DIR / name
    _, sample, truths = runpy.run_path(str(folder / "train.py"))["train"]()
    assert sample.to_csv(index=False) == (folder / "X_sample.csv").read_text()
    assert truths.to_csv(index=False) == (folder / "y_sample.csv").read_text()


def test_the_manifest_tells_oracles_own_tests_and_all_pass(tmp_path):
    from artifact_builder import build, load_models
    from artifact_builder.introspection import results

    model = next(one for one in load_models(MODELS_DIR) if one.name == "wine-cultivar")
    artifact = build(model, tmp_path / "artifacts")

    assert set(artifact.manifest["introspection"].values()) == {True}
    (artifact.folder / "runtime.yaml").write_text("MODEL_ARTIFACT_VERSION: 3.0\n")
    (artifact.folder / "score.py").write_text("def predict(rows): pass\n")
    failed = {key for key, has_passed in results(artifact.folder).items() if not has_passed}
    assert failed == {
        "score_load_model", "score_predict_data", "runtime_version", "runtime_env_python", "runtime_env_path"
    }  # fmt: skip
