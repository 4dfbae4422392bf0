"""What an endpoint must answer: the manifest's predictions, or what the artifact's own hooks make of them."""

from __future__ import annotations

import zipfile

import pytest
from artifact_builder_models import only_model, write_model

from artifact_builder import VerifyError, answers_of_zip, build, golden_answers
from artifact_builder.digest import artifact_digest
from artifact_builder.zip_file import zip_members


def with_hooks(folder, code):
    write_model(folder / "models" / "line")
    (folder / "models" / "line" / "hooks.py").write_text(code)
    path = folder / "models" / "line" / "model.yaml"
    path.write_text(path.read_text() + "hooks: hooks.py\n")
    return build(only_model(folder / "models"), folder / "artifacts")


def test_without_hooks_they_are_the_manifests(line_built):
    _, artifact = line_built
    answers = golden_answers(artifact.manifest, artifact.zip_path)
    assert answers.rows == artifact.manifest["golden"]["rows"]
    assert answers.promise.predictions == artifact.manifest["golden"]["predictions"]


def test_with_hooks_they_are_what_the_hooks_make_of_them(tmp_path):
    artifact = with_hooks(tmp_path, "def post_inference(yhat):\n    return [f'{y:.1f}' for y in yhat]\n")
    answers = golden_answers(artifact.manifest, artifact.zip_path)
    assert answers.promise.predictions == [f"{y:.1f}" for y in artifact.manifest["golden"]["predictions"]]


def test_hooks_have_the_variables_of_the_deployment(tmp_path):
    code = "import os\n\n\ndef post_inference(yhat):\n    return [os.environ['UNIT'] for _ in yhat]\n"
    artifact = with_hooks(tmp_path, code)
    answers = golden_answers(artifact.manifest, artifact.zip_path, {"UNIT": "mg"})
    assert set(answers.promise.predictions) == {"mg"}


def test_hooks_that_need_what_is_not_here_are_told_with_their_words(tmp_path):
    artifact = with_hooks(tmp_path, "raise OSError('the feature store is out of reach')\n")
    with pytest.raises(VerifyError) as refused:
        golden_answers(artifact.manifest, artifact.zip_path)
    assert "OSError: the feature store is out of reach" in str(refused.value)


def test_a_zip_alone_answers_as_its_artifact(line_built):
    _, artifact = line_built
    rows = artifact.manifest["golden"]["rows"]
    answers = answers_of_zip(artifact.manifest, artifact.zip_path, rows)
    assert answers.promise.differing_rows(artifact.manifest["golden"]["predictions"]) == ()


def test_differing_rows_are_named_by_their_numbers(line_built):
    _, artifact = line_built
    found = list(artifact.manifest["golden"]["predictions"])
    found[0] += 1e-6
    found[2] = None
    assert golden_answers(artifact.manifest, artifact.zip_path).promise.differing_rows(found) == (0, 2)


def test_the_digest_of_a_zip_is_the_artifacts_whoever_packed_it(line_built, tmp_path):
    _, artifact = line_built
    with zipfile.ZipFile(tmp_path / "other.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for member in reversed(artifact.manifest["members"]):
            archive.write(artifact.folder / member["name"], member["name"])
    digests = {artifact_digest(zip_members(path)) for path in (artifact.zip_path, tmp_path / "other.zip")}
    assert digests == {artifact.digest}


def test_a_damaged_member_is_no_digest(line_built, tmp_path):
    _, artifact = line_built
    damaged = bytearray(artifact.zip_path.read_bytes())
    damaged[len(damaged) // 3] ^= 1
    (tmp_path / "damaged.zip").write_bytes(damaged)
    with pytest.raises(zipfile.BadZipFile):
        zip_members(tmp_path / "damaged.zip")
