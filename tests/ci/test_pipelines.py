"""The pipelines, run: a repository with a remote, the workflow files' own steps, and a second local OCI as production.

The tests of this file run in order, each where the one before it left the world.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from forge_under_test import TOKEN, ForgeUnderTest, forge
from github_runner import TOOLS, Job, git, kill_group, secrets_of
from other_runners import devops_steps, gitlab_job
from pipelines_world import World, built_up, green

from paddock.ci.load import Load, Target

WINE, DIABETES = "wine-cultivar", "diabetes-progression"
CONTEXT = {"github.event.pull_request.number": "12", "github.token": TOKEN}
# Minutes of real Pulumi runs stand behind some of these fixtures; a busy machine takes several times as long.
pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with built_up(tmp_path_factory.mktemp("pipelines")) as made:
        yield made


def summary_of(world: World, upload: str) -> str:
    return (world.runner.uploads / upload / "summary.md").read_text()


@pytest.fixture(scope="module")
def change(world: World) -> str:
    """A branch that retrains one model and gives another more bandwidth."""
    git(world.team, "checkout", "--quiet", "-b", "retrain")
    world.retrain(WINE, 7)
    world.edit(f"models/{DIABETES}/model.yaml", "bandwidth_mbps: 10", "bandwidth_mbps: 12")
    return world.commit("Retrain wine-cultivar, more bandwidth for diabetes-progression")


@pytest.fixture(scope="module")
def rehearsal(world: World, change: str) -> Job:
    environment = {"GITHUB_REF": "refs/pull/12/merge", "GITHUB_BASE_REF": "main"}
    return world.runner.job("rehearse.yml", "rehearse", commit=change, context=CONTEXT, environment=environment)


def test_the_pull_requests_workflow_asks_for_no_secret():
    assert secrets_of("rehearse.yml") == set()


def test_a_forks_pull_request_is_rehearsed_and_goes_green_without_a_secret(rehearsal):
    told = [name for name in rehearsal.environment if re.search("PASSPHRASE|TOKEN|SECRET|TF_VAR|OCI_|PULUMI_", name)]

    assert told == []
    green(rehearsal)


def test_the_comment_tells_a_reviewer_what_changes_and_what_was_proven(world, rehearsal):
    comment = summary_of(world, "rehearsal")

    assert comment.startswith("<!-- paddock-rehearsal -->\n## Paddock: rehearsed, all is well")
    assert WINE in comment
    assert "new version" in comment.lower() or "new catalog" in comment.lower()
    assert re.search(r"bandwidth.*10 Mbps → 12", comment) or re.search(r"10.*→.*12", comment)
    assert re.search(r"Cost: EUR [\d,.]+ → [\d,.]+ a month \(\+1\.46\), by prices of 2026-11-01", comment)
    assert "Golden rows: 2 of 2 endpoints" in comment


def test_no_request_failed_while_the_change_was_applied(world, rehearsal):
    result = json.loads((world.runner.uploads / "rehearsal" / "result.json").read_text())

    assert {load["model"] for load in result["loads"]} == {WINE, DIABETES}
    assert all(load["failed"] == 0 and load["requests"] > 50 for load in result["loads"])


def test_a_rehearsal_leaves_nothing(world, rehearsal):
    assert not (world.runner.folder / ".paddock" / "rehearsal").exists()
    assert git(world.runner.folder, "worktree", "list").count("\n") == 0


def test_the_page_of_the_run_shows_the_same_summary(world, rehearsal):
    page = (world.runner.uploads / "step-summary.md").read_text()

    assert "Paddock: rehearsed, all is well" in page


def comment_on(world: World, under_test: ForgeUnderTest, commit: str) -> Job:
    temporary = world.runner.uploads.parent / "runner-temp"
    run = "github.event.workflow_run"
    context = {
        **CONTEXT,
        "runner.temp": str(temporary),
        f"{run}.id": "7",
        f"{run}.head_repository.owner.login": "stranger",
        f"{run}.head_branch": "retrain",
        f"{run}.head_sha": commit,
        f"{run}.head_repository.full_name != github.repository": "true",
    }
    return world.runner.job(
        "comment.yml",
        "comment",
        commit=git(world.team, "rev-parse", "main"),
        context=context,
        environment={"GITHUB_API_URL": under_test.url},
    )


def test_the_summary_becomes_one_comment_that_is_edited_in_place(world, rehearsal, change):
    with forge() as under_test:
        under_test.pulls = [{"number": 12, "head": {"label": "stranger:retrain", "sha": change}}]
        green(comment_on(world, under_test, change))
        edited = world.runner.uploads / "rehearsal" / "summary.md"
        edited.write_text(edited.read_text() + "\nonce more\n")
        green(comment_on(world, under_test, change))

    (posted,) = under_test.comments[12]
    assert posted["body"].startswith("<!-- paddock-rehearsal -->\n> From a fork")
    assert posted["body"].rstrip().endswith("once more")


@pytest.fixture(scope="module")
def deployed(world: World, rehearsal: Job) -> tuple[Job, Job, str]:
    """The merge, and the production workflow's two jobs."""
    git(world.team, "checkout", "--quiet", "main")
    git(world.team, "merge", "--quiet", "--no-ff", "--message", "Merge retrain", "retrain")
    git(world.team, "push", "--quiet", "origin", "main")
    commit = git(world.team, "rev-parse", "HEAD")
    preview = world.production_job("preview", commit)
    assert preview.is_green, preview.output
    return preview, world.production_job("up", commit), commit


