"""Projects, models, artifacts, provenance and Identity through Oracle's SDK."""

from __future__ import annotations

import base64
import hashlib
import socket

import oci
import pytest
from local_oci_cloud import MODELS, Cloud, error_of, wait_until

BYTES = bytes(range(256)) * 1000


def test_an_artifact_comes_back_as_it_went_up(cloud: Cloud) -> None:
    model = cloud.model(cloud.project(), BYTES)

    content = cloud.science.get_model_artifact_content(model).data.content

    assert content == BYTES


def test_head_of_an_artifact_has_what_the_plugin_reads(cloud: Cloud) -> None:
    model = cloud.model(cloud.project())
    cloud.science.create_model_artifact(model, BYTES, content_disposition='attachment; filename="wine.zip"')

    first = cloud.science.head_model_artifact(model).headers
    second = cloud.science.head_model_artifact(model).headers

    assert first["content-length"] == str(len(BYTES))
    assert first["content-disposition"] == "attachment; filename=wine.zip"
    assert first["content-md5"] == base64.b64encode(hashlib.md5(BYTES).digest()).decode()  # noqa: S324
    assert first["last-modified"].endswith(" GMT")
    assert second["last-modified"] == first["last-modified"]


def test_a_part_of_an_artifact_can_be_asked_for(cloud: Cloud) -> None:
    model = cloud.model(cloud.project(), BYTES)

    part = cloud.science.get_model_artifact_content(model, range="bytes=5-9")

    assert (part.status, part.data.content) == (206, BYTES[5:10])


def test_without_a_name_the_artifact_is_called_after_its_model(cloud: Cloud) -> None:
    model = cloud.model(cloud.project())
    cloud.science.create_model_artifact(model, BYTES)

    headers = cloud.science.head_model_artifact(model).headers

    assert headers["content-disposition"] == f"attachment; filename={model}.zip"


def test_a_model_without_artifact_answers_404_for_it(cloud: Cloud) -> None:
    model = cloud.model(cloud.project())

    assert cloud.request("HEAD", f"/20190101/models/{model}/artifact/content").status_code == 404
    assert error_of(lambda: cloud.science.get_model_artifact_content(model)).code == "NotAuthorizedOrNotFound"


def test_a_second_artifact_is_refused_and_the_first_kept(cloud: Cloud) -> None:
    model = cloud.model(cloud.project(), BYTES)

    refused = error_of(lambda: cloud.science.create_model_artifact(model, b"other"))

    assert (refused.status, refused.code) == (409, "IncorrectState")
    assert cloud.science.get_model_artifact_content(model).data.content == BYTES
    assert len(list((cloud.data_dir / "artifacts" / model).iterdir())) == 1


def test_an_upload_sent_again_with_its_token_is_answered_again(cloud: Cloud) -> None:
    model = cloud.model(cloud.project())

    for _ in range(2):
        assert cloud.science.create_model_artifact(model, BYTES, opc_retry_token="again").status == 204

    other = error_of(lambda: cloud.science.create_model_artifact(model, b"other", opc_retry_token="again"))
    assert other.code == "InvalidatedRetryToken"


def test_an_unsigned_upload_gets_401_and_leaves_no_file(cloud: Cloud) -> None:
    model = cloud.model(cloud.project())

    refused = cloud.request("POST", f"/20190101/models/{model}/artifact", signed=False, data=BYTES)

    assert refused.status_code == 401
    assert not (cloud.data_dir / "artifacts" / model).exists()


def test_an_upload_without_length_gets_411(cloud: Cloud) -> None:
    model = cloud.model(cloud.project())

    path = f"/20190101/models/{model}/artifact"
    refused = cloud.request("POST", path, signed=False, data=iter([b"a", b"b"]), headers=cloud.upload_headers(path))

    assert (refused.status_code, refused.json()["code"]) == (411, "LengthRequired")


def test_half_an_upload_does_not_count_and_leaves_nothing(cloud: Cloud) -> None:
    model = cloud.model(cloud.project())
    host = cloud.endpoint.removeprefix("http://")
    path = f"/20190101/models/{model}/artifact"
    head = "".join(f"{name}: {value}\r\n" for name, value in cloud.upload_headers(path).items())
    name, _, port = host.partition(":")
    folder = cloud.data_dir / "artifacts" / model
    with socket.create_connection((name, int(port))) as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\n{head}content-length: 1000\r\n\r\n".encode() + b"x" * 500)
        wait_until(lambda: folder.exists() and list(folder.iterdir()), timeout_s=10, what="the upload begun")

    wait_until(lambda: not list(folder.iterdir()), timeout_s=10, what="the half upload removed")
    assert cloud.request("HEAD", f"{path}/content").status_code == 404
    assert cloud.science.create_model_artifact(model, BYTES).status == 204


def test_a_deleted_model_is_a_tombstone_without_bytes(cloud: Cloud) -> None:
    model = cloud.model(cloud.project(), BYTES)
    assert cloud.science.delete_model(model).status == 204

    assert cloud.science.get_model(model).data.lifecycle_state == "DELETED"
    assert cloud.science.head_model_artifact(model).status == 200
    assert error_of(lambda: cloud.science.get_model_artifact_content(model)).status == 404
    assert not (cloud.data_dir / "artifacts" / model).exists()


