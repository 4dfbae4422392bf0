"""The slow work behind model deployments: unpack, start, move, stop. Each function may be repeated after a crash.

They read a deployment's record and give an `Outcome`; the conductor writes it down. No store, no HTTP here.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from local_oci import archive
from local_oci.credentials import Credentials
from local_oci.data_folder import DataFolder
from local_oci.resources.data_science import model_artifact, model_group
from local_oci.resources.data_science.model_deployment_plan import Settings
from local_oci.resources.data_science.model_deployment_scaling import autoscaling
from local_oci.store import Json, Record, Transaction
from local_oci.supervised import handle
from model_server import fork_server, supervisor
from model_server.deployment_spec import DeploymentSpec, LogTarget
from model_server.errors import ArtifactDoesNotLoad, DeploymentFailed, ModelServerError, SupervisorUnreachable

READY_TIMEOUT_S = 600.0
DRAIN_TIMEOUT_S = 30.0
_TRACEBACK_LINES = 12

Progress = Callable[[str, float], None]
"""Says a line and a percentage in the work request."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the work ended: the resource's new state and fields, and the error where it failed.

    `settle` writes what there is besides, in the same transaction; what it gives is the error, or "".
    """

    state: str
    document: Json = field(default_factory=dict)
    private: Json = field(default_factory=dict)
    error: str = ""
    settle: Callable[[Transaction], str] | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """What the work needs to know: where things lie, who may call, what the store says of a model and of a log."""

    folder: DataFolder
    credentials: Credentials
    find: Callable[[str], Record | None]
    enforces_bandwidth: bool = False


def create(site: Site, record: Record, _: Json, progress: Progress) -> Outcome:
    """Unpack the model and start its processes: ACTIVE, or FAILED with the reason."""
    return _bring_up(site, record, Settings.from_json(record.document), progress)


def activate(site: Site, record: Record, _: Json, progress: Progress) -> Outcome:
    """The same on the address that the deployment had."""
    return _bring_up(site, record, Settings.from_json(record.document), progress)


def update(site: Site, record: Record, job: Json, progress: Progress) -> Outcome:
    """Move to the wanted settings; a running deployment goes on with the old ones where the new do not load."""
    wanted = Settings.from_json(job["wanted"])
    if job["from"] == "FAILED":
        outcome = _bring_up(site, record, wanted, progress)
        return Outcome(
            outcome.state,
            {**wanted.to_json(), **outcome.document},
            {**outcome.private, **_serves(wanted)},
            outcome.error,
        )
    serving = DeploymentSpec.from_json(record.private["spec"])
    try:
        spec = _start(site, record, wanted, progress)
    except (archive.ArchiveRefused, ModelServerError, TimeoutError, OSError) as error:
        supervisor.start(serving)
        supervisor.wait_ready(serving, READY_TIMEOUT_S)
        present = Settings.from_json(record.document)
        short = f"The last update failed and what was served before goes on: {_short(error)}"
        return Outcome(job["from"], {"lifecycleDetails": short}, _serves(present), explain(error))
    _forget_other_artifacts(spec)
    return Outcome(
        "ACTIVE", {**wanted.to_json(), "lifecycleDetails": None}, {"spec": spec.to_json(), **_serves(wanted)}
    )


def deactivate(site: Site, record: Record, _: Json, progress: Progress) -> Outcome:
    """Let the processes finish what they hold, and end them."""
    progress("Ending the model servers", 30)
    supervisor.stop(handle(site.folder, record), DRAIN_TIMEOUT_S)
    return Outcome("INACTIVE", {"lifecycleDetails": None})


def delete(site: Site, record: Record, _: Json, progress: Progress) -> Outcome:
    """End the processes and remove what they needed."""
    progress("Ending the model servers", 30)
    supervisor.stop(handle(site.folder, record), DRAIN_TIMEOUT_S)
    shutil.rmtree(site.folder.deployment(record.id), ignore_errors=True)
    return Outcome("DELETED", {"lifecycleDetails": None}, {"models": [], "spec": None})


def prepare(site: Site, record: Record) -> DeploymentSpec:
    """All that its present settings need, on disk; nothing is started. Raises ArchiveRefused."""
    settings = Settings.from_json(record.document)
    return _spec(site, record, settings, _unpack(site, record, settings))


def keep_alive(record: Record) -> bool:
    """Whether a deployment that should run did; where its supervisor is gone it is started again on the same port."""
    spec = DeploymentSpec.from_json(record.private["spec"])
    if _is_up(spec):
        return True
    supervisor.start(spec)
    return False


def _is_up(spec: DeploymentSpec) -> bool:
    """False also for one that is deaf for a moment; `supervisor.start` leaves a living one alone."""
    try:
        return supervisor.status(spec).state != "FAILED"
    except SupervisorUnreachable:
        return False


def explain(error: BaseException) -> str:
    """The error for the work request: its words and the traceback's last lines."""
    lines = getattr(error, "traceback", "").strip().splitlines()
    if not lines:
        return _short(error)
    return "\n".join([f"{_short(error)} (the whole traceback is in the predict log)", *lines[-_TRACEBACK_LINES:]])


