"""`paddock why` and the end of a failed `up`: the cause, from a first deployment that fails to one that is proven."""

from __future__ import annotations

import json
import shutil

import pytest

WINE = "wine-cultivar"


@pytest.fixture(scope="module", autouse=True)
def one_model_with_hooks(clone):
    shutil.rmtree(clone.folder / "models" / "diabetes-progression")
    clone.edit(f"models/{WINE}/model.yaml", "estimator: model.pkl", "estimator: model.pkl\nhooks: hooks.py")
    clone.paddock("local", "start", "--admin")


@pytest.fixture
def client(clone):
    from oci.config import from_file
    from oci.data_science import DataScienceClient

    env = clone.paddock_json("env", "--json")
    return DataScienceClient(from_file(env["ociConfigFile"]), service_endpoint=env["endpoint"])


def restart(clone, client, fault):
    """The deployment is stopped and started, and what that meets is set beforehand."""
    from oci.data_science import DataScienceClientCompositeOperations

    faults = clone.folder / "faults.json"
    faults.write_text(json.dumps({"faults": [{"workRequest": "MODEL_DEPLOYMENT_ACTIVATE", **fault}]}))
    clone.paddock("local", "faults", str(faults))
    deployment = clone.paddock_json("status", "--json")[0]["deploymentId"]
    doing = DataScienceClientCompositeOperations(client)
    ended = {"wait_for_states": ["SUCCEEDED", "FAILED"], "waiter_kwargs": {"max_interval_seconds": 1}}
    doing.deactivate_model_deployment_and_wait_for_state(deployment, **ended)
    doing.activate_model_deployment_and_wait_for_state(deployment, **ended)


def up_with_hooks(clone, code):
    (clone.folder / "models" / WINE / "hooks.py").write_text(code)
    up = clone.up(check=False)
    return up.returncode, up.stdout + up.stderr


def why(clone, *, exit_code=0):
    run = clone.paddock("why", WINE, "--json", check=False)
    assert run.returncode == exit_code, run.stdout + run.stderr
    return json.loads(run.stdout)


def test_before_anything_is_deployed_nothing_failed(clone):
    run = clone.paddock("why", WINE, check=False)

    assert run.returncode == 2
    assert "has no deployment on stack local" in run.stderr


def test_a_package_that_is_missing_is_named_with_its_line_by_the_failed_up(clone):
    exit_code, words = up_with_hooks(clone, "\nimport nobody_has_this_package\n")

    assert exit_code == 1
    assert f"why: {WINE}: the package nobody_has_this_package is not there, which hooks.py:2 needs" in words
    found = why(clone)
    assert (found["state"], found["failed"], found["cause"]["kind"]) == ("FAILED", True, "missing-package")
    assert "requirements.txt is `# nobody_has_this_package: imported by hooks.py" in "\n".join(found["cause"]["mend"])
    assert found["cause"]["frames"][-1] == {
        "file": "hooks.py",
        "line": 2,
        "function": "<module>",
        "source": "import nobody_has_this_package",
    }


def test_the_check_of_a_failed_deployment_leads_to_the_cause(clone):
    run = clone.paddock("check", check=False)

    assert run.returncode == 1
    assert "the deployment is FAILED: ModuleNotFoundError" in run.stderr
    assert f"paddock why {WINE}" in run.stderr


def test_the_command_that_it_names_shows_the_same(clone):
    command = why(clone)["cause"]["reproduce"].split()

    assert command[0] == "paddock"
    shown = clone.paddock(*command[1:], check=False)
    assert shown.returncode == 1
    assert "No module named 'nobody_has_this_package'" in shown.stderr


def test_what_hooks_raise_is_told_with_their_last_lines(clone):
    code = "def connect():\n    raise RuntimeError('the feature store is out of reach')\n\n\nconnect()\n"
    _, words = up_with_hooks(clone, code)
    text = clone.paddock("why", WINE).stdout

    assert "hooks.py, line 2, raised RuntimeError: the feature store is out of reach" in words
    assert "hooks.py:5 in <module>: connect()" in text
    assert "hooks.py:2 in connect: raise RuntimeError('the feature store is out of reach')" in text
    assert f"paddock verify {WINE}" in text


def test_a_mended_model_is_proven_and_has_nothing_to_explain(clone):
    exit_code, words = up_with_hooks(clone, "def post_inference(yhat):\n    return [f'<{value}>' for value in yhat]\n")

    assert exit_code == 0, words
    assert "why:" not in words
    found = why(clone)
    assert (found["failed"], found["cause"]) == (False, None)
    checked = clone.paddock_json("check", "--json")[0]
    assert (checked["rowsEqual"], checked["rows"], checked["proof"]) == (10, 10, "bytes"), "as the hooks answer"


def test_an_update_that_exhausts_memory_is_explained_while_the_old_model_serves(clone):
    _, words = up_with_hooks(clone, "table = bytearray(1 << 60)\n")
    found = why(clone)

    assert f"why: {WINE}: out of memory while score.py was loaded" in words
    assert "now 16 GB of VM.Standard.E4.Flex" in words
    assert (found["state"], found["failed"], found["cause"]["kind"]) == ("ACTIVE", True, "memory")
    run = clone.paddock("check", check=False)
    assert run.returncode == 1
    assert "approved is" in run.stderr, "the endpoint still serves the model before"


def test_a_deployment_that_needs_attention_is_explained_by_its_details(clone, client):
    message = "The deployment is not authorized to write to its log group"
    restart(clone, client, {"end": "NEEDS_ATTENTION", "message": message})

    found = why(clone)

    assert (found["state"], found["cause"]["kind"], found["cause"]["reproduce"]) == ("NEEDS_ATTENTION", "policy", None)
    assert found["cause"]["mend"][0].startswith(
        "allow any-user to use log-content in compartment id ocid1.compartment."
    )
    assert "NEEDS_ATTENTION" in clone.paddock("check", check=False).stderr


def test_what_is_not_known_is_said_to_be_unknown_and_shown(clone, client):
    restart(clone, client, {"end": "NEEDS_ATTENTION", "message": "The moon is in the wrong house"})

    run = clone.paddock("why", WINE, check=False)

    assert run.returncode == 1
    assert "none of the known ones" in run.stderr
    assert "lifecycleDetails: The moon is in the wrong house" in run.stdout


def test_what_the_service_says_is_told_from_the_operation_that_failed_last(clone, client):
    restart(clone, client, {"end": "FAILED", "message": "Out of host capacity."})

    found = why(clone)

    assert (found["state"], found["cause"]["kind"]) == ("FAILED", "capacity")
    assert "VM.Standard.E4.Flex" in found["cause"]["cause"]
    assert found["cause"]["from"] == "the error of MODEL_DEPLOYMENT_ACTIVATE"