def test_what_was_merged_goes_to_production_as_it_was_approved(world, deployed):
    green(deployed[1])
    rehearsed = json.loads((world.runner.uploads / "rehearsal" / "result.json").read_text())["models"]

    served = world.served()
    assert {name: fact["digest"] for name, fact in served.items()} == rehearsed
    assert {fact["state"] for fact in served.values()} == {"ACTIVE"}


def test_the_artifacts_were_built_once_and_passed_on(deployed):
    up = next(step for step in deployed[1].steps if step.name == "Up")

    assert up.output.count("(as passed on)") == 2
    assert "built " not in up.output.replace("as passed on", "")
    assert "2 artifacts are those that were approved" in up.output


def test_an_artifact_that_is_not_the_approved_one_is_refused(world, deployed):
    approval = world.runner.uploads / "approval" / "approval.json"
    approved = json.loads(approval.read_text())
    approval.write_text(json.dumps({**approved, "models": {**approved["models"], WINE: "f" * 64}}))
    try:
        refused = world.production_job("up", deployed[2])
    finally:
        approval.write_text(json.dumps(approved))

    assert not refused.is_green
    assert f"{WINE}: approved ffffffffffff, here" in refused.output
    assert "nothing was changed" in refused.output


def look_for_drift(world: World, under_test: ForgeUnderTest) -> Job:
    commit = git(world.team, "rev-parse", "main")
    environment = {**world.passphrase_variables, "GITHUB_API_URL": under_test.url}
    return world.runner.job("drift.yml", "drift", commit=commit, context=CONTEXT, environment=environment)


def set_bandwidth_by_hand(world: World, bandwidth_mbps: int) -> None:
    import oci

    client = oci.data_science.DataScienceClient(
        oci.config.from_file(str(world.production.known.config_file)),
        service_endpoint=world.production.running.endpoint,
    )
    client.base_client.session.trust_env = False
    deployment_id = world.served()[DIABETES]["deploymentId"]
    details = client.get_model_deployment(deployment_id).data.model_deployment_configuration_details
    models = oci.data_science.models
    client.update_model_deployment(
        deployment_id,
        models.UpdateModelDeploymentDetails(
            model_deployment_configuration_details=models.UpdateSingleModelDeploymentConfigurationDetails(
                deployment_type="SINGLE_MODEL",
                model_configuration_details=models.UpdateModelConfigurationDetails(
                    model_id=details.model_configuration_details.model_id, bandwidth_mbps=bandwidth_mbps
                ),
            )
        ),
    )
    oci.wait_until(client, client.get_model_deployment(deployment_id), "lifecycle_state", "ACTIVE", max_wait_seconds=60)
    client.base_client.session.close()


