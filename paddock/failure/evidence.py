"""What is known of a failed deployment: OCI's own words, and the facts that a mend has to name."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

FAILED = "FAILED"


@dataclass(frozen=True)
class WorkRequest:
    """One operation on the deployment; ``errors`` are `code: message`, ``logs`` lines, oldest first."""

    id: str
    operation: str
    status: str
    accepted: datetime
    errors: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What code and stack say. ``conda_env``: slug or oci:// path; ``conda_env_place``: file and line that name it.

    ``requirements``: lines of the artifact's requirements.txt. ``memory_gbs``: of one instance.
    """

    is_local: bool
    compartment_id: str
    deployment_id: str = "OCID"
    shape: str = "the shape"
    memory_gbs: float | None = None
    conda_env: str | None = None
    conda_env_place: str = "model.yaml"
    python_version: str | None = None
    requirements: tuple[str, ...] = ()
    keeps_predict_log: bool = True


@dataclass(frozen=True)
class Evidence:
    """``work_requests`` newest first; ``predict_log`` records oldest first, those since the failed operation began.

    ``gaps``: what could not be read, as sentences.
    """

    name: str
    state: str
    lifecycle_details: str | None = None
    work_requests: tuple[WorkRequest, ...] = ()
    predict_log: tuple[str, ...] = ()
    facts: Facts = field(default_factory=lambda: Facts(is_local=True, compartment_id="OCID"))
    gaps: tuple[str, ...] = ()

    @property
    def failed_request(self) -> WorkRequest | None:
        """The last operation, where it failed; one that failed before a later one went well is history."""
        newest = self.work_requests[0] if self.work_requests else None
        return newest if newest and newest.status == FAILED else None

    @property
    def has_failed(self) -> bool:
        """Whether there is anything to explain."""
        return self.state in {FAILED, "NEEDS_ATTENTION"} or self.failed_request is not None
