"""Object Storage through Oracle's client, and in S3's form; artifacts that travel through it."""

from __future__ import annotations

import base64
import hashlib
import io
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oci
import pytest
from local_oci_cloud import DOUBLES, MODELS, Cloud, error_of, zip_of

STORED = oci.object_storage.models
NAMESPACE = "paddock"


@pytest.fixture(scope="module")
def storage(cloud: Cloud) -> Iterator[Any]:
    client = oci.object_storage.ObjectStorageClient(
        cloud.config, service_endpoint=cloud.endpoint, retry_strategy=oci.retry.NoneRetryStrategy()
    )
    client.base_client.session.trust_env = False
    yield client
    client.base_client.session.close()


@pytest.fixture
def bucket(cloud: Cloud, storage: Any) -> str:
    name = f"b-{uuid.uuid4()}"
    storage.create_bucket(NAMESPACE, STORED.CreateBucketDetails(name=name, compartment_id=cloud.compartment))
    return name


def files_of(cloud: Cloud) -> set[Path]:
    return {path for path in (cloud.data_dir / "objects").rglob("*") if path.is_file()}


def test_an_object_comes_back_as_it_was_put(storage: Any, bucket: str) -> None:
    content = bytes(range(256)) * 100
    name = "a folder/ünïcode & more?.bin"

    put = storage.put_object(NAMESPACE, bucket, name, content, content_type="x/y", opc_meta={"colour": "red"})

    got = storage.get_object(NAMESPACE, bucket, name)
    md5 = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
    assert got.data.content == content
    assert (got.headers["content-type"], got.headers["opc-meta-colour"]) == ("x/y", "red")
    assert (got.headers["etag"], got.headers["content-md5"]) == (put.headers["etag"], md5)
    assert storage.get_object(NAMESPACE, bucket, name, range="bytes=10-19").data.content == content[10:20]
    assert storage.head_object(NAMESPACE, bucket, name).headers["content-length"] == str(len(content))


def test_a_deleted_object_leaves_no_file(cloud: Cloud, storage: Any, bucket: str) -> None:
    before = files_of(cloud)
    storage.put_object(NAMESPACE, bucket, "o", b"1")
    storage.put_object(NAMESPACE, bucket, "o", b"2")
    assert len(files_of(cloud) - before) == 1

    storage.delete_object(NAMESPACE, bucket, "o")

    assert files_of(cloud) == before
    assert error_of(lambda: storage.get_object(NAMESPACE, bucket, "o")).code == "ObjectNotFound"


def test_names_are_listed_in_order_by_prefix_and_folded_at_slashes(storage: Any, bucket: str) -> None:
    for name in ("b", "a/2", "a/1", "a/c/3", "a/c/4", "ä"):
        storage.put_object(NAMESPACE, bucket, name, b"x")

    def listed(**query: Any) -> tuple[list[str], list[str] | None, str | None]:
        found = storage.list_objects(NAMESPACE, bucket, **query).data
        return [one.name for one in found.objects], found.prefixes, found.next_start_with

    assert listed()[0] == ["a/1", "a/2", "a/c/3", "a/c/4", "b", "ä"]
    assert listed(prefix="a/", delimiter="/") == (["a/1", "a/2"], ["a/c/"], None)
    assert listed(delimiter="/") == (["b", "ä"], ["a/"], None)
    assert listed(limit=2)[2] == "a/c/3"
    assert listed(start="a/c/3", end="b")[0] == ["a/c/3", "a/c/4"]
    assert listed(start_after="a/c/3")[0] == ["a/c/4", "b", "ä"]
    pages = oci.pagination.list_call_get_all_results(storage.list_objects, NAMESPACE, bucket, limit=2).data.objects
    assert [one.name for one in pages] == ["a/1", "a/2", "a/c/3", "a/c/4", "b", "ä"]
    sized = storage.list_objects(NAMESPACE, bucket, fields="size,md5,timeCreated,etag").data.objects[0]
    assert (sized.size, bool(sized.md5), bool(sized.etag)) == (1, True, True)