def test_a_change_by_hand_opens_one_issue_that_closes_when_it_is_undone(world, deployed):
    with forge() as under_test:
        set_bandwidth_by_hand(world, 17)
        found = look_for_drift(world, under_test)
        opened = [dict(issue) for issue in under_test.issues]
        set_bandwidth_by_hand(world, 12)
        undone = look_for_drift(world, under_test)

    assert (found.is_green, undone.is_green) == (False, True), undone.output
    assert [(issue["state"], issue["title"]) for issue in opened] == [("open", "Stack prod is not as declared")]
    assert DIABETES in opened[0]["body"]
    assert "17" in opened[0]["body"]
    assert [issue["state"] for issue in under_test.issues] == ["closed"]


def _previewed_by_devops(world: World, commit: str) -> None:
    """OCI DevOps's build, without its rehearsal: its bundle is what the deployment gets."""
    folder = _fresh(world, commit)
    backend = world.passphrase_variables["PULUMI_BACKEND_URL"]
    environment = world.runner.environment(commit, **world.passphrase_variables, STACK="prod", STATE_URL=backend)
    green(devops_steps(("Install", "Preview"), folder, environment))
    unpacked = world.runner.uploads / "bundle"
    unpacked.mkdir()
    subprocess.run(["tar", "-xzf", str(folder / "bundle.tar.gz")], cwd=unpacked, check=True)
    assert (unpacked / "source" / "gitops" / "oci_devops" / "passphrase.sh").is_file()
    for name, inside in (("approval", "approved"), ("artifacts", "artifacts")):
        shutil.rmtree(world.runner.uploads / name)
        shutil.copytree(unpacked / "source" / inside, world.runner.uploads / name)


def load_on(world: World, name: str) -> Load:
    import oci
    import pandas as pd

    rows = json.loads(pd.read_csv(world.team / "models" / name / "X_sample.csv").head(3).to_json(orient="records"))
    config = oci.config.from_file(str(world.production.known.config_file))
    return Load([Target(name, world.served()[name]["endpoint"], rows)], oci.signer.Signer.from_config(config))


def test_a_bad_model_is_rolled_back_and_its_endpoint_never_stops_answering(world, deployed):
    """It loads and answers, but not what it answered when it was built."""
    before = world.served()
    (world.team / f"models/{WINE}/hooks.py").write_text(
        "import secrets\n\n\n"
        "def post_inference(yhat):\n    return [f'{value}-{secrets.token_hex(4)}' for value in yhat]\n"
    )
    world.edit(f"models/{WINE}/model.yaml", "estimator: model.pkl", "estimator: model.pkl\nhooks: hooks.py")
    commit = world.commit("Hooks that make something up")
    _previewed_by_devops(world, commit)
    with load_on(world, WINE) as load:
        up = world.production_job("up", commit)
    (told,) = load.results()

    assert not up.is_green
    assert "roll" in up.output.lower()
    assert (told.failed, told.requests > 100) == (0, True), told.failures
    after = world.served()
    assert after[WINE]["digest"] == before[WINE]["digest"]
    assert after[WINE]["state"] == "ACTIVE"


@pytest.fixture(scope="module")
def retrained(world: World, deployed: tuple[Job, Job, str]) -> str:
    """Hooks are mended, a model is retrained, the preview (GitLab's job) is approved."""
    (world.team / f"models/{WINE}/hooks.py").unlink(missing_ok=True)
    git(world.team, "checkout", "--quiet", deployed[2], "--", f"models/{WINE}")
    world.retrain(WINE, 8)
    commit = world.commit("Retrain wine-cultivar again")
    preview = gitlab_job("preview", _fresh(world, commit), _gitlab_environment(world, commit))
    assert preview.is_green, preview.output
    for name, folder in (("approval", "approved"), ("artifacts", "artifacts")):
        shutil.rmtree(world.runner.uploads / name)
        shutil.copytree(world.runner.folder / folder, world.runner.uploads / name)
    return commit


