"""How a deployment's supervisor is found again: by its state folder and port, whatever the store knows of its spec."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from local_oci.data_folder import DataFolder
from local_oci.store import Record, Snapshot
from model_server import supervisor
from model_server.deployment_spec import DeploymentSpec

KIND = "model_deployment"
LIVE = ("CREATING", "ACTIVE", "INACTIVE", "UPDATING", "FAILED", "NEEDS_ATTENTION", "DELETING")
_AT_ONCE = 8


def handle(folder: DataFolder, record: Record) -> DeploymentSpec:
    """Enough of a spec to ask the supervisor how it is, and to end it; not one to start it with."""
    return DeploymentSpec(
        deployment_id=record.id,
        host="127.0.0.1",
        port=record.private["port"],
        state_dir=folder.deployment(record.id),
        generation=record.private["generation"],
        artifact_dir=folder.deployment(record.id),
    )


def live(snapshot: Snapshot) -> list[Record]:
    """All deployments that are not deleted."""
    return snapshot.in_states(KIND, *LIVE)


def stop_all(folder: DataFolder, records: list[Record], drain_timeout_s: float) -> None:
    """End the processes of deployments, several at once."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda record: supervisor.stop(handle(folder, record), drain_timeout_s), records))
