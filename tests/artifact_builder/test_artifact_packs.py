"""The table of service packs, and what follows from it for an estimator."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import artifact_builder
from artifact_builder import service_packs
from artifact_builder.inference_env import Needs, inference_env

TABLE = yaml.safe_load((Path(artifact_builder.__file__).parent / "service_packs.yaml").read_text(encoding="utf-8"))
PICKLE = Needs("joblib", "3.11.9", "1.9.1")
OLD_PICKLE = Needs("joblib", "3.7.12", "1.0.2")
ONNX = Needs("onnx", "3.11.9", "1.9.1", opset=21)


def test_every_pack_has_a_source_a_date_and_a_python():
    for entry in TABLE["packs"]:
        assert entry["source"] in TABLE["sources"].values()
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", entry["date"])
        assert entry["date_of"] in {"created", "released", "read"}
        assert re.fullmatch(r"3\.\d+", entry["python"])


def test_slugs_are_unique_and_a_path_ends_in_its_slug():
    slugs = [entry["slug"] for entry in TABLE["packs"]]
    assert len(set(slugs)) == len(slugs)
    for entry in TABLE["packs"]:
        assert entry["path"] is None or entry["path"].endswith(f"/{entry['slug']}")


def test_the_names_and_the_table_agree_on_python():
    for one in service_packs.packs():
        assert service_packs.python_in_slug(one.slug) in {one.python, None}


def test_every_onnx_runtime_of_the_table_has_an_opset():
    assert all(one.max_opset is not None for one in service_packs.packs() if one.onnxruntime is not None)


def test_a_pack_is_found_by_slug_and_by_a_path_in_oracles_buckets():
    slug = "generalml_p37_cpu_v1"
    path = f"oci://service-conda-packs@anywhere/service_pack/cpu/General/1.0/{slug}"
    assert service_packs.pack(slug).scikit_learn == "1.0.2"
    assert service_packs.pack(path) is service_packs.pack(slug)
    assert service_packs.pack(f"oci://mine@ns/{slug}") is None


def test_what_fits_is_the_same_release_of_the_general_family_first():
    fitting = service_packs.fitting("3.7.12", "1.0.2")
    assert fitting[0].slug == "generalml_p37_cpu_v1"
    assert all((one.python, one.scikit_learn) == ("3.7", "1.0.2") for one in fitting)
    assert service_packs.fitting("3.7", "1.9.1") == ()


@pytest.mark.parametrize(
    ("conda_env", "python_version", "needs", "words"),
    [
        (
            "generalml_p37_cpu_v1",
            None,
            PICKLE,
            r"\(Python 3\.7, scikit-learn 1\.0\.2\) does not .* Python 3\.11 and .* 1\.9\.1.* oci:// .*skew: true",
        ),
        (
            "generalml_p37_cpu_v1",
            None,
            Needs("joblib", "3.7.1", "1.1.0"),
            r"scikit-learn 1\.1\.0.*None of the known packs has Python 3\.7 and scikit-learn 1\.1\. Fit and build with",
        ),
        ("mlcpuv1", None, OLD_PICKLE, r"A pack that fits: generalml_p37_cpu_v1 \(Python 3\.7, scikit-learn 1\.0\.2\)"),
        ("generalml_p312_cpu_x86_64_v1", "3.11", PICKLE, r"has Python 3\.12, python_version says 3\.11"),
        (
            "generalml_p312_cpu_x86_64_v1",
            "3.11",
            ONNX,
            r"has Python 3\.12, python_version says 3\.11.* A pack that fits: gen",
        ),
        ("generalml_p312_cpu_x86_64_v1", None, PICKLE, r"\(Python 3\.12\) does not go with the estimator"),
        ("onnx110_p39_cpu_v1", None, ONNX, r"has ONNX Runtime 1\.10\.0, which runs opsets up to 15, the model's is 21"),
        ("oci://mine@ns/env/v1", "3.12", PICKLE, r"python_version says 3\.12, the estimator is of Python 3\.11"),
        (None, "3.12", PICKLE, r"python_version says 3\.12, the estimator is of Python 3\.11"),
    ],
)
def test_a_mismatch_says_what_the_pack_has_what_the_estimator_needs_and_what_next(
    conda_env, python_version, needs, words
):
    assert re.search(words, inference_env(conda_env, python_version, needs).problem, re.DOTALL)


@pytest.mark.parametrize(
    ("conda_env", "python_version", "needs"),
    [
        ("generalml_p311_cpu_x86_64_v1", "3.11", PICKLE),
        ("generalml_p311_cpu_x86_64_v1", "3.11.4", PICKLE),
        ("generalml_p37_cpu_v1", None, OLD_PICKLE),
        ("generalml_p37_cpu_v1", None, Needs("joblib", "3.7.1", "1.0.1")),
        ("onnx110_p39_cpu_v1", None, Needs("onnx", "3.11", "1.9.1", opset=15)),
        ("generalml_p312_cpu_x86_64_v3", None, ONNX),
        ("never_heard_of_p38_v1", None, PICKLE),
        ("oci://mine@ns/env/v1", None, PICKLE),
        ("oci://mine@ns/env/v1", "3.11", PICKLE),
        ("oci://mine@ns/env/v1", "3.8", ONNX),
    ],
)
def test_where_nothing_known_speaks_against_it_there_is_no_problem(conda_env, python_version, needs):
    assert inference_env(conda_env, python_version, needs).problem is None


def test_what_cannot_be_checked_is_a_note():
    notes = {
        conda_env: inference_env(conda_env, None, needs).notes
        for conda_env, needs in (
            ("never_heard_of_p38_v1", PICKLE),
            ("generalml_p311_cpu_x86_64_v1", PICKLE),
            ("generalml_p37_cpu_v1", Needs("joblib", "3.7", "1.0.1")),
            ("oci://mine@ns/env/v1", PICKLE),
        )
    }
    assert notes["never_heard_of_p38_v1"][0].endswith("is no pack that is known here: its versions are not checked")
    assert notes["never_heard_of_p38_v1"][1] == "by its name it has Python 3.8, the estimator's is 3.11"
    assert (
        "scikit-learn of generalml_p311_cpu_x86_64_v1 is not publicly known" in notes["generalml_p311_cpu_x86_64_v1"][0]
    )
    assert notes["generalml_p37_cpu_v1"] == ("generalml_p37_cpu_v1 has scikit-learn 1.0.2, the estimator is of 1.0.1",)
    assert notes["oci://mine@ns/env/v1"] == ()


@pytest.mark.parametrize(
    ("needs", "python_version", "slug", "python"),
    [
        (PICKLE, None, "generalml_p311_cpu_x86_64_v1", "3.11"),
        (Needs("joblib", "3.13.0", "1.9.1"), None, "generalml_p313_cpu_x86_64_v1", "3.13"),
        (OLD_PICKLE, None, "generalml_p37_cpu_v1", "3.7"),
        (ONNX, None, "generalml_p311_cpu_x86_64_v1", "3.11"),
        (ONNX, "3.12", "generalml_p312_cpu_x86_64_v1", "3.12"),
    ],
)
def test_a_conda_env_that_is_left_out_is_chosen(needs, python_version, slug, python):
    chosen = inference_env(None, python_version, needs)
    assert (chosen.conda_env, chosen.python_version, chosen.problem) == (slug, python, None)
    assert chosen.notes[0].startswith(f"conda_env is left out: {slug} (Python {python}")


def test_that_no_pack_fits_is_a_remark_where_none_was_named():
    chosen = inference_env(None, None, Needs("joblib", "3.20", "1.9.1"))
    assert chosen.problem is None
    assert "does not go with the estimator, which is of Python 3.20" in chosen.notes[0]
    assert inference_env(chosen.conda_env, None, Needs("joblib", "3.20", "1.9.1")).problem is not None


@pytest.mark.parametrize("python", ["3.11", "3.12"])
def test_the_pack_chosen_for_the_pythons_in_use_is_one_whose_path_is_known(python):
    chosen = inference_env(None, None, Needs("joblib", python, "1.9.1"))
    assert service_packs.pack(chosen.conda_env).path.startswith("oci://service-conda-packs@")


@pytest.mark.parametrize(
    ("conda_env", "python"),
    [
        ("generalml_p312_cpu_x86_64_v1", "3.12"),
        ("new_p314_cpu_v9", "3.14"),
        ("nothing", "3.11"),
        ("oci://b@n/p", "3.11"),
    ],
)
def test_a_python_version_that_is_left_out_is_the_packs_else_the_builders(conda_env, python):
    assert inference_env(conda_env, None, PICKLE).python_version == python


@given(
    st.sampled_from([None, "oci://b@n/p", "x", *(one.slug for one in service_packs.packs())]),
    st.none() | st.sampled_from(["3.6", "3.11", "3.12.1"]),
    st.sampled_from(["joblib", "onnx"]),
    st.sampled_from(["3.7.1", "3.11.2", "3.14.0", "3.20"]),
    st.sampled_from(["0.23.2", "1.0.2", "1.9.1", "1.10.dev0"]),
    st.none() | st.integers(1, 30),
)
def test_whatever_the_versions_there_is_an_environment(conda_env, python_version, form, python, scikit_learn, opset):
    chosen = inference_env(conda_env, python_version, Needs(form, python, scikit_learn, opset))
    assert chosen.conda_env == (conda_env or chosen.conda_env)
    assert chosen.python_version == (python_version or chosen.python_version)
    assert re.fullmatch(r"3\.\d+(\.\d+)?", chosen.python_version)