def _fresh(world: World, commit: str) -> Path:
    world.runner.check_out(commit)
    return world.runner.folder


def _gitlab_environment(world: World, commit: str) -> dict[str, str]:
    variables = {"GITLAB_CI": "true", "CI_COMMIT_SHA": commit, "CI_COMMIT_BRANCH": "main", "CI_PROJECT_ID": "99"}
    return world.runner.environment(commit, **world.passphrase_variables, **variables)


def test_a_cancelled_up_ends_in_order(world, retrained):
    def cancel(process: subprocess.Popen[str]) -> None:
        process.send_signal(signal.SIGTERM)

    output, exit_code = _until(r"oci:DataScience\S+ .*creat", world, retrained, cancel)

    assert exit_code == 1, output
    assert "cancelled" in output
    assert not list((world.production.running.data_dir / "paddock/state/.pulumi/locks").rglob("*.json"))


def test_a_runner_that_is_lost_in_the_middle_of_up_is_recovered_by_the_next(world, retrained):
    _until(r"ModelDeployment\S* .*updating", world, retrained, kill_group)

    folder = _fresh(world, retrained)
    for name, into in (("approval", "approved"), ("artifacts", "artifacts")):
        shutil.copytree(world.runner.uploads / name, folder / into, dirs_exist_ok=True)
    recovered = green(gitlab_job("up", folder, _gitlab_environment(world, retrained)))

    assert "whose run is over: the lock is released" in recovered.output
    assert "section_start:" in recovered.output
    preview = world.paddock("preview", "--stack", "prod", "--expect-no-changes", folder=folder)
    assert preview.returncode == 0, preview.stdout + preview.stderr
    assert {fact["state"] for fact in world.served().values()} == {"ACTIVE"}


def review_job(world: World, commit: str, action: str) -> Job:
    conditions = {
        "github.event.action != 'closed'": action != "closed",
        "github.event.action == 'closed'": action == "closed",
    }
    return world.runner.job(
        "review.yml",
        "review",
        commit=commit,
        context=CONTEXT,
        conditions=conditions,
        environment=world.passphrase_variables,
    )


def test_a_review_stack_comes_with_its_label_and_goes_with_the_pull_request(world, retrained):
    shutil.rmtree(world.team / "models" / DIABETES)
    shutil.copy2(world.team / "Pulumi.prod.yaml", world.team / "Pulumi.review.yaml")
    commit = world.commit("One model, and what review stacks are like")

    green(review_job(world, commit, "labeled"))
    stacks = json.loads(world.paddock("pulumi", "stack", "ls", "--stack", "prod", "--json").stdout)
    green(review_job(world, commit, "closed"))
    left = json.loads(world.paddock("pulumi", "stack", "ls", "--stack", "prod", "--json").stdout)

    assert {stack["name"] for stack in stacks} == {"prod", "review-12"}
    assert {stack["name"] for stack in left} == {"prod"}
    assert {fact["state"] for fact in world.served().values()} == {"ACTIVE"}


def _until(pattern: str, world: World, commit: str, act: Any) -> tuple[str, int]:
    """Runs the job's step `Up` until Pulumi says what matches; then `act`s on the process, and waits for its end."""
    runner = world.runner
    runner.check_out(commit)
    shutil.copytree(runner.uploads / "approval", runner.folder / "approved", dirs_exist_ok=True)
    shutil.copytree(runner.uploads / "artifacts", runner.folder / "artifacts", dirs_exist_ok=True)
    path = f"{TOOLS}:{Path(sys.base_prefix) / 'bin'}:/usr/bin:/bin"
    environment = {**world.passphrase_variables, "PATH": path}
    process = runner.process("production.yml", "up", "Up", commit=commit, environment=environment)
    seen: list[str] = []
    lost = threading.Timer(200, process.kill)
    lost.start()
    try:
        for line in process.stdout:
            seen.append(line)
            if re.search(pattern, line):
                break
        act(process)
        rest = process.communicate(timeout=120)[0] if process.returncode is None else ""
    finally:
        lost.cancel()
    return "".join(seen) + (rest or ""), process.returncode
