"""Endpoints that others made, with Oracle's SDK and with oracle-ads, become models of the project. In order."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
import requests
import yaml
from by_hand import ByHand
from conftest import clean_environment
from oci.config import from_file
from oci.signer import Signer

sys.path.append(str(Path(__file__).parents[1] / "local_oci"))

from client_environment import CLIENTS, environment_of, python_of

SCORE_PY = """\
from factor import FACTOR


def load_model():
    return FACTOR


def predict(data, model=load_model()):
    return {"prediction": [model * number for number in data]}
"""
RUNTIME_YAML = """\
MODEL_ARTIFACT_VERSION: '3.0'
MODEL_DEPLOYMENT:
  INFERENCE_CONDA_ENV:
    INFERENCE_ENV_SLUG: ''
    INFERENCE_ENV_TYPE: published
    INFERENCE_ENV_PATH: oci://bucket@namespace/doubles
    INFERENCE_PYTHON_VERSION: '3.11'
"""
MEMBERS = {"score.py": SCORE_PY, "runtime.yaml": RUNTIME_YAML, "factor.py": "FACTOR = 2\n", "data/why.json": "{}\n"}


def zipped(members):
    """A zip as others make it: deflated, with dates, with a folder in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return file.getvalue()


ARTIFACT = zipped(MEMBERS)


@pytest.fixture(scope="module")
def hand(clone):
    """A clone whose stack has nothing yet, and no model of its own."""
    for model in (clone.folder / "models").iterdir():
        for file in model.iterdir():
            file.unlink()
        model.rmdir()
    return ByHand(clone)


@pytest.fixture(scope="module")
def made(hand):
    """What someone made by hand."""
    project_id, log_group_id = hand.project("by hand"), hand.log_group("by hand")
    deployment_id = hand.endpoint("Doubles (prod)", ARTIFACT, project_id=project_id, log_group_id=log_group_id)
    return hand.settled(deployment_id)


