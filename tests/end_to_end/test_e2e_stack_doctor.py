"""`paddock doctor --stack prod`: a production that is set up step by step, each lack mended by what doctor says.

A second local OCI stands for production's, and its Object Storage, in S3's form, keeps the state.
"""

from __future__ import annotations

import json
import shutil

import pytest

_PROD = """\
config:
  paddock:compartmentId: {compartment}
  oci:region: us-ashburn-1
  paddock:models:
    wine-cultivar: {{instances: 2, load_balancer: {{bandwidth_mbps: 50, maximum_bandwidth_mbps: {maximum}}}}}
"""
_COMPARTMENT = "ocid1.compartment.oc1..aaaaaaaaprod"


@pytest.fixture(scope="module", autouse=True)
def one_model(clone):
    shutil.rmtree(clone.folder / "models" / "diabetes-progression")
    yield
    clone.paddock("local", "stop", "--data", "production")


def doctor(clone, exports, *flags):
    """In a shell that has production's variables; what → finding."""
    script = f'eval "$(paddock env --data production)"; {exports}\npaddock doctor --stack prod --json {" ".join(flags)}'
    run = clone.shell(f"{script} || [ $? = 3 ]")
    assert run.returncode == 0, run.stdout + run.stderr
    return {finding["what"]: finding for finding in json.loads(run.stdout)}


def backend(clone):
    """A bucket for the state, made by Oracle's client."""
    from oci.config import from_file
    from oci.object_storage import ObjectStorageClient
    from oci.object_storage.models import CreateBucketDetails

    env = json.loads(clone.paddock("env", "--data", "production", "--json").stdout)
    client = ObjectStorageClient(from_file(env["ociConfigFile"]), service_endpoint=env["endpoint"])
    details = CreateBucketDetails(name="states", compartment_id=env["compartmentId"])
    client.create_bucket(client.get_namespace().data, details)
    return f"export PULUMI_BACKEND_URL='s3://states?endpoint={env['endpoint']}&s3ForcePathStyle=true'"


def test_what_is_missing_is_named_with_the_command_that_mends_it(clone):
    found = doctor(clone, "export PULUMI_BACKEND_URL='s3://nobody-made-it?endpoint=http://127.0.0.1:9'")

    assert found["stack file"]["mend"].startswith("pulumi stack init prod")
    assert found["state backend"]["mend"].startswith("pulumi login")
    assert found["OCI credentials of paddock"]["ok"]


def test_values_out_of_bounds_are_told_before_anything_is_built(clone):
    (clone.folder / "Pulumi.prod.yaml").write_text(_PROD.format(compartment=_COMPARTMENT, maximum=500))
    found = doctor(clone, "true")

    assert "twice" in found["models"]["found"]
    assert found["models"]["mend"]
    (clone.folder / "Pulumi.prod.yaml").write_text(_PROD.format(compartment="production", maximum=100))
    assert "compartmentId" in doctor(clone, "true")["stack file"]["found"]


def test_a_production_that_is_set_up_lacks_nothing_and_its_dry_run_changes_nothing(clone):
    file = clone.folder / "Pulumi.prod.yaml"
    file.unlink()
    exports = backend(clone)
    before = doctor(clone, exports)
    assert before["state backend"]["ok"], before["state backend"]
    assert before["stack prod"]["mend"] == "pulumi stack init prod"
    made = clone.shell(f'eval "$(paddock env --data production)"; {exports}\n{before["stack prod"]["mend"]}')
    assert made.returncode == 0, made.stderr
    file.write_text(file.read_text() + _PROD.format(compartment=_COMPARTMENT, maximum=100))
    written = file.read_bytes()

    found = doctor(clone, exports, "--dry-run")

    assert [finding for finding in found.values() if not finding["ok"]] == []
    assert found["secrets"]["found"] == "by passphrase, which opens Pulumi.prod.yaml"
    assert found["dry run"]["found"].startswith("previews ")
    assert file.read_bytes() == written