def _bring_up(site: Site, record: Record, settings: Settings, progress: Progress) -> Outcome:
    try:
        spec = _start(site, record, settings, progress)
    except (archive.ArchiveRefused, ModelServerError, TimeoutError, OSError) as error:
        supervisor.stop(handle(site.folder, record), 0)  # one that is merely late must not come up after all
        return Outcome("FAILED", {"lifecycleDetails": _short(error)}, error=explain(error))
    _forget_other_artifacts(spec)
    return Outcome("ACTIVE", {"lifecycleDetails": None}, {"spec": spec.to_json(), **_serves(settings)})


def _start(site: Site, record: Record, settings: Settings, progress: Progress) -> DeploymentSpec:
    """Have this generation served. Started anew, moved, or, after a crash of ours, found as it already is."""
    progress("Unpacking the model's artifact", 10)
    spec = _spec(site, record, settings, _unpack(site, record, settings))
    progress(f"Loading the model in {spec.instances} instances", 40)
    fork_server.start(site.folder.deployments)
    try:
        supervisor.start(spec)
        supervisor.wait_ready(spec, READY_TIMEOUT_S)
    except DeploymentFailed as error:
        if error.traceback:
            raise ArtifactDoesNotLoad(str(error), error.traceback) from error
        raise
    return spec


def _unpack(site: Site, record: Record, settings: Settings) -> Path:
    """The folder with score.py. A group's own artifact has it; each of its models lies below, under its OCID."""
    source, file = _artifact_of(site, settings.source_id)
    target = site.folder.deployment(record.id) / f"artifact-{record.private['generation']}"
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = archive.unpack(file, target)
    if settings.deployment_type == "MODEL_GROUP":
        for member in model_group.members(source):
            archive.unpack_any(_artifact_of(site, member)[1], folder / member)
    return folder


def _artifact_of(site: Site, source_id: str) -> tuple[Record, Path]:
    """A model or model group and where its artifact lies."""
    found = site.find(source_id)
    file = model_artifact.file_of(found, site.folder.artifacts) if found else None
    if found is None or file is None:
        raise archive.ArchiveRefused(f"{source_id} has no artifact any more")
    return found, file


def _spec(site: Site, record: Record, settings: Settings, artifact_dir: Path) -> DeploymentSpec:
    return DeploymentSpec(
        deployment_id=record.id,
        host="127.0.0.1",
        port=record.private["port"],
        state_dir=site.folder.deployment(record.id),
        generation=record.private["generation"],
        artifact_dir=artifact_dir,
        instances=settings.instances,
        environment=settings.environment.get("environmentVariables", {}),
        access_log=_log_target(site, settings, "access"),
        predict_log=_log_target(site, settings, "predict"),
        accepted_keys={site.credentials.key_id: site.credentials.public_key_pem},
        autoscaling=autoscaling(settings.infrastructure["scalingPolicy"]),
        memory_limit_bytes=settings.memory_limit_bytes,
        bandwidth_mbps=settings.bandwidth_mbps if site.enforces_bandwidth else None,
    )


def _log_target(site: Site, settings: Settings, category: str) -> LogTarget | None:
    """Where a category's lines go; nowhere for a log that is deleted or not enabled."""
    named = settings.logs.get(category)
    log = site.find(named["logId"]) if named else None
    if log is None or log.state == "DELETED" or not log.document["isEnabled"]:
        return None
    return LogTarget(
        path=site.folder.log_file(log.id),
        log_id=log.id,
        log_group_id=log.parent,
        compartment_id=log.compartment,
        tenancy_id=site.credentials.tenancy_ocid,
    )


def _serves(settings: Settings) -> Json:
    return {"models": [settings.source_id]}


def _forget_other_artifacts(spec: DeploymentSpec) -> None:
    """Remove the unpacked artifacts of generations that nobody serves any more."""
    keep = f"artifact-{spec.generation}"
    for path in spec.state_dir.glob("artifact-*"):
        if path.name != keep:
            shutil.rmtree(path, ignore_errors=True)


def _short(error: BaseException) -> str:
    words = str(error).strip().splitlines()
    return words[0][:500] if words else type(error).__name__
