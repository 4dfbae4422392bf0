"""The model server: one supervisor process per deployment, worker processes that run the artifact's score.py.

The supervisor owns the port, speaks HTTP, checks signatures and hands each body to a worker over a socket pair.
`model_server.supervisor` is how other rooms start, ask, update and stop it; this package imports nothing heavy, so that
the local OCI may import it, and neither does the supervisor: numpy and scikit-learn live in the workers only.
"""

from model_server.deployment_spec import DeploymentSpec, LogTarget
from model_server.errors import (
    ArtifactDoesNotLoad,
    DeploymentFailed,
    ModelServerError,
    SpecRefused,
    SupervisorUnreachable,
)
from model_server.supervisor_status import SupervisorStatus

__all__ = [
    "ArtifactDoesNotLoad",
    "DeploymentFailed",
    "DeploymentSpec",
    "LogTarget",
    "ModelServerError",
    "SpecRefused",
    "SupervisorStatus",
    "SupervisorUnreachable",
]