@pytest.mark.parametrize(
    ("act", "status", "code"),
    [
        (lambda s, b: s.get_object(NAMESPACE, b, "absent"), 404, "ObjectNotFound"),
        (lambda s, _: s.get_object(NAMESPACE, "absent", "o"), 404, "BucketNotFound"),
        (lambda s, b: s.get_bucket("elsewhere", b), 404, "NamespaceNotFound"),
        (lambda s, b: s.put_object(NAMESPACE, b, "o", b"x", if_none_match="*"), 412, "IfNoneMatchFailed"),
        (lambda s, b: s.put_object(NAMESPACE, b, "o", b"x", if_match="stale"), 412, "IfMatchFailed"),
        (lambda s, b: s.delete_object(NAMESPACE, b, "o", if_match="stale"), 412, "IfMatchFailed"),
        (lambda s, b: s.put_object(NAMESPACE, b, "o", b"x", content_md5="A" * 22 + "=="), 400, "UnmatchedContentMD5"),
        (lambda s, b: s.delete_bucket(NAMESPACE, b), 409, "BucketNotEmpty"),
        (lambda s, b: s.list_objects(NAMESPACE, b, fields="colour"), 400, "InvalidParameter"),
    ],
)
def test_what_object_storage_refuses_has_its_codes(storage: Any, bucket: str, act: Any, status: int, code: str) -> None:
    storage.put_object(NAMESPACE, bucket, "o", b"kept")

    refused = error_of(lambda: act(storage, bucket))

    assert (refused.status, refused.code) == (status, code)
    assert storage.get_object(NAMESPACE, bucket, "o").data.content == b"kept"


def test_a_bucket_name_is_taken_once_and_free_again_after_its_deletion(cloud: Cloud, storage: Any, bucket: str) -> None:
    details = STORED.CreateBucketDetails(name=bucket, compartment_id=cloud.compartment)
    assert error_of(lambda: storage.create_bucket(NAMESPACE, details)).code == "BucketAlreadyExists"

    storage.delete_bucket(NAMESPACE, bucket)

    assert error_of(lambda: storage.get_bucket(NAMESPACE, bucket)).status == 404
    storage.create_bucket(NAMESPACE, details)


def test_oracles_upload_manager_sends_parts_that_become_one_object(
    cloud: Cloud, storage: Any, bucket: str, tmp_path: Path
) -> None:
    before = files_of(cloud)
    content = b"0123456789abcdef" * 65536 * 2 + b"the end"
    (tmp_path / "big").write_bytes(content)
    manager = oci.object_storage.UploadManager(storage, allow_parallel_uploads=True)

    answer = manager.upload_file(NAMESPACE, bucket, "big", str(tmp_path / "big"), part_size=1024 * 1024)

    assert answer.headers["opc-multipart-md5"].endswith("-3")
    assert storage.get_object(NAMESPACE, bucket, "big").data.content == content
    assert len(files_of(cloud) - before) == 1
    assert storage.list_multipart_uploads(NAMESPACE, bucket).data == []


def test_an_aborted_upload_leaves_nothing_and_blocks_nothing(cloud: Cloud, storage: Any, bucket: str) -> None:
    before = files_of(cloud)
    details = STORED.CreateMultipartUploadDetails(object="o")
    upload = storage.create_multipart_upload(NAMESPACE, bucket, details).data.upload_id
    storage.upload_part(NAMESPACE, bucket, "o", upload, 1, io.BytesIO(b"one"))
    assert [part.size for part in storage.list_multipart_upload_parts(NAMESPACE, bucket, "o", upload).data] == [3]
    assert error_of(lambda: storage.delete_bucket(NAMESPACE, bucket)).code == "BucketNotEmpty"
    wrong = STORED.CommitMultipartUploadDetails(
        parts_to_commit=[STORED.CommitMultipartUploadPartDetails(part_num=1, etag="wrong")]
    )
    assert error_of(lambda: storage.commit_multipart_upload(NAMESPACE, bucket, "o", upload, wrong)).status == 400

    storage.abort_multipart_upload(NAMESPACE, bucket, "o", upload)

    assert files_of(cloud) == before
    storage.delete_bucket(NAMESPACE, bucket)


