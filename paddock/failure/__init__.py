"""Why a deployment failed: what OCI says of it, and the known cause that fits. Pure matching apart from collecting."""

from paddock.failure.cause import Cause, cause_of
from paddock.failure.evidence import Evidence, Facts, WorkRequest

__all__ = ["Cause", "Evidence", "Facts", "WorkRequest", "cause_of"]
