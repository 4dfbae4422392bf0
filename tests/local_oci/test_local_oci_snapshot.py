"""Snapshots: everything that a local OCI knows goes to a file, and from it into this or another data folder."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from local_oci_cloud import DOUBLES, Cloud, end, error_of, wait_until, zip_of

from local_oci import daemon, snapshot
from local_oci.snapshot import SnapshotRefused
from paddock.commands.local import local

OBJECT = "/n/paddock/b/kept/o/some/object"


@pytest.fixture
def other_cloud(tmp_path: Path) -> Iterator[Cloud]:
    running = Cloud(tmp_path / "other")
    running.start()
    yield running
    end(running)


def put_object(cloud: Cloud, content: bytes) -> None:
    body = {"name": "kept", "compartmentId": cloud.compartment}
    assert cloud.request("POST", "/n/paddock/b", json=body).ok
    headers = cloud.upload_headers(OBJECT, "PUT")
    assert cloud.request("PUT", OBJECT, signed=False, data=content, headers=headers).ok


def predicted(cloud: Cloud, deployment: str) -> list[int]:
    """What a deployment says once its processes are there again."""

    def ask() -> list[int]:
        try:
            answer = cloud.predict(deployment, [4])
        except requests.ConnectionError:
            return []
        return answer.json()["prediction"] if answer.ok else []

    return wait_until(ask, timeout_s=30, what="predictions")


def test_another_folder_gets_all_of_it_while_the_first_goes_on(
    own_cloud: Cloud, other_cloud: Cloud, tmp_path: Path
) -> None:
    project, artifact = own_cloud.project("kept"), zip_of(score=DOUBLES)
    model = own_cloud.model(project, artifact)
    deployment = own_cloud.deploy(project, model).resources[0].identifier
    put_object(own_cloud, b"an object")
    before = own_cloud.science.get_model(model).data
    file = tmp_path / "cloud.tar"

    snapshot.save(own_cloud.data_dir, file)
    mine = own_cloud.project("made later")
    lost = other_cloud.project("lost")
    daemon.restore(other_cloud.data_dir, file)
    other_cloud.start()

    assert file.stat().st_mode & 0o077 == 0
    assert other_cloud.science.get_model(model).data == before
    assert other_cloud.science.get_model_artifact_content(model).data.content == artifact
    assert other_cloud.request("GET", OBJECT).content == b"an object"
    assert [error_of(lambda gone=gone: other_cloud.science.get_project(gone)).status for gone in (mine, lost)] == [
        404
    ] * 2
    assert predicted(other_cloud, deployment) == [8]
    assert predicted(own_cloud, deployment) == [8]
    urls = {
        found.science.get_model_deployment(deployment).data.model_deployment_url for found in (own_cloud, other_cloud)
    }
    assert len(urls) == 2


def test_the_same_folder_goes_back_in_time_and_runs_again_where_it_ran(own_cloud: Cloud, tmp_path: Path) -> None:
    project = own_cloud.project()
    model = own_cloud.model(project, zip_of(score=DOUBLES))
    deployment = own_cloud.deploy(project, model).resources[0].identifier
    url = own_cloud.science.get_model_deployment(deployment).data.model_deployment_url
    endpoint = own_cloud.endpoint
    snapshot.save(own_cloud.data_dir, tmp_path / "cloud.tar")
    own_cloud.delete_deployment(deployment)
    own_cloud.science.delete_model(model)

    daemon.restore(own_cloud.data_dir, tmp_path / "cloud.tar")
    own_cloud.start()

    shown = own_cloud.science.get_model_deployment(deployment).data
    assert (own_cloud.endpoint, shown.model_deployment_url, shown.lifecycle_state) == (endpoint, url, "ACTIVE")
    assert predicted(own_cloud, deployment) == [8]
    assert not list(own_cloud.data_dir.glob("snapshot-*"))


def test_a_snapshot_waits_for_no_work_that_is_under_way(own_cloud: Cloud, tmp_path: Path) -> None:
    project = own_cloud.project()
    slow = own_cloud.model(project, zip_of(score=f"import time\ntime.sleep(2)\n{DOUBLES}"))
    created = own_cloud.science.create_model_deployment(own_cloud.deployment_details(project, slow))

    with pytest.raises(SnapshotRefused, match=created.headers["opc-work-request-id"]):
        snapshot.save(own_cloud.data_dir, tmp_path / "cloud.tar")

    assert [path.name for path in tmp_path.iterdir()] == ["cloud"]
    assert own_cloud.finished(created).status == "SUCCEEDED"


def tar_of(file: Path, *members: tuple[str, bytes] | tarfile.TarInfo) -> Path:
    with tarfile.open(file, "w") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
                continue
            entry = tarfile.TarInfo(member[0])
            entry.size = len(member[1])
            tar.addfile(entry, io.BytesIO(member[1]))
    return file


def link(name: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return entry


MANIFEST = ("manifest.json", json.dumps({"paddockLocalOci": 1}).encode())


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([], "is no snapshot"),
        ([("oci.sqlite", b"")], "is no snapshot"),
        ([("manifest.json", b'{"paddockLocalOci": 99}')], "is no snapshot of this version"),
        ([MANIFEST, ("../evil", b"")], "which no snapshot has"),
        ([MANIFEST, ("artifacts/../../evil", b"")], "which no snapshot has"),
        ([MANIFEST, ("/evil", b"")], "which no snapshot has"),
        ([MANIFEST, ("keys/private.pem", b"")], "which no snapshot has"),
        ([MANIFEST, link("artifacts/x")], "which no snapshot has"),
        ([MANIFEST, ("oci.sqlite", b"x" * 5000)], "no store that can be read"),
        ([MANIFEST], "no store that can be read"),
    ],
)
def test_what_is_no_snapshot_changes_nothing(
    cloud: Cloud, tmp_path: Path, members: list[tuple[str, bytes] | tarfile.TarInfo], words: str
) -> None:
    project, pid = cloud.project(), cloud.pid
    file = tar_of(tmp_path / "a.tar", *members)

    with pytest.raises(SnapshotRefused, match=words):
        daemon.restore(cloud.data_dir, file)

    assert cloud.pid == pid
    assert cloud.science.get_project(project).status == 200
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar"]


def run(*words: str) -> str:
    result = CliRunner().invoke(local, [*words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_commands_save_restore_and_set_faults(own_cloud: Cloud, tmp_path: Path) -> None:
    project, file, data = own_cloud.project(), str(tmp_path / "a.tar"), ("--data", str(own_cloud.data_dir))
    run("snapshot", file, *data)
    run("reset", "--yes", *data)
    run("restore", "--yes", file, *data)
    own_cloud.has_admin = True
    own_cloud.start()
    fault = {"operation": "get_project", "fail": {"status": 500, "code": "InternalError"}}
    (tmp_path / "faults.json").write_text(json.dumps({"faults": [fault]}))

    run("faults", str(tmp_path / "faults.json"), *data)
    refused = error_of(lambda: own_cloud.science.get_project(project)).code
    shown = json.loads(run("faults", *data))
    run("faults", "--clear", *data)

    assert refused == "InternalError"
    assert shown == {"faults": [fault]}
    assert own_cloud.science.get_project(project).status == 200