def test_a_copy_is_told_by_a_work_request_and_a_rename_moves(storage: Any, bucket: str) -> None:
    storage.put_object(NAMESPACE, bucket, "from", b"content", opc_meta={"a": "b"})
    composite = oci.object_storage.ObjectStorageClientCompositeOperations(storage)
    copy = STORED.CopyObjectDetails(
        source_object_name="from",
        destination_region="us-ashburn-1",
        destination_namespace=NAMESPACE,
        destination_bucket=bucket,
        destination_object_name="to",
    )

    done = composite.copy_object_and_wait_for_state(NAMESPACE, bucket, copy, wait_for_states=["COMPLETED"]).data
    storage.rename_object(NAMESPACE, bucket, STORED.RenameObjectDetails(source_name="from", new_name="moved"))

    assert done.status == "COMPLETED"
    assert [one.name for one in storage.list_objects(NAMESPACE, bucket).data.objects] == ["moved", "to"]
    assert storage.head_object(NAMESPACE, bucket, "to").headers["opc-meta-a"] == "b"


def test_a_renamed_bucket_keeps_its_objects(storage: Any, bucket: str) -> None:
    storage.put_object(NAMESPACE, bucket, "o", b"content")

    storage.update_bucket(NAMESPACE, bucket, STORED.UpdateBucketDetails(name=f"{bucket}-new"))

    assert storage.get_object(NAMESPACE, f"{bucket}-new", "o").data.content == b"content"
    assert error_of(lambda: storage.get_bucket(NAMESPACE, bucket)).status == 404


def test_an_artifact_goes_through_a_bucket_into_the_catalog_and_out_again(
    cloud: Cloud, storage: Any, bucket: str
) -> None:
    content = zip_of(score=DOUBLES)
    storage.put_object(NAMESPACE, bucket, "model.zip", content)
    model = cloud.model(cloud.project())
    source = MODELS.ArtifactExportDetailsObjectStorage(
        namespace=NAMESPACE, source_bucket=bucket, source_object_name="model.zip", source_region="us-ashburn-1"
    )
    export = MODELS.ExportModelArtifactDetails(artifact_export_details=source)

    assert cloud.finished(cloud.science.export_model_artifact(model, export)).status == "SUCCEEDED"
    assert cloud.science.get_model_artifact_content(model).data.content == content

    destination = MODELS.ArtifactImportDetailsObjectStorage(
        namespace=NAMESPACE, destination_bucket=bucket, destination_object_name="out.zip"
    )
    wanted = MODELS.ImportModelArtifactDetails(artifact_import_details=destination)
    assert cloud.finished(cloud.science.import_model_artifact(model, wanted)).status == "SUCCEEDED"
    assert storage.get_object(NAMESPACE, bucket, "out.zip").data.content == content
    assert error_of(lambda: cloud.science.export_model_artifact(model, export)).code == "IncorrectState"


def test_an_artifact_from_an_object_that_is_not_there_fails_its_work_request(cloud: Cloud, bucket: str) -> None:
    model = cloud.model(cloud.project())
    source = MODELS.ArtifactExportDetailsObjectStorage(
        namespace=NAMESPACE, source_bucket=bucket, source_object_name="absent", source_region="us-ashburn-1"
    )

    answer = cloud.science.export_model_artifact(
        model, MODELS.ExportModelArtifactDetails(artifact_export_details=source)
    )

    request = cloud.finished(answer)
    errors = cloud.science.list_work_request_errors(request.id).data
    assert (request.status, "'absent' was not found" in errors[0].message) == ("FAILED", True)
    assert error_of(lambda: cloud.science.head_model_artifact(model)).status == 404
    assert cloud.science.get_model(model).data.lifecycle_state == "ACTIVE"
