"""A ready artifact (`artifact: artifact.zip`): taken as it is, named by its members, never run."""

from __future__ import annotations

import stat
import zipfile

import pytest

from artifact_builder import BuildError, ModelYamlError, VerifyError, build, golden_answers, load_models, verify
from artifact_builder.digest import artifact_digest
from artifact_builder.ready_artifact import ReadyArtifactError, unpack

RUNTIME = "MODEL_DEPLOYMENT: {INFERENCE_CONDA_ENV: {INFERENCE_ENV_PATH: oci://b@n/p}}\n"
MEMBERS = {"score.py": "raise SystemExit('it was run')\n", "runtime.yaml": RUNTIME, "lib/one.txt": "1"}


def write_zip(path, members, *, compression=zipfile.ZIP_DEFLATED, date=(2020, 1, 1, 0, 0, 0)):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name, date), text, compress_type=compression)
    return path


def model_of(tmp_path, members=MEMBERS, more=""):
    folder = tmp_path / "models" / "twice"
    folder.mkdir(parents=True)
    write_zip(folder / "artifact.zip", members)
    (folder / "model.yaml").write_text(f"artifact: artifact.zip\n{more}")
    return load_models(tmp_path / "models")[0]


def test_its_bytes_are_the_zip_that_is_deployed(tmp_path):
    model = model_of(tmp_path)
    artifact = build(model, tmp_path / "artifacts")
    assert artifact.zip_path.read_bytes() == model.artifact_path.read_bytes()
    assert (artifact.folder / "lib" / "one.txt").read_text() == "1"
    assert build(model, tmp_path / "artifacts").was_cached


def test_the_manifest_says_what_the_text_files_say_and_no_more(tmp_path):
    manifest = build(model_of(tmp_path), tmp_path / "artifacts").manifest
    assert manifest["inference_env"] == {"conda_env": "oci://b@n/p"}
    assert "scikit_learn" not in manifest["versions"]
    assert manifest["golden"] == {"rows": [], "predictions": []}


def test_it_promises_nothing(tmp_path):
    artifact = build(model_of(tmp_path, {**MEMBERS, "hooks.py": ""}), tmp_path / "artifacts")
    assert golden_answers(artifact.manifest, artifact.zip_path).rows == []
    with pytest.raises(VerifyError) as caught:
        verify(artifact.folder)
    assert "twice is a ready artifact" in str(caught.value)


def test_its_digest_is_that_of_its_members_however_they_are_packed(tmp_path):
    one = write_zip(tmp_path / "one.zip", MEMBERS)
    other = write_zip(
        tmp_path / "other.zip",
        dict(reversed(MEMBERS.items())),
        compression=zipfile.ZIP_STORED,
        date=(2026, 1, 1, 0, 0, 0),
    )
    changed = write_zip(tmp_path / "changed.zip", {**MEMBERS, "lib/one.txt": "2"})
    digests = [artifact_digest(unpack(path, tmp_path / path.stem)) for path in (one, other, changed)]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"../score.py": ""}, "a member outside of its folder: ../score.py"),
        ({"/score.py": ""}, "a member outside of its folder: /score.py"),
        ({"manifest.json": "{}"}, "has a manifest.json of its own"),
        ({}, "has no files"),
    ],
)
def test_what_can_be_no_artifact_is_refused(tmp_path, members, words):
    with pytest.raises(BuildError) as caught:
        build(model_of(tmp_path, members), tmp_path / "artifacts")
    assert caught.value.kind == "artifact"
    assert words in str(caught.value)


def test_a_symbolic_link_is_refused(tmp_path):
    entry = zipfile.ZipInfo("score.py")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(ReadyArtifactError) as caught:
        unpack(tmp_path / "link.zip", tmp_path / "out")
    assert "has a symbolic link" in str(caught.value)


def test_what_is_no_zip_is_refused(tmp_path):
    model = model_of(tmp_path)
    model.artifact_path.write_bytes(b"PK no zip")
    with pytest.raises(BuildError) as caught:
        build(model, tmp_path / "artifacts")
    assert "artifact.zip can't be read as a zip" in str(caught.value)


def test_what_would_make_another_artifact_may_not_stand_beside_it(tmp_path):
    with pytest.raises(ModelYamlError) as caught:
        model_of(tmp_path, more="estimator: model.pkl\nhooks: hooks.py\n")
    assert [problem.path for problem in caught.value.problems] == ["estimator", "hooks"]
    assert "must be left out where artifact is given" in caught.value.problems[0].message
