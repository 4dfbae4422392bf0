"""The oci CLI, as Oracle publishes it, on every kind; predictions through `raw-request` and `model-deployment`."""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import proven
import pytest
from client_environment import CLIENTS, environment_of, python_of
from local_oci_cloud import DOUBLES, Cloud, end, zip_of

NAMESPACE = "paddock"


@dataclass
class Cli:
    """The CLI in one process of its own; calling it runs a command against the local OCI and gives its output."""

    process: subprocess.Popen[str]
    config_file: Path
    endpoint: str

    def __call__(self, *words: str, **options: Any) -> Any:
        """`data_science="…"` is `--data-science …`; values that are no text become JSON."""
        answer = self.answer(*words, **options)
        assert answer["code"] == 0, f"oci {' '.join(words)}: {answer['err']}{answer['out']}"
        shown = json.loads(answer["out"]) if answer["out"].startswith("{") else answer["out"]
        return shown.get("data", shown) if isinstance(shown, dict) else shown

    def answer(self, *words: str, **options: Any) -> dict[str, Any]:
        given = [*words, "--config-file", str(self.config_file)]
        if words[0] != "raw-request":
            given += ["--endpoint", self.endpoint]
        for name, value in options.items():
            given.append(f"--{name.replace('_', '-')}")
            if value is not True:
                given.append(value if isinstance(value, str) else json.dumps(value))
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(given) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local OCI that notes which operations are called."""
    running = Cloud(tmp_path_factory.mktemp("cloud"))
    (running.data_dir / "calls.jsonl").touch()
    running.start()
    yield running
    end(running)


@pytest.fixture(scope="module")
def cli(watched: Cloud) -> Iterator[Cli]:
    process = subprocess.Popen(
        [str(python_of("oci-cli")), str(CLIENTS / "oci_cli_loop.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**environment_of(), "HOME": str(watched.data_dir)},
    )
    with process:
        yield Cli(process, watched.known.config_file, watched.endpoint)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="module")
def project(cli: Cli, watched: Cloud) -> str:
    made = cli("data-science", "project", "create", compartment_id=watched.compartment, wait_for_state="ACTIVE")
    return str(made["id"])


@pytest.fixture(scope="module")
def model(cli: Cli, watched: Cloud, project: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    artifact = tmp_path_factory.mktemp("artifact") / "model.zip"
    artifact.write_bytes(zip_of(score=DOUBLES))
    made = cli(
        "data-science",
        "model",
        "create",
        compartment_id=watched.compartment,
        project_id=project,
        display_name="from the CLI",
        custom_metadata_list=[{"key": "note", "value": "v"}],
        defined_metadata_list=[{"key": "Framework", "value": "scikit-learn"}],
    )
    options = {"model_id": made["id"], "content_disposition": "attachment; filename=model.zip"}
    cli("data-science", "model", "create-model-artifact", model_artifact_file=str(artifact), **options)
    return str(made["id"])


def test_projects(cli: Cli, watched: Cloud, project: str) -> None:
    science = ("data-science", "project")
    update = cli(*science, "update", project_id=project, display_name="renamed", force=True)
    assert update["display-name"] == "renamed"
    listed = cli(*science, "list", compartment_id=watched.compartment, all=True)
    assert [one["display-name"] for one in listed] == ["renamed"]
    assert cli(*science, "get", project_id=project)["lifecycle-state"] == "ACTIVE"
    cli(*science, "change-compartment", project_id=project, compartment_id=watched.compartment)
    gone = cli(*science, "create", compartment_id=watched.compartment)["id"]
    cli(*science, "delete", project_id=gone, force=True, wait_for_state="SUCCEEDED")
    assert cli(*science, "get", project_id=gone)["lifecycle-state"] == "DELETED"


def test_models_their_artifacts_and_provenance(cli: Cli, watched: Cloud, model: str, tmp_path: Path) -> None:
    science = ("data-science", "model")
    assert cli(*science, "get", model_id=model)["custom-metadata-list"][0]["key"] == "note"
    assert cli(*science, "update", model_id=model, description="d", force=True)["description"] == "d"
    assert [one["id"] for one in cli(*science, "list", compartment_id=watched.compartment)] == [model]
    cli(*science, "get-artifact-content", model_id=model, file=str(tmp_path / "out.zip"))
    assert zipfile.is_zipfile(tmp_path / "out.zip")
    head = cli.answer(*science, "head-model-artifact", model_id=model)
    assert "attachment; filename=model.zip" in head["out"]
    cli(*science, "create-model-provenance", model_id=model, git_commit="abc")
    assert cli(*science, "get-model-provenance", model_id=model)["git-commit"] == "abc"
    assert cli(*science, "update-model-provenance", model_id=model, git_branch="b")["git-branch"] == "b"
    assert cli(*science, "deactivate", model_id=model)["lifecycle-state"] == "INACTIVE"
    assert cli(*science, "activate", model_id=model)["lifecycle-state"] == "ACTIVE"
    cli(*science, "change-compartment", model_id=model, compartment_id=watched.compartment)


def test_metadata_artifacts(cli: Cli, model: str, tmp_path: Path) -> None:
    science = ("data-science", "model")
    for which, key in (("custom", "note"), ("defined", "Framework")):
        metadatum = {"model_id": model, "metadatum_key_name": key}
        create = f"create-model-{which}-metadatum-artifact"
        update = f"update-model-{which}-metadatum-artifact"
        artifact = {f"model_{which}_metadatum_artifact": "one"}
        cli(*science, create, content_disposition="attachment; filename=one", **artifact, **metadatum)
        cli(*science, update, content_disposition="attachment; filename=one", **artifact, **metadatum)
        cli(*science, f"head-model-{which}-metadatum-artifact", **metadatum)
        out = str(tmp_path / which)
        cli(*science, f"get-model-{which}-metadatum-artifact-content", file=out, **metadatum)
        assert (tmp_path / which).read_text() == "one"
        cli(*science, f"delete-model-{which}-metadatum-artifact", force=True, **metadatum)


def test_model_version_sets(cli: Cli, watched: Cloud, project: str) -> None:
    science = ("data-science", "model-version-set")
    made = cli(*science, "create", compartment_id=watched.compartment, project_id=project, name="versions")
    version = cli(
        "data-science",
        "model",
        "create",
        compartment_id=watched.compartment,
        project_id=project,
        model_version_set_id=made["id"],
        version_label="first",
    )
    assert (version["version-id"], version["model-version-set-name"]) == (1, "versions")
    assert cli(*science, "get", model_version_set_id=made["id"])["name"] == "versions"
    assert cli(*science, "update", model_version_set_id=made["id"], description="d", force=True)["description"] == "d"
    assert len(cli(*science, "list", compartment_id=watched.compartment, name="versions")) == 1
    target = {"model_version_set_id": made["id"], "compartment_id": watched.compartment}
    cli(*science, "change-compartment", **target)
    refused = cli.answer(*science, "delete", model_version_set_id=made["id"], force=True, no_retry=True)
    assert "IncorrectState" in refused["err"]
    cli(
        *science,
        "delete",
        model_version_set_id=made["id"],
        is_delete_related_models="true",
        force=True,
        wait_for_state="SUCCEEDED",
    )
    assert cli("data-science", "model", "get", model_id=version["id"])["lifecycle-state"] == "DELETED"


def test_a_deployment_from_its_creation_to_its_end(
    cli: Cli, watched: Cloud, project: str, model: str, tmp_path: Path
) -> None:
    science = ("data-science", "model-deployment")
    group, log = logs_of(cli, watched)
    configuration = {
        "deploymentType": "SINGLE_MODEL",
        "modelConfigurationDetails": {
            "modelId": model,
            "instanceConfiguration": {
                "instanceShapeName": "VM.Standard.E4.Flex",
                "modelDeploymentInstanceShapeConfigDetails": {"ocpus": 1, "memoryInGBs": 16},
            },
        },
    }
    made = cli(
        *science,
        "create",
        compartment_id=watched.compartment,
        project_id=project,
        model_deployment_configuration_details=configuration,
        category_log_details={"predict": {"logGroupId": group, "logId": log}},
        wait_for_state="SUCCEEDED",
        wait_interval_seconds="1",
    )
    deployment = made["resources"][0]["identifier"]
    shown = cli(*science, "get", model_deployment_id=deployment)
    (tmp_path / "rows.json").write_text("[1, 2]")
    answer = cli(
        "raw-request",
        http_method="POST",
        target_uri=f"{shown['model-deployment-url']}/predict",
        request_body=f"file://{tmp_path / 'rows.json'}",
    )
    assert answer == {"prediction": [2, 4]}
    direct = cli.answer(
        "model-deployment", "inference-result", "predict", model_deployment_id=deployment, request_body="[3]"
    )
    assert "prediction" in direct["out"], direct
    assert len(cli(*science, "list", compartment_id=watched.compartment, project_id=project)) == 1
    wide = {
        "deploymentType": "SINGLE_MODEL",
        "modelConfigurationDetails": {"modelId": model, "bandwidthMbps": 20, "maximumBandwidthMbps": 40},
    }
    waiting = {"wait_for_state": "SUCCEEDED", "wait_interval_seconds": "1"}
    changed = {"model_deployment_configuration_details": wide, "force": True}
    cli(*science, "update", model_deployment_id=deployment, **changed, **waiting)
    cli(*science, "deactivate", model_deployment_id=deployment, **waiting)
    cli(*science, "activate", model_deployment_id=deployment, **waiting)
    cli(*science, "change-compartment", model_deployment_id=deployment, compartment_id=watched.compartment)
    shapes = cli("data-science", "model-deployment-shape", "list", compartment_id=watched.compartment, all=True)
    assert "VM.Standard.E4.Flex" in [shape["name"] for shape in shapes]
    found = cli(
        "search",
        "resource",
        "structured-search",
        query_text=f"query datasciencemodeldeployment resources where modelId = '{model}'",
    )
    assert [one["identifier"] for one in found["items"]] == [deployment]
    work_requests(cli, watched, deployment)
    cli(*science, "delete", model_deployment_id=deployment, force=True, **waiting)
    assert cli(*science, "get", model_deployment_id=deployment)["lifecycle-state"] == "DELETED"


def work_requests(cli: Cli, watched: Cloud, deployment: str) -> None:
    requests = ("data-science", "work-request")
    listed = cli(*requests, "list", compartment_id=watched.compartment, resource_id=deployment)
    work = listed[-1]["id"]
    assert cli(*requests, "get", work_request_id=work)["operation-type"] == "MODEL_DEPLOYMENT_CREATE"
    assert cli(*requests, "list-work-request-logs", work_request_id=work)
    cli(*requests, "list-work-request-errors", work_request_id=work)


def logs_of(cli: Cli, watched: Cloud) -> tuple[str, str]:
    waiting = {"wait_for_state": "SUCCEEDED", "wait_interval_seconds": "1"}
    group = cli("logging", "log-group", "create", compartment_id=watched.compartment, display_name="g", **waiting)
    group_id = group["resources"][0]["identifier"]
    log = cli("logging", "log", "create", log_group_id=group_id, display_name="l", log_type="CUSTOM", **waiting)
    return group_id, log["resources"][0]["identifier"]


def test_logs_are_kept_pushed_to_and_searched(cli: Cli, watched: Cloud) -> None:
    waiting = {"wait_for_state": "SUCCEEDED", "wait_interval_seconds": "1"}
    made = cli("logging", "log-group", "create", compartment_id=watched.compartment, display_name="pushed", **waiting)
    group = made["resources"][0]["identifier"]
    logging = {"log_group_id": group}
    made = cli("logging", "log", "create", display_name="l", log_type="CUSTOM", **logging, **waiting)
    log = made["resources"][0]["identifier"]
    entries = [{"data": "hello", "id": "1"}]
    batch = {"source": "s", "type": "t", "defaultlogentrytime": "2026-01-01T00:00:00Z", "entries": entries}
    cli("logging-ingestion", "put-logs", log_id=log, specversion="1.0", log_entry_batches=[batch])
    found = cli(
        "logging-search",
        "search-logs",
        search_query=f'search "{watched.compartment}/{group}/{log}" | sort by datetime desc',
        time_start="2025-12-31T00:00:00Z",
        time_end="2026-01-02T00:00:00Z",
    )
    assert found["results"][0]["data"]["logContent"]["data"]["message"] == "hello"
    assert cli("logging", "log", "get", log_id=log, **logging)["display-name"] == "l"
    assert len(cli("logging", "log", "list", **logging)) == 1
    cli("logging", "log", "update", log_id=log, display_name="renamed", force=True, **logging, **waiting)
    cli("logging", "log-group", "get", **logging)
    cli("logging", "log-group", "list", compartment_id=watched.compartment)
    cli("logging", "log-group", "update", description="d", force=True, **logging, **waiting)
    cli("logging", "log-group", "change-compartment", compartment_id=watched.compartment, **logging)
    cli("logging", "log", "change-log-group", log_id=log, target_log_group_id=group, **logging)
    work = cli("logging", "work-request", "list", compartment_id=watched.compartment)[0]["id"]
    cli("logging", "work-request", "get", work_request_id=work)
    cli("logging", "work-request-log", "list", work_request_id=work)
    cli("logging", "work-request-error", "list", work_request_id=work)
    cli("logging", "log", "delete", log_id=log, force=True, **logging, **waiting)
    cli("logging", "log-group", "delete", force=True, **logging)


def test_object_storage(cli: Cli, watched: Cloud, tmp_path: Path) -> None:
    os_ = {"namespace_name": NAMESPACE, "bucket_name": "cli"}
    assert cli("os", "ns", "get") == NAMESPACE
    cli("os", "ns", "get-metadata", namespace_name=NAMESPACE)
    cli("os", "bucket", "create", namespace_name=NAMESPACE, name="cli", compartment_id=watched.compartment)
    cli("os", "bucket", "get", **os_)
    cli("os", "bucket", "update", metadata={"a": "b"}, **os_)
    assert [one["name"] for one in cli("os", "bucket", "list", compartment_id=watched.compartment)] == ["cli"]
    content = b"x" * (11 * 1024 * 1024)
    (tmp_path / "big").write_bytes(content)
    cli("os", "object", "put", file=str(tmp_path / "big"), name="big", part_size="5", **os_)
    cli("os", "object", "put", file=str(tmp_path / "big"), name="whole", no_multipart=True, **os_)
    cli("os", "object", "get", name="big", file=str(tmp_path / "out"), **os_)
    assert (tmp_path / "out").read_bytes() == content
    cli("os", "object", "head", name="big", **os_)
    cli("os", "object", "rename", source_name="whole", new_name="moved", **os_)
    copy = {"source_object_name": "moved", "destination_bucket": "cli", "destination_object_name": "copy"}
    copied = cli("os", "object", "copy", **copy, **os_)
    assert copied is not None
    assert sorted(one["name"] for one in cli("os", "object", "list", **os_)) == ["big", "copy", "moved"]
    cli("os", "multipart", "list", **os_)
    for name in ("big", "copy", "moved"):
        cli("os", "object", "delete", name=name, force=True, **os_)
    cli("os", "bucket", "delete", force=True, **os_)


def test_model_groups_and_compute_targets(cli: Cli, watched: Cloud, project: str, model: str, tmp_path: Path) -> None:
    science = ("data-science", "model-group")
    group = cli(
        *science,
        "create-model-group-create-model-group-details",
        compartment_id=watched.compartment,
        project_id=project,
        display_name="g",
        model_group_details={"type": "HOMOGENEOUS"},
        member_model_entries={"memberModelDetails": [{"modelId": model, "inferenceKey": "k"}]},
    )
    named = {"model_group_id": group["id"]}
    artifact = {
        "model_group_artifact": "the CLI sends this text itself",
        "content_disposition": "attachment; filename=g.zip",
    }
    cli(*science, "create-model-group-artifact", **artifact, **named)
    cli(*science, "head-model-group-artifact", **named)
    cli(*science, "get-model-group-artifact-content", file=str(tmp_path / "out.zip"), **named)
    assert (tmp_path / "out.zip").read_text() == "the CLI sends this text itself"
    assert cli(*science, "get", **named)["lifecycle-state"] == "ACTIVE"
    assert len(cli(*science, "list", compartment_id=watched.compartment)) == 1
    assert len(cli(*science, "list-model-group-models", compartment_id=watched.compartment, **named)) == 1
    cli(*science, "update", display_name="h", force=True, **named)
    cli(*science, "deactivate", **named)
    cli(*science, "activate", **named)
    cli(*science, "delete", force=True, wait_for_state="SUCCEEDED", wait_interval_seconds="1", **named)
    compute = ("data-science", "compute-target")
    configuration = {
        "computeType": "MANAGED_COMPUTE_CLUSTER",
        "instanceConfiguration": {"instanceShape": "VM.Standard.E4.Flex"},
    }
    target = cli(*compute, "create", compartment_id=watched.compartment, compute_configuration_details=configuration)
    named = {"compute_target_id": target["id"]}
    cli(*compute, "get", **named)
    cli(*compute, "list", compartment_id=watched.compartment)
    cli(*compute, "update", display_name="t", force=True, **named)
    cli("data-science", "compute-target-shape", "list", compartment_id=watched.compartment)
    cli(*compute, "delete", force=True, **named)


def test_private_endpoints(cli: Cli, watched: Cloud) -> None:
    science = ("data-science", "ds-private-endpoint")
    waiting = {"wait_for_state": "SUCCEEDED", "wait_interval_seconds": "1"}
    declared = {"subnet_id": "ocid1.subnet.oc1.iad.one", "ds_resource_type": "MODEL_DEPLOYMENT"}
    done = cli(*science, "create", compartment_id=watched.compartment, **declared, **waiting)
    named = {"ds_private_endpoint_id": done["resources"][0]["identifier"]}
    assert cli(*science, "get", **named)["lifecycle-state"] == "ACTIVE"
    listed = cli(*science, "list", compartment_id=watched.compartment, all=True, query="data[].id")
    assert json.loads(listed) == [named["ds_private_endpoint_id"]]
    cli(*science, "update", display_name="e", force=True, **named, **waiting)
    cli(*science, "change-compartment", compartment_id=watched.compartment, **named, **waiting)
    cli(*science, "delete", force=True, **named, **waiting)
    assert cli(*science, "get", **named)["lifecycle-state"] == "DELETED"


def test_artifacts_through_buckets(cli: Cli, watched: Cloud, model: str, project: str) -> None:
    cli("os", "bucket", "create", namespace_name=NAMESPACE, name="transfer", compartment_id=watched.compartment)
    science, waiting = ("data-science", "model"), {"wait_for_state": "SUCCEEDED", "wait_interval_seconds": "1"}
    destination = {
        "artifact_import_details_destination_bucket": "transfer",
        "artifact_import_details_destination_object_name": "m.zip",
        "artifact_import_details_namespace": NAMESPACE,
    }
    into = "import-model-artifact-artifact-import-details-object-storage"
    cli(*science, into, model_id=model, **destination, **waiting)
    other = cli(*science, "create", compartment_id=watched.compartment, project_id=project)["id"]
    source = {
        "artifact_export_details_source_bucket": "transfer",
        "artifact_export_details_source_object_name": "m.zip",
        "artifact_export_details_namespace": NAMESPACE,
    }
    out_of = "export-model-artifact-artifact-export-details-object-storage"
    cli(*science, out_of, model_id=other, **source, **waiting)
    assert "content-length" in cli.answer(*science, "head-model-artifact", model_id=other)["out"].lower()
    cli(*science, "delete", model_id=other, force=True)
    cli("os", "object", "bulk-delete", bucket_name="transfer", force=True)


def test_identity(cli: Cli, watched: Cloud) -> None:
    tenancy = watched.known.tenancy_ocid
    assert cli("iam", "tenancy", "get", tenancy_id=tenancy)["id"] == tenancy
    cli("iam", "region", "list")
    cli("iam", "region-subscription", "list", tenancy_id=tenancy)
    domains = cli("iam", "availability-domain", "list", compartment_id=tenancy)
    cli("iam", "fault-domain", "list", compartment_id=tenancy, availability_domain=domains[0]["name"])
    assert cli("iam", "compartment", "list", compartment_id=tenancy)[0]["id"] == watched.compartment
    cli("iam", "compartment", "get", compartment_id=watched.compartment)
    cli("iam", "user", "get", user_id=watched.known.user_ocid)
    cli("iam", "user", "list", compartment_id=tenancy)
    for kind, id_name, own in (
        ("policy", "policy_id", {"statements": ["allow any-user to inspect tenancies in tenancy"]}),
        ("dynamic-group", "dynamic_group_id", {"matching_rule": "resource.type = 'datasciencemodeldeployment'"}),
    ):
        made = cli("iam", kind, "create", compartment_id=tenancy, name="n", description="d", **own)
        named = {id_name: made["id"]}
        cli("iam", kind, "get", **named)
        assert len(cli("iam", kind, "list", compartment_id=tenancy)) == 1
        update = {"version_date": ""} if kind == "policy" else {}
        changed = cli("iam", kind, "update", description="e", force=True, **named, **own, **update)
        assert changed["description"] == "e"
        cli("iam", kind, "delete", force=True, **named)
    user = {"user_id": watched.known.user_ocid}
    key = cli("iam", "customer-secret-key", "create", display_name="s3", **user)
    assert key["key"]
    named = {"customer_secret_key_id": key["id"], **user}
    cli("iam", "customer-secret-key", "list", **user)
    cli("iam", "customer-secret-key", "update", display_name="other", **named)
    cli("iam", "customer-secret-key", "delete", force=True, **named)


def test_monitoring(cli: Cli, watched: Cloud) -> None:
    here = {"compartment_id": watched.compartment}
    point = {"timestamp": datetime.now(UTC).isoformat(), "value": 42.0}
    entry = {"namespace": "house", "name": "t", "compartmentId": watched.compartment, "dimensions": {"room": "k"}}
    cli("monitoring", "metric-data", "post", metric_data=[{**entry, "datapoints": [point]}])
    assert cli("monitoring", "metric", "list", **here)[0]["name"] == "t"
    summary = ("monitoring", "metric-data", "summarize-metrics-data")
    found = cli(*summary, namespace="house", query_text="t[1m].max()", **here)
    assert [one["value"] for one in found[0]["aggregated-datapoints"]] == [42.0]
    made = cli(
        "monitoring",
        "alarm",
        "create",
        display_name="a",
        metric_compartment_id=watched.compartment,
        namespace="house",
        query_text="t[5m].absent()",
        severity="INFO",
        destinations=["ocid1.onstopic.oc1..x"],
        is_enabled="true",
        **here,
    )
    named = {"alarm_id": made["id"]}
    cli("monitoring", "alarm", "get", **named)
    cli("monitoring", "alarm", "list", **here)
    cli("monitoring", "alarm-status", "list-alarms-status", **here)
    cli("monitoring", "alarm-history-collection", "get-alarm-history", **named)
    cli("monitoring", "alarm", "update", display_name="b", force=True, **named)
    cli("monitoring", "alarm", "delete", force=True, **named)


def test_resource_search(cli: Cli, project: str) -> None:
    found = cli("search", "resource", "free-text-search", text=project)
    assert [one["identifier"] for one in found["items"]] == [project]
    cli("search", "resource-type", "list", all=True)
    cli("search", "resource-type", "get", name="DataScienceModel")


def test_what_is_absent_is_told_as_oci_tells_it(cli: Cli) -> None:
    answer = cli.answer("data-science", "project", "get", project_id="ocid1.datascienceproject.oc1.iad.absent")

    assert answer["code"] == 1
    assert "NotAuthorizedOrNotFound" in answer["err"]


def test_what_was_seen_is_what_the_fidelity_page_says(watched: Cloud) -> None:
    proven.require("oci-cli", proven.seen_in(watched.data_dir / "calls.jsonl"))