def test_a_model_is_switched_off_and_on_as_the_plugin_updates_it(cloud: Cloud) -> None:
    model = cloud.model(cloud.project())

    assert cloud.science.deactivate_model(model).data.lifecycle_state == "INACTIVE"
    cloud.science.update_model(model, MODELS.UpdateModelDetails(display_name="new", freeform_tags={"a": "b"}))
    shown = cloud.science.activate_model(model).data

    assert (shown.lifecycle_state, shown.display_name, shown.freeform_tags) == ("ACTIVE", "new", {"a": "b"})
    assert error_of(lambda: cloud.science.activate_model(model)).code == "IncorrectState"


def test_metadata_and_schemas_come_back_as_they_were_sent(cloud: Cloud) -> None:
    details = MODELS.CreateModelDetails(
        compartment_id=cloud.compartment,
        project_id=cloud.project(),
        display_name="m",
        input_schema='{"schema": []}',
        custom_metadata_list=[MODELS.Metadata(key="k", value="v", category="Other", description="x")],
        defined_metadata_list=[MODELS.Metadata(key="Framework", value="scikit-learn")],
    )

    shown = cloud.science.create_model(details).data

    assert shown.input_schema == '{"schema": []}'
    assert [(entry.key, entry.value, entry.category) for entry in shown.custom_metadata_list] == [("k", "v", "Other")]
    assert shown.defined_metadata_list[0].key == "Framework"


def test_a_model_cannot_join_a_version_set_that_is_not_there(cloud: Cloud) -> None:
    details = MODELS.CreateModelDetails(
        compartment_id=cloud.compartment, project_id=cloud.project(), model_version_set_id="ocid1.x.oc1..y"
    )

    refused = error_of(lambda: cloud.science.create_model(details))

    assert (refused.status, refused.code) == (404, "NotAuthorizedOrNotFound")


def test_a_provenance_is_made_read_changed_and_made_again(cloud: Cloud) -> None:
    model = cloud.model(cloud.project())
    assert error_of(lambda: cloud.science.get_model_provenance(model)).status == 404

    cloud.science.create_model_provenance(model, MODELS.CreateModelProvenanceDetails(git_commit="a", git_branch="b"))
    cloud.science.update_model_provenance(model, MODELS.UpdateModelProvenanceDetails(git_commit="c"))
    assert cloud.science.get_model_provenance(model).data.git_commit == "c"
    assert cloud.science.get_model_provenance(model).data.git_branch == "b"
    cloud.science.create_model_provenance(model, MODELS.CreateModelProvenanceDetails(git_commit="d"))

    assert cloud.science.get_model_provenance(model).data.git_branch is None


def test_a_project_with_a_model_is_not_deleted(cloud: Cloud) -> None:
    project = cloud.project()
    model = cloud.model(project)

    refused = error_of(lambda: cloud.science.delete_project(project))

    assert (refused.status, refused.code, model in refused.message) == (409, "IncorrectState", True)


def test_a_deleted_project_has_a_finished_work_request(cloud: Cloud) -> None:
    answer = cloud.science.delete_project(cloud.project())

    request = cloud.science.get_work_request(answer.headers["opc-work-request-id"]).data
    assert (request.operation_type, request.status) == ("PROJECT_DELETE", "SUCCEEDED")
    assert request.time_finished is not None


def test_resources_move_to_the_root_compartment(cloud: Cloud) -> None:
    project = cloud.project()
    root = cloud.known.tenancy_ocid

    cloud.science.change_project_compartment(project, MODELS.ChangeProjectCompartmentDetails(compartment_id=root))

    assert cloud.science.get_project(project).data.compartment_id == root


def test_models_are_listed_by_project_through_oracles_paginator(cloud: Cloud) -> None:
    project, other = cloud.project(), cloud.project()
    made = {cloud.model(project) for _ in range(5)}
    cloud.model(other)

    listed = oci.pagination.list_call_get_all_results(
        cloud.science.list_models, cloud.compartment, project_id=project, limit=2
    ).data

    assert {model.id for model in listed} == made


def test_deleted_models_are_listed_when_asked_for(cloud: Cloud) -> None:
    project = cloud.project()
    model = cloud.model(project)
    cloud.science.delete_model(model)

    unasked = cloud.science.list_models(cloud.compartment, project_id=project).data
    asked = cloud.science.list_models(cloud.compartment, project_id=project, lifecycle_state="DELETED").data

    assert (unasked, [found.id for found in asked]) == ([], [model])


def test_identity_says_who_and_where(cloud: Cloud) -> None:
    known = cloud.known

    assert cloud.identity.get_tenancy(known.tenancy_ocid).data.id == known.tenancy_ocid
    assert cloud.identity.get_user(known.user_ocid).data.id == known.user_ocid
    assert cloud.identity.get_compartment(known.compartment_ocid).data.lifecycle_state == "ACTIVE"
    assert [c.id for c in cloud.identity.list_compartments(known.tenancy_ocid).data] == [known.compartment_ocid]
    assert len(cloud.identity.list_availability_domains(known.compartment_ocid).data) == 3
    assert cloud.identity.list_regions().data[0].name == known.region
    assert cloud.identity.list_region_subscriptions(known.tenancy_ocid).data[0].is_home_region


@pytest.mark.parametrize("act", ["get_tenancy", "get_user", "get_compartment"])
def test_identity_knows_nobody_else(cloud: Cloud, act: str) -> None:
    assert error_of(lambda: getattr(cloud.identity, act)("ocid1.x.oc1..other")).status == 404
