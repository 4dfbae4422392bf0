"""verify: a promise about predictions is checked on the artifact's own score.py."""

from __future__ import annotations

import joblib
import pandas as pd
import pytest
from artifact_builder_models import only_model, write_model
from sklearn.linear_model import LinearRegression

from artifact_builder import VerifyError, build, verify


def test_the_sample_models_keep_their_promise(samples_built):
    verifications = [verify(artifact.folder) for artifact in samples_built.values()]
    assert [(one.is_ok, one.rows, len(one.forms), one.edited_members) for one in verifications] == [
        (True, 10, 7, ())
    ] * 2


def test_verifying_leaves_no_file_in_the_artifact(line_copy, worker_here):
    before = sorted(line_copy.rglob("*"))
    verify(line_copy)
    assert sorted(line_copy.rglob("*")) == before


def test_another_model_under_the_same_name_is_found(line_copy, worker_here):
    frame = pd.DataFrame({"a": [0.0, 1.0, 2.0], "b": [0.0, 0.0, 1.0]})
    joblib.dump(LinearRegression().fit(frame, [0.0, 1.0, 2.0]), line_copy / "model.joblib")
    verification = verify(line_copy)
    assert not verification.is_ok
    assert verification.problems[0] == "model.joblib is not the file that was built: build the model again"
    assert "worst is row 2: expected 3.0" in verification.problems[1]


def test_a_changed_answer_is_found_in_each_form(line_copy, worker_here):
    edit(line_copy, '{"prediction": post_inference(yhat)}', '{"prediction": [1 + y for y in post_inference(yhat)]}')
    verification = verify(line_copy)
    assert verification.edited_members == ("score.py",)
    assert [problem.split(":")[0] for problem in verification.problems] == list(verification.forms)


def test_a_harmless_edit_is_no_problem(line_copy, worker_here):
    edit(line_copy, "Written by Paddock; yours to edit.", "Edited.")
    verification = verify(line_copy)
    assert (verification.is_ok, verification.edited_members) == (True, ("score.py",))
    assert "edited since the build: score.py" in str(verification)


def test_a_score_py_that_raises_is_told_with_its_traceback(line_copy, worker_here):
    edit(line_copy, "    return joblib.load(path, ", "    raise RuntimeError('no disk')\n    return joblib.load(path, ")
    verification = verify(line_copy)
    assert verification.problems == ("score.py raised RuntimeError: no disk",)
    assert "in _load" in verification.traceback
    assert verification.traceback.rstrip().endswith("RuntimeError: no disk")


def test_a_score_py_that_ends_the_process_is_told(line_copy):
    edit(line_copy, "import joblib", "import joblib\nos._exit(5)")
    with pytest.raises(VerifyError, match="ended with exit code 5"):
        verify(line_copy)


def test_a_folder_without_manifest_is_refused(tmp_path):
    with pytest.raises(VerifyError, match="is no artifact folder, it has no manifest"):
        verify(tmp_path)


def test_hooks_are_a_member_and_are_used(tmp_path, worker_here):
    hooks = "def pre_inference(data):\n    return data['rows']\n"
    write_model(tmp_path / "models" / "line", hooks=hooks, yaml_text=HOOKED)
    artifact = build(only_model(tmp_path / "models"), tmp_path / "artifacts")
    assert "hooks.py" in {member["name"] for member in artifact.manifest["members"]}
    assert "TypeError" in verify(artifact.folder).problems[0]  # this hook takes no body but its own


def test_hooks_that_change_the_answer_keep_the_promise(tmp_path, worker_here):
    hooks = "def post_inference(yhat):\n    return (yhat * 10).tolist()\n"
    write_model(tmp_path / "models" / "line", hooks=hooks, yaml_text=HOOKED)
    assert verify(build(only_model(tmp_path / "models"), tmp_path / "artifacts").folder).is_ok


def test_hooks_that_raise_on_load_are_told_by_verify(tmp_path, worker_here):
    write_model(tmp_path / "models" / "line", hooks="raise RuntimeError('not here')\n", yaml_text=HOOKED)
    verification = verify(build(only_model(tmp_path / "models"), tmp_path / "artifacts").folder)
    assert verification.problems == ("score.py raised RuntimeError: not here",)
    assert "hooks.py" in verification.traceback


HOOKED = "estimator: model.pkl\nsamples: {X: X.csv, y: y.csv}\nhooks: hooks.py\n"


def edit(folder, *replacements: str) -> None:
    path = folder / "score.py"
    text = path.read_text()
    for old, new in zip(replacements[::2], replacements[1::2], strict=True):
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text)
