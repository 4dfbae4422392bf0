"""Artifacts through Object Storage, for those too large for a request: into the catalog (export), out of it (import).

Oracle's words are the bucket's: an artifact is exported from a bucket to the catalog, and imported the other way.
Slow work behind work requests, as in `deployer`: it copies, and its `Outcome` has what is then written at once.
"""

from __future__ import annotations

from local_oci.call import Call, Upload
from local_oci.credentials import REGION
from local_oci.deployer import Outcome, Progress, Site
from local_oci.operations import Operation
from local_oci.resources.data_science import model_artifact
from local_oci.resources.object_storage import assembly, bucket, stored_object
from local_oci.store import Json, Record, Transaction

_OPERATION = Operation("object_storage", "put_object", "PUT", "", frozenset(), frozenset())


def export(site: Site, record: Record, job: Json, progress: Progress) -> Outcome:
    """Copy an object into the catalog as the model's artifact."""
    details = job["details"]
    if reason := _elsewhere(details, "source"):
        return Outcome(record.state, error=reason)
    name, owner = details["sourceObjectName"], details["sourceBucket"]
    found = site.find(stored_object.record_id(owner, name))
    if found is None:
        return Outcome(record.state, error=f"the object '{name}' was not found in the bucket '{owner}'")
    progress("Copying the artifact from the bucket", 20)
    folder = site.folder.artifacts / record.id
    upload = assembly.joined([stored_object.file_of(found, site.folder.objects)], folder)

    def settle(transaction: Transaction) -> str:
        present = transaction.get(record.id)
        if present is None or present.state == "DELETED" or "artifact" in present.private:
            upload.path.unlink(missing_ok=True)
            return "the model is deleted, or has an artifact already: create another model"
        place = upload.path.with_name(f"{upload.path.name.lstrip('.')}.zip")
        upload.path.replace(place)
        disposition = model_artifact.disposition(None, record.id)
        artifact = model_artifact.described(place.name, upload, disposition, transaction.now)
        transaction.save(present.with_private(artifact=artifact))
        return ""

    return Outcome(record.state, settle=settle)


def import_(site: Site, record: Record, job: Json, progress: Progress) -> Outcome:
    """Copy the model's artifact into an object."""
    details = job["details"]
    if reason := _elsewhere(details, "destination"):
        return Outcome(record.state, error=reason)
    file = model_artifact.file_of(record, site.folder.artifacts)
    if file is None:
        return Outcome(record.state, error=f"model {record.id} has no artifact")
    progress("Copying the artifact to the bucket", 20)
    upload = assembly.joined([file], site.folder.uploads)

    def settle(transaction: Transaction) -> str:
        return _put(site, transaction, details, upload)

    return Outcome(record.state, settle=settle)


def _put(site: Site, transaction: Transaction, details: Json, upload: Upload) -> str:
    name, bucket_name = details["destinationObjectName"], details["destinationBucket"]
    owner = transaction.get(bucket.record_id(bucket_name))
    if owner is None:
        upload.path.unlink(missing_ok=True)
        return f"the bucket '{bucket_name}' was not found in the namespace '{bucket.NAMESPACE}'"
    call = Call(
        operation=_OPERATION,
        path={},
        query={},
        headers={},
        body={},
        folder=site.folder,
        credentials=site.credentials,
        snapshot=transaction,
        now=transaction.now,
    )
    stored_object.put(call, owner, name, upload, {"contentType": "application/zip", "metadata": {}})
    return ""


def _elsewhere(details: Json, which: str) -> str:
    """Why an object cannot be in the local OCI, or ""."""
    region = details.get(f"{which}Region", REGION)
    if region != REGION:
        return f"{which}Region: the local OCI has only {REGION}, found {region!r}"
    if details.get("namespace") != bucket.NAMESPACE:
        return f"namespace: the tenancy's is {bucket.NAMESPACE!r}, found {details.get('namespace')!r}"
    if missing := [name for name in (f"{which}Bucket", f"{which}ObjectName") if not details.get(name)]:
        return f"{', '.join(missing)}: is required, found none"
    return ""
