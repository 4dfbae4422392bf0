"""What a crash or a deletion left: half uploads, files of deleted resources, old retry tokens; removed at the start."""

from __future__ import annotations

import shutil
from pathlib import Path

from local_oci.data_folder import DataFolder, discard
from local_oci.resources.monitoring import metric
from local_oci.resources.object_storage import bucket
from local_oci.retry import LIFETIME_S
from local_oci.store import Record, Snapshot, Transaction


def sweep(transaction: Transaction, folder: DataFolder) -> None:
    """Remove every file that no live resource names."""
    transaction.forget_tokens(transaction.now - LIFETIME_S)
    transaction.forget_points(transaction.now - metric.KEPT_S)
    for path in folder.uploads.iterdir():
        discard(path)
    for model_folder in folder.artifacts.iterdir():
        _keep_only(model_folder, _artifact_files(transaction.get(model_folder.name)))
    _sweep_objects(transaction, folder.objects)
    for log_file in folder.logs.glob("*.jsonl"):
        if not _is_live(transaction.get(log_file.stem)):
            log_file.unlink()
    for deployment_folder in folder.deployments.iterdir():
        if not _is_live(transaction.get(deployment_folder.name)):
            shutil.rmtree(deployment_folder, ignore_errors=True)


def _is_live(record: Record | None) -> bool:
    return record is not None and record.state != "DELETED"


def _artifact_files(record: Record | None) -> set[str]:
    """The names of a model's or model group's files."""
    if record is None or record.state == "DELETED":
        return set()
    artifacts = [record.private.get("artifact"), *record.private.get("metadatumArtifacts", {}).values()]
    return {artifact["file"] for artifact in artifacts if artifact}


def _sweep_objects(snapshot: Snapshot, objects: Path) -> None:
    kept: dict[str, set[str]] = {owner.document["ocid"]: set() for owner in snapshot.of_kind(bucket.KIND)}
    ocids = {owner.id: owner.document["ocid"] for owner in snapshot.of_kind(bucket.KIND)}
    for record in snapshot.of_kind("object"):
        kept[record.private["folder"]].add(record.private["file"])
    for upload in snapshot.of_kind("multipart_upload"):
        kept[ocids[upload.parent]].update(part["file"] for part in upload.private["parts"].values())
    for folder in objects.iterdir():
        _keep_only(folder, kept.get(folder.name, set()))


def _keep_only(folder: Path, names: set[str]) -> None:
    for path in folder.iterdir():
        if path.name not in names:
            discard(path)
    if not names:
        folder.rmdir()
