"""Cancelling work requests: what copies artifacts can be cancelled, what moves a deployment cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oci
import pytest
from local_oci_cloud import DOUBLES, MODELS, Cloud, end, error_of, zip_of


@pytest.fixture
def stuck(tmp_path: Path) -> Iterator[Cloud]:
    """A local OCI that accepts exports and deletions, and never does them."""
    running = Cloud(tmp_path / "cloud", has_admin=True)
    running.start()
    token = (running.data_dir / "keys" / "admin_token").read_text()
    kinds = ("EXPORT_MODEL_ARTIFACT", "MODEL_DEPLOYMENT_DELETE")
    answer = running.session.put(
        f"{running.endpoint}/_paddock/faults",
        json={"faults": [{"workRequest": kind, "end": "NEVER"} for kind in kinds]},
        headers={"authorization": f"Bearer {token}"},
        timeout=30,
    )
    assert answer.ok, answer.text
    yield running
    end(running)


def export(cloud: Cloud, model: str) -> Any:
    source = MODELS.ArtifactExportDetailsObjectStorage(
        namespace="paddock", source_bucket="b", source_object_name="o", source_region="us-ashburn-1"
    )
    details = MODELS.ExportModelArtifactDetails(artifact_export_details=source)
    return cloud.science.export_model_artifact(model, details).headers["opc-work-request-id"]


def test_a_cancelled_export_is_canceled_for_good_and_the_model_can_still_get_its_artifact(stuck: Cloud) -> None:
    model = stuck.model(stuck.project())
    request = export(stuck, model)

    stuck.science.cancel_work_request(request)

    shown = stuck.science.get_work_request(request).data
    assert (shown.status, shown.time_finished is not None) == ("CANCELED", True)
    assert error_of(lambda: stuck.science.cancel_work_request(request)).status == 400
    stuck.science.create_model_artifact(model, zip_of(score=DOUBLES))
    stuck.kill()
    stuck.start()
    assert stuck.science.get_work_request(request).data.status == "CANCELED"


def test_what_is_done_to_a_deployment_is_not_cancelled(stuck: Cloud) -> None:
    project = stuck.project()
    made = stuck.deploy(project, stuck.model(project, zip_of(score=DOUBLES)))
    answer = stuck.science.delete_model_deployment(made.resources[0].identifier)

    refused = error_of(lambda: stuck.science.cancel_work_request(answer.headers["opc-work-request-id"]))

    assert isinstance(refused, oci.exceptions.ServiceError)
    assert (refused.status, "wait for its end" in refused.message) == (400, True)