@pytest.fixture(scope="module")
def adopted(clone, hand, made):
    before = hand.science.list_work_requests(hand.compartment_id).data
    result = clone.paddock("adopt", "--deployment", made.id, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    after = hand.science.list_work_requests(hand.compartment_id).data
    return {"stdout": result.stdout, "work_requests": len(after) - len(before)}


def ask(clone, deployment, rows):
    config = from_file(clone.paddock_json("env", "--json")["ociConfigFile"])
    url = f"{deployment.model_deployment_url}/predict"
    answer = requests.post(url, json=rows, auth=Signer.from_config(config), timeout=30)
    return answer.status_code, answer.json()


def stack_resources(clone):
    state = json.loads(clone.paddock("pulumi", "stack", "export", "--stack", "local").stdout)
    return {
        (resource["type"], resource["urn"].split("::")[-1]): resource for resource in state["deployment"]["resources"]
    }


def test_the_next_preview_and_refresh_have_no_changes(clone, adopted):
    assert "The next preview has no changes." in adopted["stdout"]
    clone.paddock("preview", "--expect-no-changes")
    clone.paddock("refresh", "--yes", "--expect-no-changes")


def test_deployment_entry_and_logs_are_the_same_and_answer_as_before(clone, hand, made, adopted):
    resources = stack_resources(clone)
    details = made.model_deployment_configuration_details.model_configuration_details
    logs = made.category_log_details
    ids = {name: resource.get("id") for (_, name), resource in resources.items() if resource.get("custom")}
    assert ids["doubles-prod-access"] == logs.access.log_id
    assert ids["doubles-prod-predict"] == logs.predict.log_id
    kinds = {kind: resource.get("id") for (kind, name), resource in resources.items() if name == "doubles-prod"}
    assert kinds["oci:DataScience/modelDeployment:ModelDeployment"] == made.id
    assert kinds["oci:DataScience/model:Model"] == details.model_id
    assert ask(clone, hand.settled(made.id), [1, 21]) == (200, {"prediction": [2, 42]})


def test_nothing_was_done_to_the_deployment(hand, made, adopted):
    assert adopted["work_requests"] == 0
    assert hand.settled(made.id) == made


def test_the_folder_has_the_catalog_s_own_artifact_and_the_deployment_as_it_is(clone, made, adopted):
    folder = clone.folder / "models" / "doubles-prod"
    document = yaml.safe_load((folder / "model.yaml").read_text())
    assert (folder / "artifact.zip").read_bytes() == ARTIFACT
    assert (document["description"], document["artifact"]) == ("Twice what it is given", "artifact.zip")
    own = document["deployment"]
    assert (own["display_name"], own["project_id"]) == ("Doubles (prod)", made.project_id)
    assert own["load_balancer"] == {"bandwidth_mbps": 12, "maximum_bandwidth_mbps": 20}
    assert (own["description"], own["tags"]) == ("By hand", {"owner": "operations"})
    assert own["defined_tags"] == {"Operations.CostCenter": "42"}


def test_the_entry_keeps_what_it_said_and_gets_the_tags_that_it_is_found_by(clone, hand, made, adopted):
    model_id = made.model_deployment_configuration_details.model_configuration_details.model_id
    entry = hand.science.get_model(model_id).data
    digest = clone.paddock_json("status", "--json")[0]["digest"]
    assert entry.freeform_tags == {"by": "hand", "paddock-model": "doubles-prod", "paddock-digest": digest}
    assert (entry.display_name, entry.custom_metadata_list[0].value) == ("Doubles (prod) v1", "a test")


def test_adopting_it_again_changes_nothing(clone, made, adopted):
    again = clone.paddock("adopt", "--deployment", made.id)
    assert "The next preview has no changes." in again.stdout


def test_a_change_of_its_model_yaml_updates_it_in_place(clone, hand, made, adopted):
    clone.edit("models/doubles-prod/model.yaml", "bandwidth_mbps: 12", "bandwidth_mbps: 14")
    clone.up()
    deployment = hand.settled(made.id)
    assert deployment.model_deployment_configuration_details.model_configuration_details.bandwidth_mbps == 14


@pytest.fixture(scope="module")
def triples(hand, made):
    """Another endpoint, made by hand."""
    artifact = zipped({**MEMBERS, "factor.py": "FACTOR = 3\n"})
    group = made.category_log_details.access.log_group_id
    return hand.endpoint("Triples", artifact, project_id=made.project_id, log_group_id=group)


def test_a_taken_name_is_refused_and_nothing_is_written(clone, adopted, triples):
    result = clone.paddock("adopt", "--deployment", triples, "--name", "doubles-prod", check=False)
    assert result.returncode == 2
    assert "stack local has a deployment of doubles-prod already; give another --name" in result.stderr
    assert [path.name for path in (clone.folder / "models").iterdir()] == ["doubles-prod"]


def test_an_adoption_that_was_killed_is_run_again_and_goes_on(clone, hand, adopted, triples):
    words = [sys.executable, "-m", "paddock", "adopt", "--deployment", triples]
    begun = subprocess.Popen(words, cwd=clone.folder, env=clean_environment(), start_new_session=True)
    deadline = time.monotonic() + 120
    while not (clone.folder / "models" / "triples").exists():
        assert time.monotonic() < deadline, "waited 120 s for the model's folder"
        time.sleep(0.02)
    os.killpg(begun.pid, signal.SIGKILL)
    assert begun.wait(timeout=30) == -signal.SIGKILL

    again = clone.paddock("adopt", "--deployment", triples)

    assert "The next preview has no changes." in again.stdout
    assert triples in [resource.get("id") for resource in stack_resources(clone).values()]
    assert ask(clone, hand.settled(triples), [1, 14]) == (200, {"prediction": [3, 42]})


def test_an_unknown_deployment_is_refused(clone, hand):
    unknown = "ocid1.datasciencemodeldeployment.oc1.iad.unknown"
    result = clone.paddock("adopt", "--deployment", unknown, check=False)
    assert result.returncode == 2
    assert f"{unknown}: OCI knows no such model deployment" in result.stderr


# --- made with oracle-ads ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made_by_ads(clone, hand, tmp_path_factory):
    env = clone.paddock_json("env", "--json")
    words = [env["endpoint"], env["ociConfigFile"], env["compartmentId"], str(tmp_path_factory.mktemp("ads") / "model")]
    done = subprocess.run(
        [str(python_of("oracle-ads")), str(CLIENTS / "oracle_ads_deployment.py"), *words],
        env={**environment_of(), "HOME": str(tmp_path_factory.mktemp("home"))},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return hand.settled(done.stdout.split()[-1])


def test_what_oracle_ads_deployed_is_adopted_with_its_shared_log_left_where_it_is(clone, hand, made_by_ads):
    result = clone.paddock("adopt", "--deployment", made_by_ads.id, "--name", "ads", check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    log = made_by_ads.category_log_details.access
    own = yaml.safe_load((clone.folder / "models" / "ads" / "model.yaml").read_text())["deployment"]
    assert own["logs"]["access"] == {"log_group_id": log.log_group_id, "log_id": log.log_id}
    assert log.log_id not in [resource.get("id") for resource in stack_resources(clone).values()]
    assert "The next preview has no changes." in result.stdout
    clone.paddock("refresh", "--yes", "--expect-no-changes")
    assert hand.settled(made_by_ads.id) == made_by_ads
    assert ask(clone, made_by_ads, [[3.0], [4.0]])[1]["prediction"] == pytest.approx([6, 8])
